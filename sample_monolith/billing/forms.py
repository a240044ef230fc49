from django import forms

from billing.models import Payment


class PaymentForm(forms.ModelForm):
    class Meta:
        model = Payment
        fields = ["method", "reference", "received_on"]
        widgets = {"received_on": forms.DateInput(attrs={"type": "date"})}
