"""The benchmark of the gates looks up what it made, and every component that should be found is."""

from __future__ import annotations

import pytest

from tests.bench import gates


def test_lookup_finds_weaknesses_in_the_mirror_that_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "ADVISORIES", 300)
    monkeypatch.setattr(gates, "COMPONENTS", 40)
    monkeypatch.setattr(gates, "_ROUNDS", 1)
    found = gates.lookup()
    assert (found["advisories"], found["components"]) == (300, 40)
    assert 0 < found["weaknesses"] < 300
    assert found["ratio"] > 0
