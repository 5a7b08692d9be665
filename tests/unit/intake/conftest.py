from __future__ import annotations

from datetime import UTC, datetime

import pytest


@pytest.fixture
def instant() -> datetime:
    return datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
