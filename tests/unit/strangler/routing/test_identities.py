"""What a policy may say about users: nothing that is ignored, nothing secret, nothing that weakens silently."""

from __future__ import annotations

import json
import tomllib

import pytest

from strangler.errors import BadDocument
from strangler.routing import Policy
from strangler.routing.document import from_document, to_json, to_toml
from strangler.routing.identity import Forwarding, Requirement, SessionRules, TokenRules

JWT = """
[policies.a.jwt]
algorithms = ["RS256"]
jwks = "https://issuer.example/keys"
issuer = "https://issuer.example/"
"""
BOTH = "[policies.a.session]\n[policies.a.require]"
FIELDS = "[policies.a.session]\n[policies.a.identity.headers]\n"


def jwt(**changed: str) -> str:
    """A policy with one key of its rules replaced, or removed where the value is empty."""
    lines = dict(line.split(" = ", 1) for line in JWT.strip().splitlines()[1:])
    lines.update(changed)
    return "[policies.a.jwt]\n" + "\n".join(f"{key} = {value}" for key, value in lines.items() if value)


@pytest.mark.parametrize(
    ("toml", "where", "says"),
    [
        (jwt(algorithms=""), "policies.a.jwt.algorithms", "which algorithms"),
        (jwt(algorithms="[]"), "policies.a.jwt.algorithms", "which algorithms"),
        (jwt(algorithms='["none"]'), "policies.a.jwt.algorithms[0]", "none of"),
        (jwt(algorithms='["HS256"]'), "policies.a.jwt.algorithms", "shared secret"),
        (jwt(algorithms='["RS256", "HS256"]', jwks="", keys='["env:K"]'), "policies.a.jwt.algorithms", "shared secret"),
        (jwt(jwks=""), "policies.a.jwt", "which keys"),
        (jwt(issuer=""), "policies.a.jwt.issuer", "whose tokens"),
        (jwt(jwks='"http://issuer.example/keys"'), "policies.a.jwt.jwks", "stands between"),
        (jwt(jwks='"http://127.0.0.1.evil.example/keys"'), "policies.a.jwt.jwks", "stands between"),
        (jwt(jwks='"file:///etc/passwd"'), "policies.a.jwt.jwks", "not the address"),
        (jwt(jwks='"https://u:p@issuer.example/"'), "policies.a.jwt.jwks", ""),
        (jwt(jwks='"https://issuer.example/#x"'), "policies.a.jwt.jwks", "key set"),
        (jwt(keys='["-----BEGIN PUBLIC KEY-----"]'), "policies.a.jwt.keys[0]", "does not belong in the route table"),
        (jwt(keys='["hunter2"]'), "policies.a.jwt.keys[0]", "place of a key"),
        (jwt(leeway='"-1s"'), "policies.a.jwt.leeway", "duration"),
        (jwt(cookie='"a b"'), "policies.a.jwt.cookie", "cookie"),
        (jwt(secret='"x"'), "policies.a.jwt.secret", "unknown key"),
        ("[policies.a.session]\npath = 'identity/'", "policies.a.session.path", "plain path"),
        ("[policies.a.session]\npath = '/a/../b'", "policies.a.session.path", "plain path"),
        ("[policies.a.session]\npath = '/a//b'", "policies.a.session.path", "plain path"),
        ("[policies.a.session]\npath = '/a?b'", "policies.a.session.path", "plain path"),
        ("[policies.a.require]\nroles_any = ['x']", "policies.a.require", "nothing verifies"),
        ("[policies.a.identity]", "policies.a.identity", "nothing verifies"),
        ("[policies.a]\nanonymous = true", "policies.a.anonymous", "nothing verifies"),
        ("[policies.a]\nanonymous = true\n" + BOTH, "policies.a.anonymous", "open to"),
        ("[policies.a]\norigins = ['shop']\n[policies.a.session]", "policies.a.origins[0]", "address"),
        (FIELDS + "Host = 'sub'", "policies.a.identity.headers", "carry"),
        (FIELDS + "X_User = 'sub'", "policies.a.identity.headers", "carry"),
        (FIELDS + "X-Forwarded-For = 'sub'", "policies.a.identity.headers", "carry"),
        (FIELDS + "X-Strangler-Identity = 'sub'", "policies.a.identity.headers", "carry"),
        ("[gateway]\ntenant = 'claim:org'\n[policies.a]", "gateway.tenant", "nothing verifies"),
        (
            "[policies.a.session]\n[upstreams.s]\nurl = 'http://s'\n[groups.g]\nservice = 's'\nsticky = 'user'\n"
            "policy = 'a'\n[[routes]]\nname = 'r'\npath = 'r/'\ngroup = 'g'\npolicy = 'none'",
            "groups.g.sticky",
            "nothing verifies",
        ),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place(toml: str, where: str, says: str) -> None:
    with pytest.raises(BadDocument) as caught:
        from_document(tomllib.loads(toml))
    assert caught.value.where == where
    assert says in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_whole_policy_survives_the_way_through_json_and_toml() -> None:
    toml = """
[gateway]
tenant = "claim:org"
[policies.a]
origins = ["https://App.example"]
[policies.a.jwt]
algorithms = ["RS256", "EdDSA"]
jwks = "http://127.0.0.1:8000/keys?a=b"
keys = ["file:/run/keys/issuer.pem", "env:ISSUER_KEY"]
issuer = "https://issuer.example/"
audience = ["shop"]
required = ["exp"]
leeway = "5s"
cookie = "access"
[policies.a.session]
cookie = "sid"
keep = "10s"
[policies.a.require]
roles_any = ["a", "b"]
[policies.a.identity]
signed = false
[policies.a.identity.headers]
X-Auth-User = "sub"
"""
    table = from_document(tomllib.loads(toml))
    assert table.policies["a"] == Policy(
        "a",
        jwt=TokenRules(
            algorithms=("RS256", "EdDSA"),
            jwks="http://127.0.0.1:8000/keys?a=b",
            keys=("file:/run/keys/issuer.pem", "env:ISSUER_KEY"),
            issuer="https://issuer.example/",
            audience=("shop",),
            required=("exp",),
            leeway=5.0,
            cookie="access",
        ),
        session=SessionRules(cookie="sid", keep=10.0),
        require=Requirement(roles_any=("a", "b")),
        identity=Forwarding(signed=False, headers=(("x-auth-user", "sub"),)),
        origins=("https://app.example",),
    )
    assert from_document(json.loads(to_json(table))) == table
    assert from_document(tomllib.loads(to_toml(table))) == table
    plain = from_document(tomllib.loads("[policies.a.session]\n[policies.a.identity]"))
    assert plain.policies["a"] == Policy("a", session=SessionRules(), identity=Forwarding())
    assert from_document(tomllib.loads(to_toml(plain))) == plain
