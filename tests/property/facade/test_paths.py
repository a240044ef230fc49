"""The facade, Django's own decoding, and its resolver agree about every path that the facade lets through."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote_to_bytes

from django.core.handlers.wsgi import get_path_info
from hypothesis import given
from hypothesis import strategies as st

from strangler.facade.paths import decoded_path, read_path, readings

PIECES = [
    "a",
    "b",
    "/",
    "//",
    ".",
    "..",
    "%2e",
    "%2E",
    "%2f",
    "%5c",
    "\\",
    ";",
    ";x=1",
    "%00",
    "%0a",
    "#",
    "%",
    "%25",
]
PIECES += ["%252f", "%c3%a9", "%ff", "é", " ", "~"]
paths = st.lists(st.sampled_from(PIECES), max_size=12).map(lambda parts: ("/" + "".join(parts)).encode())


@given(paths)
def test_decoding_is_djangos(raw: bytes) -> None:
    environ = {"PATH_INFO": unquote_to_bytes(raw).decode("latin-1")}
    assert decoded_path(raw) == get_path_info(environ)


@given(paths)
def test_a_clear_path_has_one_reading_and_an_unclear_one_includes_the_normalised(raw: bytes) -> None:
    decoded, ambiguous = read_path(raw)
    if not ambiguous:
        assert posixpath.normpath(decoded).rstrip("/") == decoded.rstrip("/")
        assert not set(decoded) & set("\\;\0\n#")
    else:
        assert decoded in readings(raw)
        plain = decoded.partition("#")[0]
        assert plain in readings(raw)


@given(st.binary(max_size=40))
def test_nothing_makes_it_raise(raw: bytes) -> None:
    readings(b"/" + raw)
    read_path(b"/" + raw)
