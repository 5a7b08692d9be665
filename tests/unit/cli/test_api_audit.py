"""`writ ledger audit`, `verify` and `copy` over the REST API, by who has a token and nothing else."""

from __future__ import annotations

import json
import logging
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from cli.ledger import api_copy
from cli.login import TOKEN_VARIABLE
from cli.output import CommandError
from cli.patience import PatientTransport
from cli.plane import Plane
from functions.evidence import api as routes
from tests.support.api_plane import BASE, TOKEN, RoutedTransport
from tests.support.log_forge import NOW, an_action, an_intent, an_outcome, stamp
from tests.unit.evidence.conftest import Log
from writ.ledger.logcopy import TRUST_ROOT
from writ.runtime import telemetry

ENTRIES = 6


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    """Three actions, an hour apart, and what is anchored of them."""
    log = Log()
    monkeypatch.setattr(routes, "connect", lambda: log.ports)
    for number in range(ENTRIES // 2):
        act(log, number)
    return log


def act(log: Log, number: int) -> None:
    """Intent and outcome."""
    log.clock.instant = NOW + timedelta(hours=number)
    action = an_action(number)
    made = [stamp(time=log.clock.instant, seed=f"{number}{phase}") for phase in "io"]
    log.tell(an_outcome(action, log.tell(an_intent(action, stamped=made[0])), made[1]))


@pytest.fixture
def network(log: Log, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> RoutedTransport:
    transport = RoutedTransport(routes.api)
    # A function's own lines do not belong into what a command prints.
    monkeypatch.setattr(logging.getLogger("evidence"), "disabled", True)
    monkeypatch.setattr(telemetry, "emit", lambda *_: None)
    monkeypatch.setattr(httpx, "HTTPTransport", lambda **_: transport)
    monkeypatch.setattr(api_copy, "COPIES", tmp_path / "audits")
    monkeypatch.setattr(
        api_copy, "PatientTransport", lambda inner: PatientTransport(inner, sleep=lambda _: None)
    )
    monkeypatch.setattr("cli.ledger.commands.datetime", _Frozen)
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    return transport


class _Frozen:
    """The clock of whoever audits, some hours after the last statement."""

    @staticmethod
    def now(_zone: Any) -> Any:
        return NOW + timedelta(hours=ENTRIES + 3)


def ledger(tmp_path: Path, *words: str, **variables: str) -> Result:
    environment = {"COLUMNS": "200", "WRIT_SEEN": str(tmp_path / "seen.json"), **variables}
    return CliRunner().invoke(app, ["ledger", *words], env=environment)


def audit(tmp_path: Path, *words: str) -> dict[str, Any]:
    result = ledger(
        tmp_path, "audit", BASE, "--jobs", "1", "--json", "--state", str(tmp_path / "a.db"), *words
    )
    found: dict[str, Any] = json.loads(result.stdout or "{}")
    return {**found, "exit": result.exit_code}


def codes(found: dict[str, Any]) -> dict[int | None, set[str]]:
    named: dict[int | None, set[str]] = {}
    for finding in found["findings"]:
        if finding["severity"] == "fault":
            named.setdefault(finding["index"], set()).add(finding["code"])
    return named


def test_audit_over_the_api_checks_what_one_of_a_copy_checks(
    log: Log, network: RoutedTransport, tmp_path: Path
) -> None:
    found = audit(tmp_path)
    assert (found["ok"], found["size"], found["statements"]) == (True, ENTRIES, ENTRIES)
    assert (found["copy"], found["signatures"], found["open"]) == (BASE, "verified", 0)
    assert found["certificates"]["issued"] == len(log.certificates.certificates)
    assert ledger(tmp_path, "copy", str(tmp_path / "copy"), "--api", BASE, "--packed").exit_code == 0
    assert len(list((tmp_path / "copy" / "checkpoints").iterdir())) == ENTRIES
    again = ledger(tmp_path, "verify", str(tmp_path / "copy"), "--json")
    assert {**json.loads(again.stdout), "copy": BASE, "exit": 0} == found


def test_verify_takes_an_api_too_and_leaves_nothing_behind(network: RoutedTransport, tmp_path: Path) -> None:
    assert ledger(tmp_path, "verify", f"{BASE}/").exit_code == 0
    assert [path.suffix for path in (tmp_path / "audits").iterdir()] == [".lock"]


@pytest.mark.parametrize("place", ["tile/entries/000.p/6", "tile/0/000.p/6"])
def test_flipped_byte_of_a_tile_is_named(
    log: Log, network: RoutedTransport, tmp_path: Path, place: str
) -> None:
    data = bytearray(log.files.files[place])
    data[100] ^= 1
    log.files.files[place] = bytes(data)
    found = audit(tmp_path)
    assert found["exit"] == 1
    assert codes(found)


def test_statement_that_is_gone_is_missed_at_its_leaf(
    log: Log, network: RoutedTransport, tmp_path: Path
) -> None:
    names = list(log.entries.entries)
    del log.entries.entries[names[3]]
    assert "statement.missing" in codes(audit(tmp_path))[3]


def test_certificate_the_authority_never_issued_is_named(
    log: Log, network: RoutedTransport, tmp_path: Path
) -> None:
    log.certificates.certificates.pop(log.entries.entries[next(iter(log.entries.entries))].certificate)
    assert codes(audit(tmp_path)) == {0: {"certificate.unissued"}}


def test_anchored_head_of_another_history_is_found(
    log: Log, network: RoutedTransport, tmp_path: Path
) -> None:
    log.anchors.copies[(3, b"\x00" * 32)] = log.forge.note(3, b"\x00" * 32)
    assert codes(audit(tmp_path))


def test_busy_api_is_asked_again(network: RoutedTransport, tmp_path: Path) -> None:
    tries: Counter[str] = Counter()

    def busy(asked: httpx.Request) -> httpx.Response | None:
        tries[str(asked.url)] += 1
        statuses = (429, 503, 500)
        seen = tries[str(asked.url)]
        return httpx.Response(statuses[seen - 1], headers={"Retry-After": "1"}) if seen <= 3 else None

    network.fault = busy
    assert audit(tmp_path)["ok"]
    assert set(tries.values()) == {4}


def test_audit_that_is_stopped_goes_on_with_what_it_lacks_and_with_its_head(
    log: Log, network: RoutedTransport, tmp_path: Path
) -> None:
    hour = f"{NOW + timedelta(hours=1):%Y-%m-%dT%H}"

    def away(asked: httpx.Request) -> httpx.Response | None:
        if asked.url.params.get("hour") == hour:
            raise httpx.ConnectError("gone", request=asked)
        return None

    network.fault = away
    assert audit(tmp_path)["exit"] == 1
    before = set(network.asked)
    act(log, ENTRIES)
    network.fault, network.asked = (lambda _request: None), []
    found = audit(tmp_path)
    assert (found["ok"], found["size"]) == (True, ENTRIES)
    again = before & set(network.asked)
    assert all(hour in target or "witness-policy" in target for target in again)
    assert audit(tmp_path)["size"] == ENTRIES + 2


def test_fresh_begins_anew(log: Log, network: RoutedTransport, tmp_path: Path) -> None:
    network.fault = lambda asked: httpx.Response(500) if "statements" in str(asked.url) else None
    assert audit(tmp_path)["exit"] == 1
    act(log, ENTRIES)
    network.fault = lambda _request: None
    assert audit(tmp_path, "--fresh")["size"] == ENTRIES + 2


def test_what_an_api_says_is_not_believed_in_its_form(network: RoutedTransport, tmp_path: Path) -> None:
    bad: list[Any] = [
        [],
        {"items": {}},
        {"items": [1]},
        {"items": [{"index": "0", "entry": "e", "envelope": "{}"}]},
        {"items": [{"index": 0, "entry": "../../x", "envelope": "{}"}]},
        {"items": [], "next": {}},
    ]
    for body in bad:
        network.fault = lambda asked, body=body: (  # type: ignore[misc]
            httpx.Response(200, json=body) if "statements" in str(asked.url) else None
        )
        assert audit(tmp_path, "--fresh")["exit"] == 1
    network.fault = lambda asked: (
        httpx.Response(200, json={"items": [], "next": "x"}) if "certificates" in str(asked.url) else None
    )
    assert audit(tmp_path, "--fresh")["exit"] == 1


def test_trust_root_from_elsewhere_is_what_the_log_is_held_against(
    log: Log, network: RoutedTransport, tmp_path: Path
) -> None:
    (tmp_path / "trust.json").write_bytes(log.files.files[TRUST_ROOT])
    assert audit(tmp_path, "--trust", str(tmp_path / "trust.json"))["ok"]
    (tmp_path / "trust.json").write_bytes(Log().files.files[TRUST_ROOT])
    assert audit(tmp_path, "--trust", str(tmp_path / "trust.json"))["exit"] == 1


@pytest.mark.parametrize(
    "address", ["http://api.writ.example", "https://", "https://me@api.writ.example", f"{BASE}?x"]
)
def test_token_goes_to_no_address_that_is_not_a_plain_https_one(
    network: RoutedTransport, tmp_path: Path, address: str
) -> None:
    assert ledger(tmp_path, "audit", address).exit_code == 2
    assert network.asked == []


def test_plane_s_own_token_goes_to_its_own_api_only(
    network: RoutedTransport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE)

    def absent() -> Plane:
        raise CommandError("no control plane is known here", code="plane.absent")

    monkeypatch.setattr(Plane, "load", absent)
    result = ledger(tmp_path, "audit", BASE)
    assert result.exit_code == 2
    assert network.asked == []


def test_refused_token_is_said_to_be_refused(
    network: RoutedTransport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "another")
    assert "401" in ledger(tmp_path, "audit", BASE).stderr
