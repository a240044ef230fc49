from django.contrib import admin

from core.models import NumberRange


@admin.register(NumberRange)
class NumberRangeAdmin(admin.ModelAdmin):
    list_display = ["tenant", "kind", "next_value"]
