"""The small notations of the route table's document: names, percentages, durations, identities, cohort rules. Pure.

Each reader takes the value and the place where it stands, returns what the table holds, and raises ``BadDocument``.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from strangler.errors import BadDocument

_EC2 = IPv6Address("fd00:ec2::254")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110, 5.6.2: what a header, a cookie and a method may be called."""
_NAMED = ("header", "cookie", "claim")
"""What a request holds under names."""
_SIZE = re.compile(r"([0-9]{1,13})(B|KiB|MiB|GiB)")
_BYTES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}


def read_text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise BadDocument(f"{value!r} is not a string", where=where, remedy="Put it in quotes.")
    if any(ord(char) < 32 or 0xD800 <= ord(char) <= 0xDFFF for char in value):
        raise BadDocument(f"{value!r} holds a control character", where=where, remedy="Remove it.")
    return value


def read_language(value: object, where: str) -> str:
    """A language code as in Django's settings: ``de``, ``pt-br``."""
    code = read_text(value, where)
    if re.fullmatch(r"[A-Za-z0-9_]+(?:[-@][A-Za-z0-9_]+)*", code) is None:
        raise BadDocument(
            f"{code!r} is not a language code", where=where, remedy='Write it as in LANGUAGES: "pt-br".'
        )
    return code


def read_pattern(value: object, where: str) -> str:
    """A pattern, which may hold anything that a path may, and (a verbose regular expression) line breaks."""
    if not isinstance(value, str) or any(0xD800 <= ord(char) <= 0xDFFF for char in value):
        raise BadDocument(f"{value!r} is not a string", where=where, remedy="Put it in quotes.")
    return value


def read_name(value: object, where: str) -> str:
    """A name of a route, a group or an upstream: small letters, digits, ``.``, ``_``, ``-``; at most 100."""
    name = read_text(value, where)
    if _NAME.fullmatch(name) is None:
        raise BadDocument(
            f"{name!r} is not a name",
            where=where,
            remedy="Use small letters, digits, '.', '_' and '-', beginning with a letter or a digit.",
        )
    return name


def read_percent(value: object, where: str) -> float:
    """A percentage: 0..100 with at most two decimals (a bucket is a hundredth of a percent)."""
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise InvalidOperation
        if isinstance(value, str) and re.fullmatch(r"[0-9.+]+", value) is None:
            raise InvalidOperation
        number = Decimal(str(value))
        if not 0 <= number <= 100 or number * 100 != int(number * 100):
            raise InvalidOperation
    except InvalidOperation:
        raise BadDocument(
            f"{value!r} is not a percentage", where=where, remedy="Give 0 to 100 with at most two decimals."
        ) from None
    return float(number)


def write_percent(percent: float) -> int | float:
    return int(percent) if percent == int(percent) else percent


def read_duration(value: object, where: str) -> float:
    """Seconds from ``250ms``, ``1s``, ``5m``, ``1h``, or a number of seconds; more than zero, at most a day."""
    seconds = 0.0
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
    elif isinstance(value, str) and (match := _DURATION.fullmatch(value)):
        amount, unit = match.groups()
        seconds = float(amount) / 1000 if unit == "ms" else float(amount) * _SECONDS[unit]
    if not 0 < seconds <= 86_400:
        raise BadDocument(
            f"{value!r} is not a duration", where=where, remedy='Write it like "250ms", "1s" or "5m".'
        )
    return seconds


def write_duration(seconds: float) -> str | float:
    """The shortest notation that reads back as exactly the same number of seconds."""
    if seconds == int(seconds):
        return f"{int(seconds)}s"
    milliseconds = round(seconds * 1000)
    return f"{milliseconds}ms" if milliseconds / 1000 == seconds else seconds


def read_size(value: object, where: str) -> int:
    """Bytes from ``"512B"``, ``"64KiB"``, ``"10MiB"``, ``"1GiB"``, or a number of bytes; at least one."""
    size = 0
    if isinstance(value, int) and not isinstance(value, bool):
        size = value
    elif isinstance(value, str) and (match := _SIZE.fullmatch(value)):
        size = int(match[1]) * _BYTES[match[2]]
    if not 0 < size <= 1024**4:
        raise BadDocument(f"{value!r} is not a size", where=where, remedy='Write it like "64KiB" or "10MiB".')
    return size


def write_size(size: int) -> str:
    """The largest unit that divides it."""
    unit = next(unit for unit in ("GiB", "MiB", "KiB", "B") if size % _BYTES[unit] == 0)
    return f"{size // _BYTES[unit]}{unit}"


def read_url(value: object, where: str) -> str:
    """``http(s)://host[:port]``, without a path: the facade forwards paths as they are; or ``unix:/path``, a socket."""
    if isinstance(value, str) and value.startswith("unix:"):
        return "unix:" + read_socket_path(value.removeprefix("unix:"), where)
    url = read_text(value, where).rstrip("/")
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname and parts.hostname.encode("idna"))  # as the resolver will be asked for it
        usable = parts.scheme in ("http", "https") and named and parts.port != 0
    except ValueError:
        usable = False
    if not usable or re.search(r"\s", url):
        raise BadDocument(
            f"{url!r} is not the address of a server",
            where=where,
            remedy="Write it like http://127.0.0.1:9001.",
        )
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc or url.endswith(("?", "#")):
        raise BadDocument(
            f"{url!r} is more than the address of a server",
            where=where,
            remedy=f"Leave it at {parts.scheme}://{parts.netloc.rpartition('@')[2]}: paths are forwarded as they are.",
        )
    if is_metadata(parts.hostname or ""):
        raise BadDocument(
            f"{url!r} is where clouds hand out the credentials of this machine",
            where=where,
            remedy="Name a server that is meant for clients.",
        )
    return url


