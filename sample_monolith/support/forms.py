from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat

from orders.models import Customer, Order
from support.models import Ticket


def _check_size(upload):
    if upload and upload.size > settings.ATTACHMENT_MAX_BYTES:
        raise forms.ValidationError(f"at most {filesizeformat(settings.ATTACHMENT_MAX_BYTES)}")


class ReplyForm(forms.Form):
    body = forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), max_length=10_000)
    attachment = forms.FileField(required=False, validators=[_check_size])


class TicketForm(forms.ModelForm):
    body = forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), max_length=10_000)
    attachment = forms.FileField(required=False, validators=[_check_size])

    class Meta:
        model = Ticket
        fields = ["subject", "customer", "order"]

    def __init__(self, *args, tenant, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["customer"].queryset = Customer.objects.for_tenant(tenant)
        self.fields["order"].queryset = Order.objects.for_tenant(tenant).placed()
        self.fields["order"].widget = forms.NumberInput(attrs={"placeholder": "id of the order"})
