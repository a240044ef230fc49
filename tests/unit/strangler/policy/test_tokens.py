"""Tokens that must not be believed, and those that are. Every attack is played with a key that would be right."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from fakes.issuer import ASYMMETRIC, CLAIMS, NOW, SYMMETRIC, Issuer, encoded, key_set

from strangler.policy.keys import Key, public_keys, static_keys
from strangler.policy.tokens import LARGEST_TOKEN, Rejected, read_token, verify
from strangler.routing.identity import TokenRules

RULES = TokenRules(algorithms=("ES256",), issuer="https://issuer.example/", audience=("shop", "till"))
ISSUER = Issuer()


def fault(
    raw: bytes, rules: TokenRules = RULES, keys: tuple[Key, ...] | None = None, now: float = NOW
) -> str:
    """Why a token is rejected."""
    with pytest.raises(Rejected) as caught:
        claims(raw, rules, keys, now)
    return caught.value.fault


def claims(
    raw: bytes, rules: TokenRules = RULES, keys: tuple[Key, ...] | None = None, now: float = NOW
) -> dict[str, Any]:
    known = public_keys(key_set(ISSUER.jwk())) if keys is None else keys
    return verify(read_token(raw, rules), known, rules, now)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, "ES256K", 5, ["ES256"], {}])
def test_no_signature_and_no_unknown_algorithm_is_enough(algorithm: object) -> None:
    head = encoded(json.dumps({"alg": algorithm, "kid": "k1"}).encode())
    body = encoded(json.dumps(CLAIMS).encode())
    for signature in (b"", ISSUER.token().rpartition(b".")[2]):
        assert fault(head + b"." + body + b"." + signature) == "algorithm not allowed"


def test_a_public_key_is_never_the_secret_of_an_hmac() -> None:
    for algorithm in ("RS256", "ES256"):
        honest = Issuer(algorithm)
        for material in (honest.pem(), honest.pem().strip(), key_set(honest.jwk())):
            forged = Issuer("HS256", secret=material).token()
            keys = static_keys(honest.pem(), (algorithm,))
            both = replace(RULES, algorithms=(algorithm, "HS256"))
            assert fault(forged, both, keys) == "unknown key"
            assert fault(forged, replace(RULES, algorithms=(algorithm,)), keys) == "algorithm not allowed"


def test_an_allowed_algorithm_is_not_taken_for_another() -> None:
    rsa = Issuer("RS256")
    keys = public_keys(key_set(rsa.jwk(alg="RS256")))
    both = replace(RULES, algorithms=("RS256", "PS256", "RS512"))
    for algorithm in ("PS256", "RS512"):
        assert fault(replace(rsa, algorithm=algorithm).token(), both, keys) == "unknown key"
    big = public_keys(key_set(Issuer("ES384").jwk()))
    assert fault(ISSUER.token(), RULES, big) == "unknown key"


@pytest.mark.parametrize(
    "key_id", ["../../dev/null", "/etc/passwd", "' OR 1=1 --", "k1\0", "K1", "http://evil.example/", "k1 "]
)
def test_a_key_id_is_only_compared(key_id: str) -> None:
    assert fault(ISSUER.token(header={"kid": key_id})) == "unknown key"


@pytest.mark.parametrize("key_id", ["", "k" * 257, 1, ["k1"], {"a": 1}, True])
def test_a_key_id_is_a_short_text(key_id: object) -> None:
    assert fault(ISSUER.token(header={"kid": key_id})) == "malformed"


def test_keys_and_addresses_in_a_token_are_never_looked_at() -> None:
    evil = Issuer(id="evil", number=1)
    header = {
        "jwk": evil.jwk(),
        "jku": "https://evil.example/keys",
        "x5u": "https://evil.example/cert",
        "x5c": [encoded(evil.pem()).decode()],
    }
    assert fault(evil.token(header=header)) == "unknown key"
    assert fault(evil.token(header={**header, "kid": "k1"})) == "wrong signature"
    assert claims(ISSUER.token(header=header))["sub"] == "17"


def test_a_token_that_was_changed_or_signed_by_another_is_refused() -> None:
    head, body, signature = ISSUER.token().split(b".")
    other = encoded(json.dumps({**CLAIMS, "sub": "1"}).encode())
    assert fault(head + b"." + other + b"." + signature) == "wrong signature"
    assert fault(head + b"." + body + b"." + encoded(b"\0" * 64)) == "wrong signature"
    assert fault(head + b"." + body + b".") == "wrong signature"
    assert fault(Issuer(number=1).token()) == "wrong signature"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b".",
        b"..",
        b"a.b",
        b"a.b.c.d",
        b"!!.??.--",
        b"\xff.\xfe.\xfd",
        ISSUER.token() + b"=",
        b" " + ISSUER.token(),
        ISSUER.token().replace(b".", b"..", 1),
        ISSUER.token() + b"\n",
        encoded(b"[]") + b"." + encoded(b"{}") + b".",
        encoded(b'"alg"') + b"." + encoded(b"{}") + b".",
        encoded(b"\xff\xfe") + b"." + encoded(b"{}") + b".",
        encoded(b"[" * 4000) + b"." + encoded(b"{}") + b".",
        encoded(b'{"a":' * 800 + b"1" + b"}" * 800) + b"." + encoded(b"{}") + b".",
        b"a." + encoded(b"{}") + b".",
    ],
)
def test_what_is_no_token_is_malformed(raw: bytes) -> None:
    assert fault(raw) in ("malformed", "algorithm not allowed")


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[1]",
        b"{",
        b'{"exp": NaN}',
        b"[" * 5000,
        b'{"sub":"17","a":' + b"[" * 3000 + b"]" * 3000 + b"}",
        b'{"sub":"17","exp":1e999}',
        b'{"sub":"17","exp":1e308}',
        b'{"sub":"17","exp":%b}' % (b"9" * 400),
    ],
)
def test_a_signed_payload_is_not_trusted_to_be_well_formed(payload: bytes) -> None:
    assert fault(ISSUER.sign(payload)) == "malformed"


def test_a_token_is_short() -> None:
    assert fault(b"a" * (LARGEST_TOKEN + 1)) == "too large"
    assert fault(ISSUER.token(padding="x" * LARGEST_TOKEN)) == "too large"


def test_an_extension_that_is_not_understood_is_refused() -> None:
    assert fault(ISSUER.token(header={"crit": ["b64"], "b64": False})) == "malformed"
    assert fault(ISSUER.token(header={"crit": []})) == "malformed"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"exp": int(NOW) - 31}, "expired"),
        ({"exp": NOW - 30}, "expired"),
        ({"exp": -1}, "expired"),
        ({"nbf": int(NOW) + 31}, "not valid yet"),
        ({"iat": int(NOW) + 31}, "not valid yet"),
        ({"exp": str(int(NOW) + 300)}, "malformed"),
        ({"exp": True}, "malformed"),
        ({"exp": [int(NOW) + 300]}, "malformed"),
        ({"nbf": "soon"}, "malformed"),
        ({"iss": "https://issuer.example"}, "wrong issuer"),
        ({"iss": ["https://issuer.example/"]}, "wrong issuer"),
        ({"iss": None}, "wrong issuer"),
        ({"aud": None}, "wrong audience"),
        ({"aud": "shops"}, "wrong audience"),
        ({"aud": ["a", "b"]}, "wrong audience"),
        ({"aud": {"shop": 1}}, "wrong audience"),
        ({"aud": []}, "wrong audience"),
        ({"exp": None}, "claim missing"),
        ({"sub": None}, "claim missing"),
        ({"sub": ""}, "claim missing"),
    ],
)
def test_claims_that_do_not_hold(changes: dict[str, Any], expected: str) -> None:
    assert fault(ISSUER.token(**changes)) == expected


def test_a_token_for_somebody_is_not_for_everybody() -> None:
    nobody = replace(RULES, audience=())
    assert fault(ISSUER.token(), nobody) == "wrong audience"
    assert claims(ISSUER.token(aud=None), nobody)["sub"] == "17"


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_every_algorithm_with_a_published_key(algorithm: str) -> None:
    issuer = Issuer(algorithm)
    rules = replace(RULES, algorithms=(algorithm,))
    keys = public_keys(key_set(Issuer("ES256", "other", 1).jwk(), issuer.jwk(alg=algorithm)))
    assert claims(issuer.token(), rules, keys) == CLAIMS
    assert claims(issuer.token(), rules, static_keys(issuer.pem(), (algorithm,))) == CLAIMS
    assert claims(replace(issuer, id=None).token(), rules, keys) == CLAIMS


@pytest.mark.parametrize("algorithm", SYMMETRIC)
def test_every_algorithm_with_a_secret(algorithm: str) -> None:
    rules = replace(RULES, algorithms=(algorithm,))
    keys = static_keys(b"s" * 64 + b"\n", (algorithm,))
    assert claims(Issuer(algorithm).token(), rules, keys) == CLAIMS
    assert fault(Issuer(algorithm, secret=b"t" * 64).token(), rules, keys) == "wrong signature"


def test_clocks_may_differ_and_one_audience_of_several_will_do() -> None:
    assert claims(ISSUER.token(exp=int(NOW) - 29, nbf=int(NOW) + 30, iat=int(NOW) + 30))
    assert claims(ISSUER.token(aud=["other", "till"]))
    assert claims(ISSUER.token(exp=NOW + 0.5))
