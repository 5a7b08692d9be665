"""A policy that sends everything to a person."""

from __future__ import annotations

import pytest

from tests.support.memory import START
from writ.contracts.action import Decision, Reason, Verdict
from writ.runtime.judge import Judge

LOW = Reason(code="budget_low", message="little error budget is left")


def review_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on a person decides, for little error budget is left."""
    decided = Decision(verdict=Verdict.REVIEW, reasons=(LOW,), bundle_digest="0" * 64, decided_at=START)
    monkeypatch.setattr(Judge, "decide", lambda *_args, **_options: decided)
