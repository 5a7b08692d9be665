"""The trust root in the form of stock clients: written, read back, and refused when it says more or less."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.log_forge import NOW, ORIGIN, Forge
from writ.ledger.errors import VerificationError
from writ.ledger.trust import Retired, TrustRoot
from writ.ledger.trusted_root import client_trust_config, read_trust, trusted_root


@pytest.fixture(scope="module")
def rotated() -> TrustRoot:
    old, new = Forge(), Forge()
    end = NOW + timedelta(milliseconds=1500)
    return replace(
        new.trust,
        retired=Retired(
            ((old.trust.log_key, end),), ((old.trust.ct_key, end),), ((old.root, end), (Forge().root, NOW))
        ),
    )


def test_trust_root_is_read_from_both_of_its_files(rotated: TrustRoot) -> None:
    for trust in (Forge().trust, rotated):
        assert read_trust(json.dumps(client_trust_config(trust)).encode()) == trust
        assert read_trust(trust.encode()) == trust


def test_trust_root_without_retired_keys_is_written_as_before() -> None:
    assert b"retired" not in Forge().trust.encode()


def test_every_key_counts_from_the_beginning_of_the_log(rotated: TrustRoot) -> None:
    root = trusted_root(rotated)
    assert [log["baseUrl"] for log in root["tlogs"]] == ["https://" + ORIGIN] * 2
    starts = {log["publicKey"]["validFor"]["start"] for log in (*root["tlogs"], *root["ctlogs"])}
    assert starts == {rotated.began.isoformat().replace("+00:00", "Z")}
    assert ["end" in log["publicKey"]["validFor"] for log in root["tlogs"]] == [False, True]


def _root(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["trustedRoot"]
    return found


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: d.update(note="x"),
        lambda d: d.update(mediaType="application/json"),
        lambda d: d.pop("signingConfig"),
        lambda d: d["signingConfig"].update(oidcUrls=[]),
        lambda d: _root(d).update(tlogs=[]),
        lambda d: _root(d).update(timestampAuthorities=[{}]),
        lambda d: _root(d)["tlogs"].append(_root(d)["tlogs"][0]),
        lambda d: _root(d)["tlogs"][0]["logId"].update(keyId="AAAA"),
        lambda d: _root(d)["tlogs"][0].update(baseUrl="https://log.elsewhere"),
        lambda d: _root(d)["tlogs"][0]["publicKey"].update(keyDetails="PKIX_ED25519"),
        lambda d: _root(d)["tlogs"][0]["publicKey"].update(rawBytes="AAAA"),
        lambda d: _root(d)["tlogs"][0]["publicKey"]["validFor"].update(end="2030-01-01T00:00:00Z"),
        lambda d: _root(d)["ctlogs"][0]["publicKey"]["validFor"].update(start="2030-01-01T00:00:00Z"),
        lambda d: _root(d)["certificateAuthorities"][0]["certChain"].update(certificates=[]),
        lambda d: _root(d)["certificateAuthorities"][0]["validFor"].update(end="2030-01-01T00:00:00Z"),
        lambda d: _root(d)["certificateAuthorities"][1].update(uri="https://elsewhere.example/"),
    ],
)
def test_configuration_that_says_anything_else_is_refused(
    rotated: TrustRoot, edit: Callable[[dict[str, Any]], object]
) -> None:
    document = client_trust_config(rotated)
    edit(document)
    with pytest.raises(VerificationError, match=r"ledger\.(trust_root|key)"):
        read_trust(json.dumps(document).encode())


@pytest.mark.parametrize("data", [b"", b"\xff", b"[]", b"{}", b'{"mediaType":1}', b"[" * 100_000])
def test_anything_else_raises_one_kind_of_error(data: bytes) -> None:
    with pytest.raises(VerificationError, match=r"ledger\.trust_root"):
        read_trust(data)
