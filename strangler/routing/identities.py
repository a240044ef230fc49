"""The parts of a policy that say who is asking, as a document holds them: readers, writers, and what must fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from strangler.errors import BadDocument
from strangler.routing.identity import RESERVED, Forwarding, Requirement, SessionRules, TokenRules
from strangler.routing.policy import Policy
from strangler.routing.sections import Reader, each, one_of, read_fields, read_section, read_truth
from strangler.routing.values import read_duration, read_text, read_url, write_duration

ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"),
    *("HS256", "HS384", "HS512"),
)
"""What tokens may be signed with; ``none`` is not among them."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_COOKIE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FIELD = re.compile(r"x-[a-z0-9]+(?:-[a-z0-9]+)*|remote-user")
_TAKEN = ("x-forwarded-", "x-real-ip", "x-request-id", "x-strangler-")
_PATH = re.compile(r"(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+/?")
_PLACE = re.compile(r"file:.+|env:[A-Za-z_][A-Za-z0-9_]*")


def read_jwt(value: object, where: str) -> TokenRules:
    """``[policies.NAME.jwt]``."""
    rules = TokenRules(**read_fields(value, where, _JWT))
    if not rules.algorithms:
        raise BadDocument(
            "nothing says which algorithms are allowed",
            where=f"{where}.algorithms",
            remedy='Name the one that your issuer signs with, for example algorithms = ["RS256"].',
        )
    symmetric = {name for name in rules.algorithms if name.startswith("HS")}
    if symmetric and (rules.jwks or len(symmetric) < len(rules.algorithms)):
        raise BadDocument(
            "a shared secret and public keys cannot be believed by the same rules",
            where=f"{where}.algorithms",
            remedy="Name only HS256, HS384, HS512 beside keys, or none of them.",
        )
    if not rules.jwks and not rules.keys:
        raise BadDocument(
            "nothing says which keys tokens are signed with",
            where=where,
            remedy='Add jwks = "https://...", or keys = ["file:/path/to/public.pem"].',
        )
    if rules.jwks and not rules.issuer:
        raise BadDocument(
            "nothing says whose tokens are believed",
            where=f"{where}.issuer",
            remedy="Add issuer: what stands in iss of its tokens.",
        )
    return rules


def read_session(value: object, where: str) -> SessionRules:
    """``[policies.NAME.session]``."""
    return SessionRules(**read_fields(value, where, _SESSION))


def read_requirement(value: object, where: str) -> Requirement:
    """``[policies.NAME.require]``."""
    return Requirement(**read_fields(value, where, _REQUIRE))


def read_forwarding(value: object, where: str) -> Forwarding:
    """``[policies.NAME.identity]``."""
    return Forwarding(**read_fields(value, where, _FORWARD))


def check_identity(policy: Policy, where: str) -> None:
    """Raise ``BadDocument`` where a policy asks something of a user whom it does not know."""
    knows = policy.jwt is not None or policy.session is not None
    for key in ("require", "identity", "origins", "anonymous"):
        if getattr(policy, key) and not knows:
            raise BadDocument(
                "nothing verifies who asks",
                where=f"{where}.{key}",
                remedy=f"Add [{where}.jwt] or [{where}.session], or remove it.",
            )
    if policy.anonymous and policy.require is not None:
        raise BadDocument(
            "what is required of somebody cannot be open to everybody",
            where=f"{where}.anonymous",
            remedy="Remove anonymous, or require.",
        )


def check_verified(identity: str, where: str, policies: Iterable[Policy | None]) -> None:
    """Raise ``BadDocument`` where an identity rests on who asks, and a policy that applies does not verify that."""
    if identity != "user" and not identity.startswith(("claim:", "user:")):
        return
    found = list(policies)
    if not found or any(policy is None or not (policy.jwt or policy.session) for policy in found):
        raise BadDocument(
            f"nothing verifies who asks, so there is no {identity.partition(':')[0]}",
            where=where,
            remedy="Give it a policy with jwt or session, or use cookie:NAME, header:NAME, tenant or client.",
        )


def _read_jwks(value: object, where: str) -> str:
    """An address with a path, by https; by http on this machine only."""
    url = read_text(value, where)
    try:
        parts = urlsplit(url)
        read_url(f"{parts.scheme}://{parts.netloc}", where)
    except ValueError:
        raise BadDocument(f"{url!r} is not an address", where=where, remedy="Write https://...") from None
    if parts.fragment or re.search(r"\s", url) or "@" in parts.netloc:
        raise BadDocument(f"{url!r} is not the address of a key set", where=where, remedy="Write https://...")
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise BadDocument(
            "whoever stands between could give other keys",
            where=where,
            remedy="Use https; http is for this machine only.",
        )
    return url


def _read_place(value: object, where: str) -> str:
    place = read_text(value, where)
    if _PLACE.fullmatch(place) is None:
        raise BadDocument(
            "this does not name the place of a key",
            where=where,
            remedy='Write "file:/path/to/key.pem" or "env:NAME": a key does not belong in the route table.',
        )
    return place


def _read_cookie(value: object, where: str) -> str:
    name = read_text(value, where)
    if _COOKIE.fullmatch(name) is None:
        raise BadDocument(f"{name!r} is not the name of a cookie", where=where, remedy="Correct it.")
    return name


def _read_bridge_path(value: object, where: str) -> str:
    path = read_text(value, where)
    if _PATH.fullmatch(path) is None:
        raise BadDocument(
            f"{path!r} is not a plain path", where=where, remedy='Write it like "/strangler/identity/".'
        )
    return path


def _read_origin(value: object, where: str) -> str:
    origin = read_text(value, where).lower()
    read_url(origin, where)
    return origin


def _read_field(name: str, where: str) -> str:
    field = name.lower()
    if _FIELD.fullmatch(field) is None or field in RESERVED or field.startswith(_TAKEN):
        raise BadDocument(
            f"{name!r} cannot carry a claim",
            where=where,
            remedy="Use a field of your own that begins with X-, like X-Auth-User, or Remote-User.",
        )
    return field


def _read_headers(value: object, where: str) -> tuple[tuple[str, str], ...]:
    pairs = read_section(value, where)
    read = {_read_field(name, where): read_text(claim, f"{where}.{name}") for name, claim in pairs.items()}
    return tuple(sorted(read.items()))


_texts = each(read_text)
_JWT: dict[str, Reader] = {
    "algorithms": each(one_of(ALGORITHMS)),
    "jwks": _read_jwks,
    "keys": each(_read_place),
    "issuer": read_text,
    "audience": _texts,
    "required": _texts,
    "leeway": read_duration,
    "cookie": _read_cookie,
}
_SESSION: dict[str, Reader] = {"cookie": _read_cookie, "path": _read_bridge_path, "keep": read_duration}
_REQUIRE: dict[str, Reader] = {
    f"{kind}_{how}": _texts for kind in ("roles", "permissions", "scopes") for how in ("any", "all")
}
_FORWARD: dict[str, Reader] = {"signed": read_truth, "claims": _texts, "headers": _read_headers}
IDENTITY: Mapping[str, Reader] = {
    "jwt": read_jwt,
    "session": read_session,
    "require": read_requirement,
    "identity": read_forwarding,
    "origins": each(_read_origin),
    "anonymous": read_truth,
}
"""The keys of a policy that are about who asks."""
IDENTITY_WRITERS: Mapping[str, Callable[[Any], Any]] = {
    "leeway": write_duration,
    "keep": write_duration,
    "headers": dict,
}
