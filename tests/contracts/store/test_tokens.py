from __future__ import annotations

import pytest

from strangler.errors import Refused, Unknown
from strangler.store import State, Token
from strangler.store.tokens import digest_of, new_secret


def test_a_revoked_token_opens_nothing(state: State) -> None:
    state.tokens.add(Token("ci", "operator", 1.0), digest_of("secret"))
    state.tokens.revoke("ci")
    assert state.tokens.find(digest_of("secret")) is None
    assert state.tokens.list() == []


def test_another_secret_finds_nothing(state: State) -> None:
    state.tokens.add(Token("ci", "operator", 1.0), digest_of("secret"))
    assert state.tokens.find(digest_of("secret ")) is None
    assert state.tokens.find("") is None


def test_a_name_is_given_once(state: State) -> None:
    state.tokens.add(Token("ci", "viewer", 1.0), digest_of("a"))
    with pytest.raises(Refused):
        state.tokens.add(Token("ci", "operator", 1.0), digest_of("b"))
    assert state.tokens.find(digest_of("b")) is None


def test_nobody_unknown_is_revoked(state: State) -> None:
    with pytest.raises(Unknown):
        state.tokens.revoke("ci")


def test_a_token_is_found_by_its_digest(state: State) -> None:
    secret = new_secret()
    token = Token("ci", "viewer", 12.5)
    state.tokens.add(token, digest_of(secret))
    state.tokens.add(Token("a", "operator", 1.0), digest_of(new_secret()))
    assert state.tokens.find(digest_of(secret)) == token
    assert [known.name for known in state.tokens.list()] == ["a", "ci"]
