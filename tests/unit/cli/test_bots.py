"""How triggers of every kind are told."""

from __future__ import annotations

import pytest

from cli.operate.bots import trigger_row
from stacks.manifest import load_folders

TRIGGERS = [
    (folder.name, trigger.model_dump(mode="json", exclude_defaults=True))
    for folder in load_folders()
    for trigger in folder.manifest.triggers
]


@pytest.mark.parametrize(
    ("trigger", "row"),
    [
        ({"event": "CheckFailed.v1"}, ("event CheckFailed.v1", "")),
        ({"event": "X.v1", "where": {"label": ["toil", "ops"]}}, ("event X.v1", "label: toil, ops")),
        ({"schedule": "rate(1 hour)"}, ("schedule rate(1 hour)", "")),
        ({"stream": "entries"}, ("stream entries", "")),
        ({"alarms": True}, ("alarms", "")),
        ({"metrics": True}, ("metrics", "")),
    ],
    ids=str,
)
def test_trigger_is_told_by_its_kind_and_name(trigger: dict[str, object], row: tuple[str, str]) -> None:
    assert trigger_row(trigger) == row


@pytest.mark.parametrize(("bot", "trigger"), TRIGGERS, ids=str)
def test_every_trigger_of_every_manifest_can_be_told(bot: str, trigger: dict[str, object]) -> None:
    assert trigger_row(trigger)[0], bot
