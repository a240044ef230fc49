from dataclasses import replace

from fakes.code_base import CodeBase

from analyzer.model.facts import CacheUse, Call, EntryPoint, Facts, Field, Key, Location, OpenQuery, RawSQL
from analyzer.rules.tenancy import borrowed, boundless, shared, unled, unowned, unscoped


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


def test_sql_of_a_migration_runs_for_all_tenants():
    code = shop().add("raw_sql", RawSQL(Location("orders/migrations/0002.py", 3), "", ("orders_order",)))
    code.place("orders", "migrations/0002")
    facts = code.facts()
    modules = tuple(replace(m, is_migration="migrations" in m.file) for m in facts.modules)
    assert unscoped(replace(facts, modules=modules)) == ()


def asked(table: str, line: int) -> OpenQuery:
    return OpenQuery(Location("orders/views.py", line), "show", table)


def test_open_queries_of_tables_that_need_no_tenant_are_not_told():
    assert unowned(shop().add("open_queries", asked("geo_country", 3)).facts()) == {}
    facts = shop().add("open_queries", asked("orders_order", 3)).facts()
    models = tuple(
        replace(m, relations=tuple(replace(r, null=True) for r in m.relations)) for m in facts.models
    )
    assert unowned(replace(facts, models=models)) == {}


def test_open_queries_stand_together_for_each_model():
    code = shop().add("open_queries", asked("orders_order", 9)).add("open_queries", asked("orders_order", 3))
    (found,) = unowned(code.facts()).items()
    assert (found[0], [place.line for place in found[1]]) == ("orders.Order", [3, 9])


def with_task(*takes: str, read: str = "orders_order") -> CodeBase:
    code = shop().access("orders.tasks.clean", "orders.Order")
    entry = EntryPoint("task", "orders.tasks.clean", Location("orders/tasks.py", 2), (read,), (), takes)
    return code.add("entry_points", entry)


def test_a_task_that_is_told_for_whom_or_touches_no_tenant_s_table_is_fine():
    assert boundless(with_task("order_id").facts()) == {}
    assert boundless(with_task(read="geo_country").facts()) == {}


def test_a_task_that_goes_through_the_tenants_or_sends_others_is_fine():
    assert boundless(with_task().access("orders.tasks.clean", "accounts.Tenant").facts()) == {}
    call = Call("orders.tasks.clean", "orders.tasks.one", Location("orders/tasks.py", 3))
    one = EntryPoint("task", "orders.tasks.one", Location("orders/tasks.py", 9), takes=("order_id",))
    assert boundless(with_task().add("calls", call).add("entry_points", one).facts()) == {}


def test_a_task_over_all_tenants_rows_is_found_with_its_lines():
    (found,) = boundless(with_task().facts()).items()
    assert (found[0], {place.file for place in found[1]}) == ("orders.tasks.clean", {"orders/tasks.py"})


def kept(*words: str, function: str = "show", page: bool = False) -> list[str]:
    use = CacheUse(Location("orders/views.py", 7), "orders.views", function, words, page)
    code = shop().access("orders.views.show", "orders.Order").access("orders.views.countries", "geo.Country")
    code.route("orders/", "orders.views.page", read="orders.Order")
    return [found.function for found in shared(code.add("cache_uses", use).facts())]


def test_keys_that_tell_tenants_or_rows_apart_are_fine():
    for word in ("tenant", "order", "request", "user_id", "cache_key", "slug"):
        assert kept("month", word) == []


def test_what_is_nobody_s_may_be_kept_for_all():
    assert kept("month", function="countries") == []
    assert kept(function="countries", page=True) == []


def test_a_key_of_constants_and_other_things_is_shared():
    assert kept() == kept("month") == kept("REPORT_KEY", "self") == ["show"]


def test_whole_pages_of_tenants_rows_are_shared():
    assert kept(function="page", page=True) == ["page"]
