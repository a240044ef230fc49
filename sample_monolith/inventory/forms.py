from django import forms

from inventory.models import StockMovement


class AdjustForm(forms.Form):
    delta = forms.IntegerField(min_value=-100_000, max_value=100_000)
    reason = forms.ChoiceField(choices=StockMovement.REASONS)
