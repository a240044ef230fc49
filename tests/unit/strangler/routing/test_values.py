from __future__ import annotations

import pytest

from strangler.errors import BadDocument
from strangler.routing import values


@pytest.mark.parametrize(
    "value", [-0.01, 100.01, 5.125, "5,5", "5 %", "", "nan", "inf", True, None, [5], "1e999999999"]
)
def test_what_is_no_percentage(value: object) -> None:
    with pytest.raises(BadDocument) as caught:
        values.read_percent(value, "groups.billing.share")
    assert caught.value.where == "groups.billing.share"


@pytest.mark.parametrize("value", ["Billing", "", ".x", "a b", "a/b", "a:b", "ä", "x" * 101, 5, "a\n"])
def test_what_is_no_name(value: object) -> None:
    with pytest.raises(BadDocument):
        values.read_name(value, "name")


@pytest.mark.parametrize(
    "value", ["1", "1d", "-1s", "0s", 0, -1, True, "1 s", "", None, "25h", "9" * 400 + "s", float("nan")]
)
def test_what_is_no_duration(value: object) -> None:
    with pytest.raises(BadDocument):
        values.read_duration(value, "connect_timeout")


@pytest.mark.parametrize(
    "value",
    [
        "127.0.0.1:9001",
        "ftp://x",
        "http://",
        "http://x:99999",
        "http://x:0",
        "http://x/api",
        "http://x?y",
        "http://x#y",
        "http://user:pw@x",
        "http://x y",
        "http://[::1",
        "",
        None,
        "http://x\n",
        "http://169.254.169.254",
        "http://169.254.0.1:80",
        "https://[fe80::1]",
        "http://[::ffff:169.254.169.254]",
        "http://[fd00:ec2::254]",
        "unix:relative.sock",
        "unix:/",
        "unix:/" + "x" * 107,
    ],
)
def test_what_is_no_address_of_a_server(value: object) -> None:
    with pytest.raises(BadDocument):
        values.read_url(value, "url")


@pytest.mark.parametrize("host", ["é..b", "a..b", "a" * 64, ".a"])
def test_what_no_resolver_can_be_asked_for_is_no_address(host: str) -> None:
    with pytest.raises(BadDocument):
        values.read_url(f"http://{host}:80", "url")


@pytest.mark.parametrize("value", ["\u0665", "5\u0665", "1_0"])
def test_digits_of_other_scripts_are_no_percentage(value: str) -> None:
    with pytest.raises(BadDocument):
        values.read_percent(value, "share")
    with pytest.raises(BadDocument):
        values.read_duration(f"{value}s", "timeout")


def test_a_password_in_an_address_is_not_repeated_in_the_remedy() -> None:
    with pytest.raises(BadDocument) as caught:
        values.read_url("http://user:secret@host:1", "url")
    assert "secret" not in caught.value.remedy


@pytest.mark.parametrize(
    "value", ["cookie:", "cookie", "header:", "header:a b", "claim:", "session", "", "tenant:x"]
)
def test_what_names_no_identity(value: str) -> None:
    with pytest.raises(BadDocument):
        values.read_identity(value, "sticky")


@pytest.mark.parametrize(
    "value", ["tenant:", "header:X", "header:X=", "cookie:=y", "user:", "claim:x", "header:a b=c", ""]
)
def test_what_is_no_rule(value: str) -> None:
    with pytest.raises(BadDocument):
        values.read_rule(value, "allow")


@pytest.mark.parametrize("value", ["path:0", "path:x", "path", "host:x", "header:", "", "path:100"])
def test_what_says_nothing_about_tenants(value: str) -> None:
    with pytest.raises(BadDocument):
        values.read_tenant(value, "tenant")


@pytest.mark.parametrize("value", ["example.com:80", "http://x", "*", "*.*.x", "a/b", "", "x y"])
def test_what_is_no_host(value: str) -> None:
    with pytest.raises(BadDocument):
        values.read_host(value, "hosts[0]")


@pytest.mark.parametrize("value", ["GET POST", "", "GÄT", 5])
def test_what_is_no_method(value: object) -> None:
    with pytest.raises(BadDocument):
        values.read_method(value, "methods[0]")


@pytest.mark.parametrize(
    ("value", "percent"), [(0, 0.0), (100, 100.0), ("12.5", 12.5), (0.01, 0.01), (99.99, 99.99)]
)
def test_percentages(value: object, percent: float) -> None:
    assert values.read_percent(value, "share") == percent


@pytest.mark.parametrize(
    ("text", "seconds"), [("250ms", 0.25), ("1s", 1.0), ("1.5s", 1.5), ("5m", 300.0), ("1h", 3600.0)]
)
def test_durations(text: str, seconds: float) -> None:
    assert values.read_duration(text, "t") == seconds
    assert values.read_duration(values.write_duration(seconds), "t") == seconds


@pytest.mark.parametrize("url", ["http://127.0.0.1:9001", "https://billing.internal", "http://[::1]:80"])
def test_addresses(url: str) -> None:
    assert values.read_url(url, "url") == values.read_url(url + "/", "url") == url


def test_hosts_and_methods_are_brought_to_one_form() -> None:
    assert values.read_host("*.Example.COM", "h") == "*.example.com"
    assert values.read_method("get", "m") == "GET"


@pytest.mark.parametrize("value", ["", "0B", "1KB", "1.5MiB", "-1B", "1025GiB", 0, True, None, "\u0665B"])
def test_what_is_no_size(value: object) -> None:
    with pytest.raises(BadDocument):
        values.read_size(value, "limits.body")


@pytest.mark.parametrize(
    ("text", "size"),
    [("1B", 1), ("64KiB", 65_536), ("1023B", 1023), ("1024GiB", 2**40), ("1099511627775B", 2**40 - 1)],
)
def test_sizes(text: str, size: int) -> None:
    assert values.read_size(text, "s") == values.read_size(size, "s") == size
    assert values.write_size(size) == text
