from fakes.code_base import CodeBase

from analyzer.coupling import index_tables


def test_an_abstract_model_has_no_table():
    tables = index_tables(CodeBase().model("a.Base", abstract=True, table="").facts())
    assert tables.names() == ()


def test_a_proxy_shares_its_base_table():
    tables = index_tables(CodeBase().model("a.A").model("b.P", proxy=True, table="", bases=("a.A",)).facts())
    assert tables.by_label["b.P"] == "a_a"
    assert tables.label["a_a"] == "a.A"


def test_an_automatic_through_table_belongs_to_the_declaring_model():
    tables = index_tables(CodeBase().model("a.A").model("b.B", m2m="a.A").facts())
    assert tables.through == {"b_b_a": "b_b"}
    assert tables.label["b_b_a"] == "b.B"


def test_a_model_that_is_only_referred_to_is_a_librarys():
    tables = index_tables(CodeBase().model("a.A", fk="auth.User contenttypes.ContentType").facts())
    assert tables.library == {"auth_user", "django_content_type"}


def test_a_library_model_that_is_listed_is_a_librarys():
    tables = index_tables(CodeBase().model("a.A").model("auth.User", library=True).facts())
    assert tables.library == {"auth_user"}


def test_a_librarys_through_table_is_a_librarys():
    tables = index_tables(CodeBase().model("auth.User", m2m="auth.Group", library=True).facts())
    assert tables.library == {"auth_user", "auth_user_group", "auth_group"}


def test_a_table_that_only_code_names_is_a_librarys():
    code = CodeBase().model("a.A").access("a.views.f", "django.session")
    assert index_tables(code.facts()).library == {"django_session"}
