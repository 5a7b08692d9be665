"""The plane of the e2e tests."""

from __future__ import annotations

from tests.e2e.conftest import operator, plane, world

__all__ = ["operator", "plane", "world"]
