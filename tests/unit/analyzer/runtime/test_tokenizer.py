"""The recorder's tokenizer: SQL to tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.runtime.strangler_recorder import tables_of


@pytest.mark.parametrize(
    "sql",
    [
        'SAVEPOINT "s1"',
        "BEGIN",
        "SET search_path TO x",
        "SELECT 1",
        "SELECT ' FROM a JOIN b '",
        "SELECT $$ FROM a $$, $x$ FROM b $x$",
        "SELECT 1 -- FROM a",
        "SELECT 1 /* FROM a */",
        "SELECT EXTRACT(YEAR FROM now())",
        "SELECT * FROM generate_series(1, 3)",
        "",
        "(((((",
        ")))",
        "FROM",
        "DELETE",
        "INSERT INTO",
        "UPDATE",
    ],
)
def test_no_table_where_none_is(sql: str) -> None:
    assert tables_of(sql) == ((), (), ())


def test_a_common_table_expression_is_no_table() -> None:
    sql = "WITH q (a, b) AS (SELECT x FROM k), w AS MATERIALIZED (DELETE FROM r RETURNING *) SELECT * FROM q, w, kept"
    assert tables_of(sql)[:2] == (("k", "kept"), ("r",))


def test_a_double_quoted_string_of_mysql_is_no_table() -> None:
    assert tables_of('SELECT "x FROM y" FROM `t`', "mysql").reads == ("t",)


def test_what_follows_for_update_is_no_write() -> None:
    found = tables_of('SELECT "a"."id" FROM "a" WHERE x = %s FOR UPDATE OF "a"')
    assert (found.reads, found.writes) == (("a",), ())


@pytest.mark.parametrize(
    ("sql", "reads", "writes"),
    [
        ('SELECT COUNT(*) FROM (SELECT DISTINCT "m"."id" FROM "m") subquery', {"m"}, set()),
        ('SELECT * FROM "a" WHERE "a"."x" IN (SELECT U0."id" FROM "b" U0)', {"a", "b"}, set()),
        ('SELECT * FROM "a" T1, "b" AS T2 WHERE T1.x IS DISTINCT FROM T2.y', {"a", "b"}, set()),
        ('SELECT * FROM ("a" INNER JOIN "b" ON ("a"."x" = "b"."y"))', {"a", "b"}, set()),
        ('SELECT * FROM "public"."a" UNION SELECT * FROM public.b', {"a", "b"}, set()),
        (
            'INSERT INTO "a" ("x") VALUES (%s) ON CONFLICT DO UPDATE SET x = 1 RETURNING "a"."id"',
            set(),
            {"a"},
        ),
        ("INSERT INTO a SELECT * FROM b", {"b"}, {"a"}),
        ("INSERT OR IGNORE INTO `a` (`x`) VALUES (1)", set(), {"a"}),
        ('UPDATE "a" SET "x" = (SELECT y FROM b) WHERE "a"."id" IN (1, 2)', {"b"}, {"a"}),
        ("UPDATE ONLY a SET x = b.y FROM b WHERE a.i = b.i", {"b"}, {"a"}),
        ('DELETE FROM "a" WHERE "a"."b_id" IN (SELECT id FROM b)', {"b"}, {"a"}),
        ("DELETE FROM a USING b WHERE a.x = b.y", {"b"}, {"a"}),
        ("TRUNCATE TABLE a, b CASCADE", set(), {"a", "b"}),
        ("SELECT 1 FROM A; DELETE FROM B", {"a"}, {"b"}),
    ],
)
def test_reads_and_writes(sql: str, reads: set[str], writes: set[str]) -> None:
    found = tables_of(sql, "postgresql")
    assert (set(found.reads), set(found.writes)) == (reads, writes)


def test_the_table_that_mysql_deletes_from_stands_before_from() -> None:
    found = tables_of("DELETE `a` FROM `a` INNER JOIN `b` ON (`a`.`x` = `b`.`y`)", "mysql")
    assert found.writes == ("a",)
    assert "b" in found.reads


def test_joins_are_columns_that_are_equated_also_across_a_subquery() -> None:
    sql = (
        'SELECT * FROM "a" INNER JOIN "b" ON ("a"."b_id" = "b"."id") LEFT OUTER JOIN "c" T3 ON (T3."x" = "b"."y") '
        'WHERE EXISTS(SELECT 1 FROM "d" U0 WHERE U0."a_id" = ("a"."id")) AND "a"."n" = "a"."m"'
    )
    assert tables_of(sql).joins == (("a", "b"), ("a", "d"), ("b", "c"))


def test_an_alias_that_two_subqueries_use_means_a_table_in_each() -> None:
    inner = 'EXISTS(SELECT 1 FROM "{0}" U0 WHERE U0."a_id" = ("a"."id"))'
    sql = f'SELECT {inner.format("b")}, {inner.format("c")} FROM "a"'
    assert tables_of(sql).joins == (("a", "b"), ("a", "c"))


@given(st.text(alphabet="SELECTFROM JOIN()'\"`$;,.=-*/ab\n", max_size=200))
def test_no_text_stops_it(sql: str) -> None:
    for vendor in ("", "mysql", "microsoft"):
        found = tables_of(sql, vendor)
        assert all(name == name.lower() for name in (*found.reads, *found.writes))


def test_its_time_grows_with_the_length_only() -> None:
    assert tables_of("SELECT * FROM a WHERE x IN (" + ", ".join(["%s"] * 50_000) + ")").reads == ("a",)
    assert tables_of("(" * 50_000 + "'" * 50_001 + "$" * 50_000) == ((), (), ())
