"""The configuration that holds what people set, as pure functions of the one before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from writ.contracts.errors import TransientError
from writ.contracts.flags import Flag, Rollout, Setting, feature

Settings = Mapping[str, Setting]

_settings: Final = TypeAdapter(dict[str, Setting])


def parse(text: str) -> dict[str, Setting]:
    """The settings of a configuration. Raises TransientError (`dependency.unreadable`)."""
    try:
        return _settings.validate_json(json.dumps(json.loads(text)["settings"]))
    except (ValueError, KeyError, TypeError, ValidationError):
        message = "what was set for flags cannot be read"
        raise TransientError(message, code="dependency.unreadable") from None


def dump(settings: Settings) -> str:
    """The text of a configuration: the features as Powertools reads them, and what each was made of."""
    document = {
        "features": {
            name: feature(setting.rollout, killed=setting.killed)
            for name, setting in sorted(settings.items())
        },
        "settings": {name: setting.model_dump(mode="json") for name, setting in sorted(settings.items())},
    }
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def rollout_of(flag: Flag, settings: Settings) -> Rollout:
    """Who has the behaviour now: nobody after a kill, else what was set last, else what is declared."""
    setting = settings.get(flag.name)
    if setting is None:
        return flag.rollout
    return Rollout() if setting.killed else setting.rollout


def killed(flag: Flag, settings: Settings) -> bool:
    """Whether a person turned it off for everybody, and nobody set it since."""
    return (setting := settings.get(flag.name)) is not None and setting.killed


def changed(
    flag: Flag, settings: Settings, rollout: Rollout, *, killed: bool, by: str, reason: str, now: datetime
) -> dict[str, Setting]:
    """The settings after one more change. A flag that stays on for everybody has been so since before."""
    full = rollout.full and not killed
    setting = Setting(
        rollout=rollout,
        killed=killed,
        by=by,
        reason=reason,
        since=now,
        full_since=(full_since(flag, settings) or now) if full else None,
    )
    return {**settings, flag.name: setting}


def full_since(flag: Flag, settings: Settings) -> datetime | None:
    """Since when everybody has it; None where somebody has not."""
    setting = settings.get(flag.name)
    if setting is not None:
        return setting.full_since
    return datetime.combine(flag.added, time(), tzinfo=UTC) if flag.rollout.full else None


def view(flag: Flag, settings: Settings, uses: tuple[str, ...]) -> dict[str, Any]:
    """A flag as callers see it: what is declared, what holds now, and who set it."""
    setting, now = settings.get(flag.name), rollout_of(flag, settings)
    return {
        **flag.model_dump(mode="json", exclude={"rollout"}),
        "declared": flag.rollout.model_dump(mode="json"),
        "now": now.model_dump(mode="json"),
        "killed": setting is not None and setting.killed,
        "set": None
        if setting is None
        else setting.model_dump(mode="json", include={"by", "reason", "since"}),
        "used_in": list(uses),
    }
