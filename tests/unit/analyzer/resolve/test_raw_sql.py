"""Raw SQL: which tables a text names, where statements come from, and what is told when neither is known."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.projects import FakeProject, touched

from analyzer.resolve.tables_of_sql import tables


@pytest.mark.parametrize(
    ("text", "read", "written"),
    [
        ("SELECT 1", "", ""),
        ("SELECT * FROM generate_series(1, 2)", "", ""),
        ("SET search_path TO x", "", ""),
        ("VACUUM a", "", ""),
        ("SELECT EXTRACT(epoch FROM created) FROM a", "a", ""),
        ('SELECT * FROM "public"."A"', "a", ""),
        ("SELECT * FROM a, LATERAL (SELECT * FROM b) c", "a b", ""),
        ("WITH x AS (SELECT * FROM a) SELECT * FROM x JOIN b ON true", "a b", ""),
        ("WITH x AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM x", "", "a b"),
        ("INSERT INTO a (x) SELECT y FROM b ON CONFLICT DO NOTHING", "b", "a"),
        ("INSERT INTO a SELECT * FROM a", "a", "a"),
        ("UPDATE a SET y = b.y FROM b WHERE a.x = b.x", "b", "a"),
        ("UPDATE a JOIN b ON a.x = b.x SET a.y = b.y", "b", "a"),
        ("DELETE a FROM a JOIN b ON 1 = 1", "b", "a"),
        ("DELETE FROM a WHERE id IN (SELECT id FROM b)", "b", "a"),
        ("UPDATE a SET x = 1; DELETE FROM b;", "", "a b"),
        ("TRUNCATE TABLE a, b CASCADE", "", "a b"),
        ("DROP TABLE a", "", "a"),
        ("CREATE TABLE a AS SELECT * FROM b", "b", "a"),
        ("CREATE TEMPORARY TABLE a AS SELECT * FROM b", "b", ""),
        ("CREATE INDEX i ON a (x)", "a", ""),
        ("COPY a FROM STDIN", "", "a"),
        ("COPY a TO STDOUT", "a", ""),
        ("REPLACE INTO a VALUES (1)", "", "a"),
        ("EXPLAIN (ANALYZE) SELECT * FROM a", "a", ""),
        ("LOCK TABLE a IN EXCLUSIVE MODE", "a", ""),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY a", "", "a"),
        ("SELECT `x` FROM `a` WHERE y = %s AND z = %(z)s", "a", ""),
        ("SELECT x->>'k' FROM a WHERE y @> '{}'::jsonb", "a", ""),
    ],
)
def test_tables(text: str, read: str, written: str) -> None:
    assert tables(text) == (tuple(read.split()), tuple(written.split()), True, False)


def test_what_is_no_grammar_is_read_by_its_words_and_said_not_to_be_parsed() -> None:
    assert tables("SELECT FROM WHERE ((( FROM a JOIN b; INSERT INTO c") == (("a", "b"), ("c",), False, False)
    assert tables("CALL tidy_up()") == ((), (), False, False)


def test_a_computed_table_is_told() -> None:
    assert tables("SELECT * FROM unknown JOIN a ON true") == (("a",), (), True, True)


def test_the_language_of_the_database_decides() -> None:
    text = "SELECT TOP 5 [x] FROM [order lines]"
    assert tables(text, "tsql").read == ("order lines",)


MODELS = "from django.db import models\n\nclass Book(models.Model):\n    pass\n"
CODE = """
    from django.db import connection, connections
    from psycopg import sql
    from shop.models import Book

    def unknown(statement):
        connection.cursor().execute(statement)

    def procedure():
        with connection.cursor() as cursor:
            cursor.callproc("tidy_up")

    def computed_table(name):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {name}")

    def computed_raw(statement):
        return Book.objects.raw(statement)

    def helper(statement):
        with connection.cursor() as cursor:
            cursor.execute(statement)

    def helped():
        helper("DELETE FROM legacy_stock")

    def composed():
        cursor = connections["other"].cursor()
        query = sql.SQL("SELECT * FROM {} JOIN {b} ON true")
        cursor.execute(query.format(sql.Identifier("one"), b=sql.Identifier("two")))

    def no_database(job):
        job.execute("whatever")
"""


def test_sql_that_is_not_known_is_a_finding_unless_some_call_tells_it(tmp_path: Path) -> None:
    facts = FakeProject(tmp_path, {"shop/models.py": MODELS, "shop/code.py": CODE}).facts()
    found = [(problem.code, problem.locations[0].line) for problem in facts.problems]
    assert found == [("unread-sql", 7), ("unread-sql", 11), ("unread-sql", 15), ("unread-sql", 18)]
    assert touched(facts, "helper") == {("legacy_stock", "write")}
    assert touched(facts, "composed") == {("one", "read"), ("two", "read")}
    assert touched(facts, "no_database") == set()


def test_the_engine_in_the_settings_is_asked(tmp_path: Path) -> None:
    code = """
        from django.db import connection
        def top():
            with connection.cursor() as cursor:
                cursor.execute("SELECT TOP 5 [x] FROM [stock]")
    """
    settings = """
        INSTALLED_APPS = ["shop"]
        DATABASES = {"default": {"ENGINE": "mssql"}}
    """
    files = {"shop/models.py": MODELS, "shop/code.py": code, "site_/settings.py": settings}
    assert touched(FakeProject(tmp_path, files).facts(), "top") == {("stock", "read")}
