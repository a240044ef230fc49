"""Which keys are taken, and when their issuer is asked."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fakes.issuer import Issuer, key_set
from jwt.algorithms import RSAAlgorithm

from strangler.policy.keys import (
    ABSENT,
    COOLDOWN,
    FORGET,
    LARGEST_SET,
    MOST_ABSENT,
    REFRESH,
    KeyRing,
    UnusableKeys,
    answered,
    is_due,
    is_missing,
    public_keys,
    static_keys,
    unanswered,
)

KEYS = public_keys(key_set(Issuer().jwk()))


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"{}",
        b'{"keys": {}}',
        b'{"keys": []}',
        b'{"keys": [1, null, {}]}',
        b"[" * 50_000,
        b"\xff",
        b"<html>",
        b" " * (LARGEST_SET + 1),
        key_set(Issuer("HS256").jwk()),
        key_set(Issuer().jwk(use="enc")),
        key_set(Issuer().jwk(key_ops=["sign"])),
        key_set(Issuer().jwk(d="AQAB")),
        key_set(Issuer().jwk(x="AA", y="AA")),
        key_set(Issuer().jwk(crv="P-999")),
        key_set(Issuer().jwk(kty="oct", k="c2VjcmV0")),
        key_set(Issuer("RS256").jwk(alg="HS256")),
    ],
)
def test_what_is_no_key_set_is_refused(document: bytes) -> None:
    with pytest.raises(UnusableKeys):
        public_keys(document)


def test_a_weak_key_is_none() -> None:
    weak = rsa.generate_private_key(65537, 1024).public_key()
    with pytest.raises(UnusableKeys):
        public_keys(key_set({**RSAAlgorithm.to_jwk(weak, as_dict=True), "kid": "weak"}))
    foreign = dsa.generate_private_key(2048).public_key()
    with pytest.raises(UnusableKeys):
        static_keys(foreign.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), ("RS256",))


@pytest.mark.parametrize(
    "secret",
    [b"", b"short", b"x" * 31, Issuer("RS256").pem(), key_set(Issuer().jwk()), b"ssh-ed25519 " + b"A" * 64],
)
def test_a_secret_is_long_and_no_public_key(secret: bytes) -> None:
    with pytest.raises(UnusableKeys) as caught:
        static_keys(secret, ("HS256",))
    assert not secret or secret.decode() not in str(caught.value)


def test_a_secret_has_to_do_for_the_longest_of_its_algorithms() -> None:
    assert static_keys(b"x" * 32, ("HS256",))
    with pytest.raises(UnusableKeys):
        static_keys(b"x" * 32, ("HS256", "HS512"))


def test_a_private_key_or_garbage_is_no_public_key() -> None:
    for document in (
        Issuer("RS256").private_pem(),
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        b"x",
    ):
        with pytest.raises(UnusableKeys):
            static_keys(document, ("RS256",))


def test_bad_keys_do_not_spoil_the_good_ones() -> None:
    found = public_keys(
        key_set({"kty": "?"}, Issuer("HS256", "h").jwk(), Issuer("RS256", "r").jwk(alg="RS512"))
    )
    assert [(key.id, key.algorithms) for key in found] == [("r", frozenset({"RS512"}))]
    assert static_keys(key_set(Issuer("ES384").jwk()), ("ES384",))[0].algorithms == {"ES384"}


def test_a_key_tells_nothing_of_its_secret() -> None:
    assert "xxx" not in repr(static_keys(b"x" * 32, ("HS256",)))


def test_an_issuer_is_not_asked_again_and_again() -> None:
    ring = unanswered(KeyRing(), "refused", 0.0)
    assert not is_due(ring, COOLDOWN - 1)
    assert not is_missing(ring, "k9", COOLDOWN - 1)
    assert is_due(ring, COOLDOWN)
    fresh = answered(ring, KEYS, None, 100.0)
    assert not is_due(fresh, 100 + REFRESH - 1)
    assert not is_missing(fresh, "k9", 100 + COOLDOWN - 1)
    assert is_missing(fresh, "k9", 100 + COOLDOWN)
    assert is_due(fresh, 100 + REFRESH)


def test_a_key_that_the_issuer_does_not_have_is_not_asked_for_again_soon() -> None:
    ring = answered(KeyRing(), KEYS, "k9", 0.0)
    assert not is_missing(ring, "k9", COOLDOWN)
    assert is_missing(ring, "k8", COOLDOWN)
    assert is_missing(ring, "k9", ABSENT)
    for number in range(2 * MOST_ABSENT):
        ring = answered(ring, KEYS, f"x{number}", 1.0)
    assert len(ring.absent) == MOST_ABSENT


def test_keys_stay_while_the_issuer_is_silent_but_not_for_ever() -> None:
    ring = answered(KeyRing(), KEYS, None, 0.0)
    for moment in (REFRESH, FORGET - 1):
        ring = unanswered(ring, "timed out", moment)
        assert (ring.keys, ring.fault) == (KEYS, "timed out")
    assert unanswered(ring, "timed out", FORGET).keys == ()


def test_keys_that_were_rotated_out_are_gone_at_once() -> None:
    new = public_keys(key_set(Issuer(id="k2", number=1).jwk()))
    ring = answered(answered(KeyRing(), KEYS, None, 0.0), new, "k2", 60.0)
    assert [key.id for key in ring.keys] == ["k2"]
    assert (ring.fault, ring.absent) == ("", {})
    assert json.loads(key_set(Issuer().jwk()))["keys"][0]["kid"] == KEYS[0].id
