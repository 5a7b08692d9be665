"""What the authority answers to a call, and what it says of a refusal."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from functions.authority import handler as entry
from tests.support.sts import ACCOUNT, AUDIENCE, World
from writ.contracts.errors import TransientError

CONTEXT = SimpleNamespace(
    function_name=AUDIENCE,
    invoked_function_arn=f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{AUDIENCE}",
)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(entry, "connect", lambda audience: world.ports if audience == AUDIENCE else None)
    return world


def test_a_certificate_is_the_answer(world: World) -> None:
    answer = entry.handler(world.request(), CONTEXT)
    assert answer["certificate"].startswith("-----BEGIN CERTIFICATE-----")


def test_a_refusal_is_an_answer_with_code_and_field(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    request = world.request(role="writ-test-nobody")
    answer = entry.handler(request, CONTEXT)
    assert answer == {
        "error": {
            "code": "authority.refused",
            "message": "the role belongs to no bot",
            "retryable": False,
            "field": "proof",
        }
    }
    assert request["proof"] not in capsys.readouterr().out  # I9: a proof is as good as a credential


def test_what_may_pass_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_fingerprint: str) -> bytes:
        raise TransientError("reading: ThrottlingException")

    monkeypatch.setattr(world.certificates, "get_root", lambda _generation: away(""))
    assert entry.handler(world.request(), CONTEXT)["error"]["retryable"] is True


def test_root_is_made_for_whoever_asks_and_certifies_nobody(world: World) -> None:
    made = entry.handler({"root": True}, CONTEXT)["certificate"]
    assert made.encode() == world.certificates.root
    assert entry.handler({"root": True}, CONTEXT)["certificate"] == made
    assert world.certificates.certificates == {}
