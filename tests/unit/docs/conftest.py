"""The small log of the evidence tests, to try the guide's proof checker on."""

from __future__ import annotations

from tests.unit.evidence.conftest import log

__all__ = ["log"]
