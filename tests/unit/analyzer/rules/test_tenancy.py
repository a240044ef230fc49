from dataclasses import replace

from fakes.code_base import CodeBase

from analyzer.model.facts import Facts, Field, Key, Location, RawSQL
from analyzer.rules.tenancy import borrowed, unled, unscoped


def shop() -> CodeBase:
    """A tenant, an order of a tenant's, its lines, and a country that is nobody's."""
    code = CodeBase().model("accounts.Tenant").model("geo.Country")
    code.model("orders.Order", fk="accounts.Tenant geo.Country", tenant_key="tenant")
    return code.model("orders.Line", cascade="orders.Order").model("orders.Part", cascade="orders.Line")


def with_keys(*keys: Key, fields: tuple[Field, ...] = (), label: str = "orders.Order") -> Facts:
    facts = shop().facts()
    models = tuple(replace(m, keys=keys, fields=fields) if m.label == label else m for m in facts.models)
    return replace(facts, models=models)


def key(*fields: str, unique: bool = True) -> Key:
    return Key(fields, Location("orders/models.py", 9), unique)


def column(name: str, kind: str = "CharField", file: str = "orders/models.py", **flags: bool) -> Field:
    return Field(name, name, kind, Location(file, 5), **flags)


def test_what_no_tenant_owns_borrows_none():
    labels = {found.model.label for found in borrowed(shop().facts())}
    assert labels.isdisjoint({"geo.Country", "accounts.Tenant", "orders.Order"})


def test_an_optional_foreign_key_does_not_say_whose_row_it_is():
    facts = shop().facts()
    models = tuple(
        replace(m, relations=tuple(replace(r, null=True) for r in m.relations))
        if m.label == "orders.Line"
        else m
        for m in facts.models
    )
    assert borrowed(replace(facts, models=models)) == ()


def test_rows_whose_parent_has_the_tenant_borrow_it_with_the_way():
    found = {b.model.label: b.path for b in borrowed(shop().facts())}
    assert found == {"orders.Line": ("order",), "orders.Part": ("line", "order")}


def test_keys_with_the_tenant_are_no_finding():
    assert (
        unled(with_keys(key("tenant", "number"), key("number", "tenant"), key("tenant", unique=False))) == ()
    )


def test_random_values_primary_keys_and_inherited_columns_may_be_unique_for_all():
    fields = (
        column("id", unique=True, primary_key=True),
        column("token", "UUIDField", unique=True),
        column("username", file="", unique=True),
    )
    assert unled(with_keys(fields=fields)) == ()


def test_a_model_without_a_tenant_key_is_not_asked():
    assert unled(with_keys(key("code"), label="geo.Country")) == ()


def test_a_unique_number_over_all_tenants_is_found():
    found = unled(with_keys(key("number"), fields=(column("slug", unique=True),)))
    assert [(u.fields, u.unique, u.location.line) for u in found] == [
        (("slug",), True, 5),
        (("number",), True, 9),
    ]


def test_an_index_is_led_by_its_first_field():
    found = unled(with_keys(key("status", "tenant", unique=False)))
    assert [(u.fields, u.unique) for u in found] == [(("status", "tenant"), False)]


def statement(*keys: str, table: str = "orders_order", parsed: bool = True) -> list[str]:
    raw = RawSQL(Location("reports/views.py", 3), "funnel", (table,), (), parsed, keys)
    return [found.function for found in unscoped(replace(shop().facts(), raw_sql=(raw,)))]


def test_sql_that_names_the_tenant_or_touches_no_tenant_s_table_is_fine():
    assert statement("tenant_id") == []
    assert statement(table="geo_country") == []
    assert statement(parsed=False) == []


def test_sql_over_all_tenants_is_found():
    assert statement("order_id") == ["funnel"]
