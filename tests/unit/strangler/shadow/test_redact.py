import pytest

from strangler.shadow.compare import Difference
from strangler.shadow.redact import HIDDEN, redacted


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.user.password", '"hunter2"'),
        ("$.results[*].api_key", '"k"'),
        ("header:set-cookie", "sessionid=1"),
        ("$.card.cvv", "123"),
        ("$.private.note", '"x"'),
    ],
)
def test_secret_names_and_declared_paths_keep_no_value(path: str, value: str) -> None:
    assert redacted(Difference(path, value, value), ("$.private",)) == Difference(path, HIDDEN, HIDDEN)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ('"write to a.b@example.org"', '"write to (e-mail)"'),
        ('"4111 1111 1111 1111"', '"(number)"'),
        ('"eyJhbGciOiJIUzI1NiJ9eyJzdWIi.eyJzdWIiOiIxMjM0NTY3ODkwIn0.sig"', '"(token)"'),
        ("https://x.example/a?token=1", "https://x.example/a?..."),
        ("/next/?sig=abc", "/next/?..."),
    ],
)
def test_what_looks_like_a_person_or_a_token_is_masked(value: str, kept: str) -> None:
    assert redacted(Difference("$.note", value, "1")) == Difference("$.note", kept, "1")


@pytest.mark.parametrize("value", ["12.50", '"shipped"', "true", '"2026-11-20"', "12345678", '"really?"'])
def test_plain_values_stay(value: str) -> None:
    assert redacted(Difference("$.total", value, value)) == Difference("$.total", value, value)
