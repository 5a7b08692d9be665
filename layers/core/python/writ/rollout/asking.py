"""A rollout as somebody asks for it, checked. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from writ.contracts.errors import ContractError, from_validation
from writ.contracts.events.rollouts import RolloutRequested
from writ.rollout.plan import Group, Plan, Release
from writ.rollout.signals import Watch
from writ.rollout.state import Rollout

_ModelT = TypeVar("_ModelT", bound=BaseModel)

# What the start of a rollout finds out: what is served now, and the number of the rollout.
UNKNOWN = Release(id="unknown", versions={})


def wanted(command: RolloutRequested, now: datetime) -> Rollout:
    """The rollout that a command asks for, without baseline and id. Raises ContractError with the field."""
    group = _read(Group, command.group, "group")
    release = _read(Release, command.release, "release")
    if release.versions.keys() != set(group.functions):
        message = "a release has one version of every function of its group, and no other"
        raise ContractError(message, field="release.versions")
    return Rollout(
        id=f"{group.service}-0",
        group=group,
        baseline=UNKNOWN,
        candidate=release,
        plan=_read(Plan, command.plan or {}, "plan"),
        watch=_read(Watch, command.watch, "watch"),
        driver="canary",
        started_at=now,
        goal_at=now,
        by=command.by,
        by_id=command.by_id,
        repository=command.repository,
        pull_request=command.pull_request,
    )


def _read(model: type[_ModelT], given: Mapping[str, Any], name: str) -> _ModelT:
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        problem = from_validation(error, name)
        field = f"{name}.{problem.field}" if problem.field else name
        raise ContractError(problem.message, code=problem.code, field=field) from None