def is_metadata(host: str) -> bool:
    """Whether a host is an address at which clouds serve credentials to machines: link-local, or Amazon's of IPv6."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return address.is_link_local or address == _EC2 or (mapped is not None and mapped.is_link_local)
    return address.is_link_local


def read_socket_path(value: object, where: str) -> str:
    """The path of a Unix socket, which the kernel wants in fewer than 108 bytes."""
    path = read_text(value, where)
    if not path.startswith("/") or path.endswith("/") or len(path.encode()) > 107:
        raise BadDocument(
            f"{path!r} is not the path of a socket",
            where=where,
            remedy="Write it like unix:/run/gunicorn.sock, in at most 107 bytes.",
        )
    return path


def read_file_path(value: object, where: str) -> str:
    """An absolute path: several facades read the same table, each from a directory of its own."""
    path = read_text(value, where)
    if not path.startswith("/") or path.endswith("/"):
        raise BadDocument(
            f"{path!r} is not the absolute path of a file",
            where=where,
            remedy="Write it like /etc/strangler/ca.pem.",
        )
    return path


def read_server_name(value: object, where: str) -> str:
    """The name that a server's certificate has to carry."""
    name = read_text(value, where).lower()
    if re.fullmatch(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*", name) is None or len(name) > 253:
        raise BadDocument(
            f"{name!r} is not the name of a server", where=where, remedy="Write it like billing.internal."
        )
    return name


def read_method(value: object, where: str) -> str:
    method = read_text(value, where).upper()
    if _TOKEN.fullmatch(method) is None:
        raise BadDocument(
            f"{value!r} is not an HTTP method", where=where, remedy="Write it like GET or POST."
        )
    return method


def read_host(value: object, where: str) -> str:
    """``example.com``, ``*.example.com`` or an address; in small letters, without a port."""
    host = read_text(value, where).lower()
    if re.fullmatch(r"(\*\.)?[a-z0-9._-]+|\[[0-9a-f:.]+\]", host) is None:
        raise BadDocument(
            f"{value!r} is not a host name",
            where=where,
            remedy="Write it like shop.example.com or *.example.com, without a port.",
        )
    return host


def read_identity(value: object, where: str) -> str:
    """``cookie:NAME``, ``header:NAME``, ``claim:NAME``, ``user``, ``tenant`` or ``client``."""
    text = read_text(value, where)
    kind, _, name = text.partition(":")
    if text in ("user", "tenant", "client") or (kind in _NAMED and _TOKEN.fullmatch(name)):
        return text
    raise BadDocument(
        f"{text!r} does not name an identity",
        where=where,
        remedy="Use cookie:NAME, header:NAME, claim:NAME, user, tenant or client.",
    )


def read_rule(value: object, where: str) -> str:
    """A line of an allow or deny list: ``tenant:X``, ``user:X``, ``header:NAME=VALUE``, ``cookie:NAME=VALUE``,
    ``claim:NAME=VALUE``."""
    text = read_text(value, where)
    kind, _, rest = text.partition(":")
    name, equals, wanted = rest.partition("=")
    if (kind in ("tenant", "user") and rest) or (
        kind in _NAMED and equals and wanted and _TOKEN.fullmatch(name)
    ):
        return text
    raise BadDocument(
        f"{text!r} is not a rule",
        where=where,
        remedy="Write tenant:NAME, user:NAME, header:NAME=VALUE, cookie:NAME=VALUE or claim:NAME=VALUE.",
    )


def read_tenant(value: object, where: str) -> str:
    """Where the tenant is read from: ``header:NAME``, ``cookie:NAME``, ``claim:NAME``, ``host``, ``path:N``."""
    text = read_text(value, where)
    kind, _, name = text.partition(":")
    if (
        text == "host"
        or (kind in _NAMED and _TOKEN.fullmatch(name))
        or (kind == "path" and re.fullmatch("[1-9][0-9]?", name))
    ):
        return text
    raise BadDocument(
        f"{text!r} does not say where the tenant is read from",
        where=where,
        remedy="Use header:NAME, cookie:NAME, claim:NAME, host or path:N.",
    )


def read_connections(value: object, where: str) -> int:
    return whole(value, where, 1, 100_000)


def read_hops(value: object, where: str) -> int:
    return whole(value, where, 0, 20)


def read_priority(value: object, where: str) -> int:
    return whole(value, where, -1000, 1000)


def whole(value: object, where: str, low: int, high: int) -> int:
    """A whole number within bounds."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BadDocument(
            f"{value!r} is not a whole number from {low} to {high}", where=where, remedy="Correct it."
        )
    return value


def counted(number: int, noun: str) -> str:
    """A number of things: ``1 route``, ``2 routes``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
