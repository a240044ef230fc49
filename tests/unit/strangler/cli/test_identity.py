"""Keys and the view, as a person gets them."""

from __future__ import annotations

from pathlib import Path

import jwt
from fakes.commands import Here

from strangler.monolith import IDENTITY_VIEW
from strangler.policy.assertion import Signer
from strangler.policy.identity import Identity


def test_what_is_no_private_key_has_no_public_one(here: Here, tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text("hunter2")
    answer = here.run("identity", "public", str(file))
    assert answer.code == 2
    assert "not a private key" in answer.err
    assert "hunter2" not in answer.err
    assert here.run("identity", "public", str(tmp_path / "missing")).code == 2


def test_the_view_is_printed_or_written(here: Here, tmp_path: Path) -> None:
    assert here.run("identity", "view", "-o", str(tmp_path / "a.py")).code == 0
    assert (tmp_path / "a.py").read_bytes() == IDENTITY_VIEW.read_bytes()


def test_two_secrets_are_two_and_long_enough(here: Here) -> None:
    one, two = (here.run("identity", "secret").out.strip() for _ in range(2))
    assert one != two
    assert Signer(one.encode()).algorithm == "HS256"


def test_a_service_verifies_with_the_public_key(here: Here, tmp_path: Path) -> None:
    private = here.run("identity", "key").out
    (tmp_path / "key.pem").write_text(private)
    public = here.run("identity", "public", str(tmp_path / "key.pem")).out
    token = Signer(private.encode()).sign(Identity("17", {}, "token"), "g", (), 4e9).decode()
    told = jwt.decode(
        token, public, ["EdDSA"], audience="g", issuer="strangler", options={"verify_iat": False}
    )
    assert told["sub"] == "17"
