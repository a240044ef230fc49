"""What a change of a contract does to those who send by the old one, and to those who read by it."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta, defstruct

from acl.contract import json_schema
from acl.contract.compatibility import RULES, Schemas, compare
from acl.contract.openapi import API_RULES, diff
from acl.errors import ContractError

OPEN = {"type": "object", "properties": {"a": {"type": "string"}}}
NEEDED = {**OPEN, "required": ["a"]}
CLOSED = {**OPEN, "additionalProperties": False}
B, C, R = "breaking", "compatible", "warning"

# before, after, in a request, in a response, the rule
CASES: list[tuple[Any, Any, str, str, str]] = [
    ({"type": "string"}, {"type": "integer"}, B, B, "type-changed"),
    ({"type": "integer"}, {"type": "number"}, C, B, "type-widened"),
    ({"type": "number"}, {"type": "integer"}, B, C, "type-narrowed"),
    ({}, {"type": "integer"}, B, C, "type-narrowed"),
    ({"type": "integer"}, {}, C, B, "type-widened"),
    ({"type": ["integer", "string"]}, {"type": "string"}, B, C, "type-narrowed"),
    ({"type": "string"}, {"type": ["string", "null"]}, C, B, "null-allowed"),
    ({"type": "string", "nullable": True}, {"type": "string"}, B, C, "null-forbidden"),
    ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"anyOf": [{"type": "string"}]}, B, C, "null-forbidden"),
    ({"anyOf": [{"type": "string"}]}, {"anyOf": [{"type": "string"}, {"type": "null"}]}, C, B, "null-allowed"),
    ({"enum": ["a", "b"]}, {"enum": ["a"]}, B, C, "value-removed"),
    ({"enum": ["a"]}, {"enum": ["a", "b"]}, C, B, "value-added"),
    ({"enum": [1]}, {"enum": [True]}, B, C, "value-removed"),
    ({}, {"enum": ["a"]}, B, C, "enum-set"),
    ({"const": "a"}, {}, C, B, "enum-unset"),
    ({"const": "a"}, {"enum": ["a", "b"]}, C, B, "value-added"),
    ({"maxLength": 20}, {"maxLength": 10}, B, C, "bound-tightened"),
    ({"maxLength": 10}, {"maxLength": 20}, C, B, "bound-loosened"),
    ({}, {"maxLength": 10}, B, C, "bound-tightened"),
    ({"maximum": 10}, {}, C, B, "bound-loosened"),
    ({"minimum": 1}, {"minimum": 2}, B, C, "bound-tightened"),
    ({"minLength": 1}, {"minLength": 0}, C, B, "bound-loosened"),
    ({"exclusiveMinimum": 1}, {"exclusiveMinimum": 0}, C, B, "bound-loosened"),
    ({"minItems": 0}, {"minItems": 1}, B, C, "bound-tightened"),
    ({"maxItems": 3}, {"maxItems": 2}, B, C, "bound-tightened"),
    ({"uniqueItems": True}, {}, C, B, "bound-loosened"),
    ({"multipleOf": 2}, {"multipleOf": 4}, B, C, "bound-tightened"),
    ({"multipleOf": 4}, {"multipleOf": 2}, C, B, "bound-loosened"),
    ({"multipleOf": 2}, {"multipleOf": 3}, B, C, "bound-tightened"),
    ({"multipleOf": 2}, {"multipleOf": 3}, C, B, "bound-loosened"),
    ({}, {"pattern": "^a"}, B, C, "pattern-set"),
    ({"format": "uuid"}, {}, C, B, "pattern-unset"),
    ({"format": "date"}, {"format": "date-time"}, B, B, "pattern-changed"),
    (NEEDED, {"type": "object"}, R, B, "property-removed-required"),
    (OPEN, {"type": "object"}, R, R, "property-removed-optional"),
    (CLOSED, {"type": "object", "additionalProperties": False}, B, B, "property-removed-closed"),
    ({"type": "object"}, NEEDED, B, C, "property-added-required"),
    ({"type": "object"}, OPEN, C, C, "property-added-optional"),
    ({"type": "object", "additionalProperties": False}, CLOSED, C, B, "property-added-closed"),
    (OPEN, NEEDED, B, C, "property-became-required"),
    (NEEDED, OPEN, C, B, "property-became-optional"),
    ({"required": ["x"]}, {}, C, B, "property-became-optional"),
    (OPEN, CLOSED, B, C, "object-closed"),
    (CLOSED, OPEN, C, B, "object-opened"),
    ({"additionalProperties": {"type": "string"}}, {"additionalProperties": {"type": "integer"}}, B, B, "type-changed"),
    ({"items": {"type": "string"}}, {"items": {"type": "integer"}}, B, B, "type-changed"),
    ({"prefixItems": [{"type": "string"}, {"type": "integer"}]},
     {"prefixItems": [{"type": "integer"}, {"type": "string"}]}, B, B, "type-changed"),
    ({"oneOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}]}, {"oneOf": [{"$ref": "#/$defs/A"}]}, B, C,
     "branch-removed"),
    ({"oneOf": [{"$ref": "#/$defs/A"}]}, {"oneOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}]}, C, B,
     "branch-added"),
    ({}, {"allOf": [{"maxLength": 3}]}, B, C, "demand-added"),
    ({"allOf": [{"maxLength": 3}]}, {}, C, B, "demand-removed"),
    ({"default": 1}, {"default": 2}, R, C, "default-changed"),
    ({"not": {"const": 1}}, {"not": {"const": 2}}, B, B, "keyword-changed"),
    ({"$ref": "#/$defs/A"}, {"$ref": "#/$defs/Gone"}, B, B, "reference-lost"),
    ({"$ref": "https://elsewhere/x"}, {"$ref": "https://elsewhere/y"}, B, B, "reference-lost"),
    ({"$ref": "#/$defs/Loop"}, {"$ref": "#/$defs/A"}, B, B, "reference-lost"),
    (True, False, B, C, "enum-set"),
]  # fmt: skip
DEFS = {
    "$defs": {
        "A": {"type": "object", "properties": {"kind": {"const": "a"}}},
        "B": {"type": "object", "properties": {"kind": {"const": "b"}}},
        "Loop": {"$ref": "#/$defs/Loop"},
        "Tree": {"type": "object", "properties": {"children": {"items": {"$ref": "#/$defs/Tree"}}}},
    }
}
NO_CHANGE = [
    (
        {"title": "A", "type": "string"},
        {"description": "an A", "type": "string", "x-order": 1, "deprecated": True},
    ),
    ({"enum": ["a", "b"]}, {"enum": ["b", "a"]}),
    ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
    ({"type": "string", "minLength": 0}, {"type": "string"}),
    ({"$ref": "#/$defs/A"}, DEFS["$defs"]["A"]),
    ({"$ref": "#/$defs/Tree"}, {"$ref": "#/$defs/Tree"}),
    ({"required": ["a", "b"]}, {"required": ["b", "a"]}),
    ({"additionalProperties": True}, {}),
    ({"const": "a"}, {"enum": ["a"]}),
    ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"anyOf": [{"type": "null"}, {"type": "string"}]}),
]


@pytest.mark.parametrize(("before", "after"), NO_CHANGE)
def test_what_changes_no_document_is_no_difference(before: Any, after: Any) -> None:
    schemas = Schemas(DEFS, DEFS)
    for direction in ("request", "response"):
        assert compare(before, after, schemas, direction) == []  # type: ignore[arg-type]  # mypy sees str


@pytest.mark.parametrize(("before", "after", "in_request", "in_response", "rule"), CASES)
def test_each_rule_in_both_directions(
    before: Any, after: Any, in_request: str, in_response: str, rule: str
) -> None:
    schemas = Schemas(DEFS, DEFS)
    assert (in_request, rule) in [(one.level, one.rule) for one in compare(before, after, schemas, "request")]
    assert (in_response, rule) in [
        (one.level, one.rule) for one in compare(before, after, schemas, "response")
    ]


def test_every_rule_has_its_case() -> None:
    assert {rule for *_, rule in CASES} == set(RULES)


def test_a_change_behind_a_reference_is_found_where_it_is_used() -> None:
    new = copy.deepcopy(DEFS)
    new["$defs"]["A"]["required"] = ["kind"]
    schema = {"properties": {"one": {"items": {"$ref": "#/$defs/A"}}}}
    (found,) = compare(schema, schema, Schemas(DEFS, new), "request")
    assert (found.at, found.rule) == ("$.one[].kind", "property-became-required")


def test_what_nobody_sends_or_reads_is_not_judged() -> None:
    before = {
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "key": {"writeOnly": True, "type": "string"},
        }
    }
    after = {
        "properties": {
            "id": {"type": "string", "readOnly": True},
            "key": {"writeOnly": True, "type": "integer"},
        }
    }
    (sent,) = compare(before, after, Schemas({}, {}), "request")
    (read,) = compare(before, after, Schemas({}, {}), "response")
    assert (sent.at, read.at) == ("$.key", "$.id")


def api(**changes: Any) -> dict[str, Any]:
    operation = {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/New"}}}},
        "responses": {
            "200": {
                "headers": {"ETag": {}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Doc"}}},
            },
            "404": {"description": "none"},
        },
        **changes,
    }
    schemas = {"New": copy.deepcopy(OPEN), "Doc": copy.deepcopy(NEEDED)}
    return {
        "openapi": "3.1.0",
        "paths": {"/docs/{id}": {"put": operation}},
        "components": {"schemas": schemas},
    }


RENAMED = [{"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}]
MORE = [*RENAMED, {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}]
SOME = [*RENAMED, {"name": "q", "in": "query", "schema": {"type": "string"}}]


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        (api(parameters=RENAMED), api(parameters=MORE), "parameter-added-required"),
        (api(parameters=RENAMED), api(parameters=SOME), "parameter-added-optional"),
        (api(parameters=SOME), api(parameters=RENAMED), "parameter-removed"),
        (api(parameters=SOME), api(parameters=MORE), "parameter-became-required"),
        (api(parameters=MORE), api(parameters=SOME), "parameter-became-optional"),
        (api(), api(requestBody={}), "body-removed"),
        (api(requestBody={}), api(requestBody={"required": True, "content": {}}), "body-became-required"),
        (api(), api(responses={}), "status-removed"),
        (
            api(),
            api(responses={**api()["paths"]["/docs/{id}"]["put"]["responses"], "201": {}}),
            "status-added",
        ),
        (api(), api(responses={"200": {"content": {}, "headers": {"ETag": {}}}}), "media-type-removed"),
        (api(responses={"200": {"content": {}}}), api(), "media-type-added"),
        (api(), api(responses={"200": {"content": {"application/json": {}}}}), "header-removed"),
        (api(), api(security=[{"key": []}]), "security-added"),
        (api(security=[{"key": ["read"]}]), api(security=[{"key": ["read", "write"]}]), "security-added"),
        (api(), {**api(), "paths": {"/other": {"get": {}}}}, "endpoint-removed"),
        (api(), {**api(), "paths": {**api()["paths"], "/other": {"get": {}}}}, "endpoint-added"),
        ({"$defs": {"A": {}}}, {"$defs": {}}, "schema-removed"),
        ({"$defs": {}}, {"$defs": {"A": {}}}, "schema-added"),
    ],
)
def test_each_rule_of_an_api(before: Any, after: Any, rule: str) -> None:
    assert (API_RULES[rule][0], rule) in [(one.level, one.rule) for one in diff(before, after)]


def test_the_name_of_a_path_parameter_and_other_ways_in_do_not_count() -> None:
    new = api(parameters=RENAMED)
    new["paths"] = {"/docs/{key}": new["paths"]["/docs/{id}"]}
    assert diff(api(), new) == []
    assert diff(api(security=[{"key": []}]), api(security=[{"key": []}, {"oauth": []}])) == []


def test_bodies_are_requests_and_answers_are_responses() -> None:
    new = api()
    new["components"]["schemas"]["New"]["required"] = ["a"]
    del new["components"]["schemas"]["Doc"]["required"]
    assert {(one.level, one.direction) for one in diff(api(), new)} == {
        ("breaking", "request"),
        ("breaking", "response"),
    }
    hooks = {
        "openapi": "3.1.0",
        "webhooks": {"made": api()["paths"]["/docs/{id}"]},
        "components": api()["components"],
    }
    hooks_now = {**hooks, "components": new["components"]}
    assert {one.level for one in diff(hooks, hooks_now)} == {"compatible"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"openapi": "3.1.0"}, {}),
        ({"$defs": {"A": {"required": 3}}}, {"$defs": {"A": {"required": 4}}}),
        ({"type": "object", "properties": {"a": 3}}, {"type": "object", "properties": {"a": 4}}),
        ({"minimum": 1, "multipleOf": 0}, {"multipleOf": 1}),
    ],
)
def test_what_is_no_schema_is_an_error_with_a_reason(before: Any, after: Any) -> None:
    with pytest.raises(ContractError):
        diff(before, after)


def test_types_of_msgspec_are_compared_by_their_schemas() -> None:
    fields: list[Any] = [("total", Decimal), ("state", Literal["open", "paid"])]
    old = defstruct("Doc", fields)
    new = defstruct(
        "Doc", [fields[0], ("state", Literal["open"]), ("note", Annotated[str, Meta(max_length=3)])]
    )
    found = diff(json_schema(old), json_schema(new))
    assert {(one.level, one.direction, one.at) for one in found if one.level == "breaking"} == {
        ("breaking", "request", "Doc.note"),
        ("breaking", "request", "Doc.state"),
    }
