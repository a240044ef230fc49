"""What the facade says of a user: short-lived, for one audience, and with nothing of the user's own choosing."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from fakes.issuer import NOW, Issuer

from strangler.policy.assertion import LIFETIME, Signer, TooLarge, plain_fields
from strangler.policy.identity import Identity
from strangler.policy.keys import UnusableKeys
from strangler.routing.identity import Forwarding

ADA = Identity("17", {"sub": "0", "name": "ada", "roles": ["a", "b"], "exp": 1, "aud": "x"}, "session")
SECRET = b"k" * 32
ED = Issuer("EdDSA")


def read(token: bytes, key: Any, algorithm: str) -> dict[str, Any]:
    """As a service with an ordinary library would."""
    options: Any = {"verify_exp": False, "verify_iat": False}
    told: dict[str, Any] = jwt.decode(
        token.decode(), key, [algorithm], audience="g", issuer="strangler", options=options
    )
    return told


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"short",
        b"k" * 31,
        Issuer("RS256").private_pem(),
        ED.pem(),
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
    ],
)
def test_a_key_that_could_be_guessed_or_cannot_sign_is_refused(key: bytes) -> None:
    with pytest.raises(UnusableKeys):
        Signer(key)


def test_what_rests_on_little_does_not_last_longer() -> None:
    soon = Identity("17", {}, "token", expires=NOW + 5)
    assert read(Signer(SECRET).sign(soon, "g", (), NOW), SECRET, "HS256")["exp"] == NOW + 5


def test_claims_never_replace_what_the_facade_says() -> None:
    told = read(
        Signer(SECRET).sign(ADA, "g", ("sub", "exp", "aud", "iss", "via", "name", "no"), NOW), SECRET, "HS256"
    )
    assert told == {
        "name": "ada", "sub": "17", "aud": "g", "iss": "strangler", "via": "session",
        "iat": NOW, "exp": NOW + LIFETIME,
    }  # fmt: skip


def test_what_does_not_fit_into_a_field_is_not_sent() -> None:
    huge = Identity("17", {"permissions": ["x" * 100] * 100}, "session")
    with pytest.raises(TooLarge):
        Signer(SECRET).sign(huge, "g", ("permissions",), NOW)


def test_a_public_key_is_enough_to_verify() -> None:
    signer = Signer(ED.private_pem())
    token = signer.sign(ADA, "g", ("name",), NOW)
    assert read(token, ED.pem().decode(), "EdDSA")["sub"] == "17"
    assert jwt.get_unverified_header(token.decode()) == {"alg": "EdDSA", "typ": "JWT", "kid": signer.key_id}
    with pytest.raises(jwt.InvalidTokenError):
        read(token, Issuer("EdDSA", number=1).pem().decode(), "EdDSA")


def test_a_key_id_tells_keys_apart_and_nothing_of_them() -> None:
    assert Signer(SECRET).key_id == Signer(SECRET + b"\n").key_id != Signer(b"x" * 32).key_id
    assert "kkk" not in Signer(SECRET).key_id


@pytest.mark.parametrize("value", [None, 1.5, {"a": 1}, "a\r\nX-Evil: 1", "a\0"])
def test_what_fits_into_no_field_is_left_out(value: object) -> None:
    forwarding = Forwarding(headers=(("x-auth-user", "u"),))
    assert plain_fields(Identity("17", {"u": value}, "token"), forwarding) == []


def test_plain_fields() -> None:
    forwarding = Forwarding(headers=(("x-a", "sub"), ("x-b", "roles"), ("x-c", "staff"), ("x-d", "none")))
    identity = Identity("17", {"sub": "0", "roles": ["a", "b,admin", 3], "staff": False}, "token")
    assert plain_fields(identity, forwarding) == [(b"x-a", b"17"), (b"x-b", b"a,3"), (b"x-c", b"false")]
