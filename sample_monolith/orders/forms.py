from django import forms

from catalog.models import Product
from orders.models import Customer, Order


class OrderForm(forms.ModelForm):
    class Meta:
        model = Order
        fields = ["customer", "comment"]
        widgets = {"comment": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args, tenant, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["customer"].queryset = Customer.objects.for_tenant(tenant)


class LineForm(forms.Form):
    product = forms.ModelChoiceField(Product.objects.none(), required=False)
    quantity = forms.IntegerField(min_value=1, max_value=10_000, required=False, initial=1)

    def __init__(self, *args, tenant, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["product"].queryset = Product.objects.for_tenant(tenant).filter(is_active=True)


LineFormSet = forms.formset_factory(LineForm, extra=4, max_num=20, validate_max=True)


class CustomerForm(forms.ModelForm):
    class Meta:
        model = Customer
        fields = ["name", "email", "phone", "vat_id", "credit_limit_cents"]


class NoteForm(forms.Form):
    body = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)
