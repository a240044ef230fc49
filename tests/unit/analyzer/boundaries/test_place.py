from dataclasses import replace

from fakes.code_base import CodeBase

from analyzer.boundaries.place import Placement, direct_accesses, place_code
from analyzer.coupling import index_tables
from analyzer.model.facts import EntryPoint, Location, Module

BOUNDARIES = {
    "billing_invoice": "billing",
    "orders_order": "orders",
    "stock_item": "stock",
    "accounts_user": "accounts",
}


def code_base() -> CodeBase:
    code = CodeBase()
    for label in ("billing.Invoice", "orders.Order", "stock.Item", "accounts.User"):
        code.model(label)
    return code


def placed(code: CodeBase) -> Placement:
    facts = code.facts()
    return place_code(facts, index_tables(facts), BOUNDARIES, frozenset({"accounts"}))


def test_a_dashboard_over_everything_belongs_nowhere():
    code = code_base().access("core.views.home", "billing.Invoice", "orders.Order", "stock.Item")
    code.route("", "core.views.home", read="billing.Invoice orders.Order stock.Item")
    placement = placed(code)
    assert "core.views" not in placement.module
    assert placement.route == {}


def test_a_route_of_a_library_is_not_moved():
    assert (
        placed(code_base().route("login/", "django.LoginView", read="orders.Order", library=True)).route == {}
    )


def test_a_view_outside_any_boundary_that_touches_nothing_is_not_moved():
    assert placed(code_base().route("healthz/", "core.views.healthz")).route == {}


def test_reference_data_does_not_draw_a_route_away():
    code = code_base().route("inbox/", "billing.views.inbox", read="accounts.User", written="accounts.User")
    code.place("billing", "views")
    assert placed(code).route == {0: "billing"}


def test_reference_data_draws_what_is_its_own():
    code = code_base().route("profile/", "accounts.views.profile", read="accounts.User")
    assert placed(code).route == {0: "accounts"}


def test_a_write_says_more_than_a_read():
    code = code_base().route("x/", "core.views.x", read="orders.Order", written="stock.Item")
    assert placed(code).route == {0: "stock"}


def test_a_service_module_leans_to_its_app():
    code = code_base().writes("orders.services.place", "orders.Order", "billing.Invoice", "stock.Item")
    for i in range(3):
        code.writes(f"orders.views{i}.f", "orders.Order")
    assert placed(code).module["orders.services"] == "orders"


def test_a_task_joins_its_tables():
    code = code_base()
    place = code.place("billing", "tasks")
    code.add(
        "entry_points", EntryPoint("task", "billing.tasks.remind", place, tables_read=("billing_invoice",))
    )
    assert placed(code).task == {"billing.tasks.remind": "billing"}


def test_inherited_code_is_nobodys_own_access():
    code = code_base()
    line = Location("core/models.py", 7)
    code.writes("core.models.save", "billing.Invoice", "orders.Order", "stock.Item")
    code.parts["accesses"] = [replace(access, location=line) for access in code.parts["accesses"]]
    assert direct_accesses(code.facts(), BOUNDARIES, frozenset()) == ()


def test_what_commands_do_is_nobodys_own_access():
    code = code_base().writes("core.seeding.seed", "orders.Order")
    command = Module("core.management.commands.seed", "core/management/commands/seed.py", 9, "core")
    code.add("modules", command).imports(command.name, "core.seeding")
    assert placed(code).accesses == ()


def test_a_helper_that_everybody_imports_belongs_nowhere():
    code = code_base()
    for app in ("billing", "orders", "stock"):
        code.imports(f"{app}.models", "core.helpers")
    code.place("core", "helpers")
    assert "core.helpers" not in placed(code).module


def test_a_module_without_tables_goes_where_what_it_imports_is():
    code = code_base().imports("core.forms", "billing.models").imports("core.forms", "core.helpers")
    assert placed(code).module["core.forms"] == "billing"


def test_a_module_without_tables_goes_where_it_is_imported():
    code = code_base().imports("orders.models", "core.sums")
    code.place("core", "sums")
    assert placed(code).module["core.sums"] == "orders"


def test_an_import_from_elsewhere_does_not_part_a_module_from_its_app_if_it_has_as_many_at_home():
    code = code_base().imports("billing.urls", "orders.models").imports("billing.urls", "billing.models")
    assert placed(code).module["billing.urls"] == "billing"
