"""What is not granted is denied."""

from __future__ import annotations

from typing import Any

import pytest

from strangler.policy.roles import missing
from strangler.routing.identity import Requirement


@pytest.mark.parametrize(
    ("requirement", "claims", "lacking"),
    [
        (Requirement(roles_any=("a", "b")), {}, "roles"),
        (Requirement(roles_any=("a", "b")), {"roles": ["c"]}, "roles"),
        (Requirement(roles_any=("a",)), {"roles": "ab"}, "roles"),
        (Requirement(roles_any=("a",)), {"roles": "a b"}, "roles"),
        (Requirement(roles_any=("a",)), {"roles": {"a": True}}, "roles"),
        (Requirement(roles_any=("1",)), {"roles": [1]}, "roles"),
        (Requirement(roles_any=("a",)), {"roles": [["a"]]}, "roles"),
        (Requirement(roles_any=("a",)), {"roles": ["A"]}, "roles"),
        (Requirement(roles_all=("a", "b")), {"roles": ["a"]}, "roles"),
        (Requirement(roles_any=("a",), roles_all=("b",)), {"roles": ["a"]}, "roles"),
        (Requirement(permissions_all=("x.y",)), {"roles": ["x.y"], "scope": "x.y"}, "permissions"),
        (Requirement(scopes_all=("a", "b")), {"scope": "ab"}, "scopes"),
        (Requirement(scopes_any=("a",)), {"scope": "", "scp": []}, "scopes"),
        (Requirement(scopes_any=("a",), roles_any=("r",)), {"scope": "a"}, "roles"),
        (Requirement(), {}, None),
        (Requirement(roles_any=("a", "b")), {"roles": ["b"]}, None),
        (Requirement(roles_any=("a",)), {"roles": "a"}, None),
        (Requirement(roles_any=("a",)), {"groups": ["a"]}, None),
        (Requirement(roles_all=("a", "b")), {"roles": ["a"], "groups": ["b", 1, None]}, None),
        (Requirement(permissions_any=("x.y", "x.z")), {"permissions": ["x.z"]}, None),
        (Requirement(scopes_all=("a", "b")), {"scope": "b  a"}, None),
        (Requirement(scopes_all=("a",)), {"scp": ["a"]}, None),
    ],
)
def test_what_is_missing(requirement: Requirement, claims: dict[str, Any], lacking: str | None) -> None:
    assert missing(requirement, claims) == lacking
