"""Previews are shown as the description of the API says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from functions.preview import views
from functions.preview.model import Failure, Goal, Preview, State
from functions.preview.operations import PreviewDetail, PreviewSummary

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
FRESH = Preview(
    id="shop-42-0a1b2c3d",
    repository="acme/shop",
    pull_request=42,
    team="checkout",
    template="web",
    usd_micros_per_hour=10_000,
    goal=Goal(number=1, way="up", commit="a" * 40, reason="labelled", by="ann"),
    state=State.BUILDING,
    opened_at=NOW,
    expires_at=NOW + timedelta(hours=4),
    ends_at=NOW + timedelta(days=3),
    changed_at=NOW,
)
READY = {"state": State.READY, "commit": "a" * 40, "url": "https://shop-42.example", "seeded": "small"}
FAILED = {"state": State.FAILED, "failure": Failure(reason="no such table", resource="Orders")}


@pytest.mark.parametrize("changes", [{}, READY, FAILED], ids=["building", "ready", "failed"])
def test_a_preview_is_shown_as_it_is_described(changes: dict[str, object]) -> None:
    preview = FRESH.model_copy(update=changes)

    assert PreviewSummary.model_validate(views.brief(preview)).state is preview.state
    assert PreviewDetail.model_validate(views.whole(preview)).cost_usd_micros == preview.cost
