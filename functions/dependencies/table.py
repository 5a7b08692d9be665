"""Bumps in DynamoDB: one item a group, a held version, an alert, an overview, and a step of a package."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model

from functions.dependencies.model import Alert, Bump, HeldBack, Overview
from writ.adapters import dynamo
from writ.contracts.errors import WritError
from writ.dependencies.score import Earlier

_GROUP, _HELD, _ALERT, _OVERVIEW = "group#", "held#", "alert#", "overview"
# Of each kind: more are none that anybody looks through.
_MOST: Final = 1_000
ModelT = TypeVar("ModelT", bound=BaseModel)


class BumpItem(Model):
    """Something about a repository or a package, as JSON."""

    class Meta:
        table_name = "bumps"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    document = UnicodeAttribute()


class _Step(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    current: str
    version: str
    passed: bool


class BumpTable:
    """See functions.dependencies.ports.Bumps."""

    def __init__(self, table: str) -> None:
        self._item = dynamo.bind(BumpItem, table)

    def all(self, repository: str) -> Sequence[Bump]:
        return self._list(_repository(repository), _GROUP, Bump)

    def get(self, repository: str, group: str) -> Bump | None:
        return self._get(_repository(repository), _GROUP + group, Bump)

    def replace(self, repository: str, before: Bump | None, after: Bump) -> None:
        place = (_repository(repository), _GROUP + after.group)
        unchanged = (
            self._item.pk.does_not_exist()
            if before is None
            else self._item.document == before.model_dump_json()
        )
        dynamo.replace(self._item(*place, document=after.model_dump_json()), unchanged)

    def held(self, repository: str) -> Sequence[HeldBack]:
        return self._list(_repository(repository), _HELD, HeldBack)

    def hold(self, repository: str, held: HeldBack) -> None:
        self._save(_repository(repository), _HELD + held.key, held)

    def alerts(self, repository: str) -> Sequence[Alert]:
        return [alert for alert in self._list(_repository(repository), _ALERT, Alert) if alert.open]

    def note(self, repository: str, alert: Alert) -> None:
        self._save(_repository(repository), _alert(alert), alert)

    def drop(self, repository: str, alert: Alert) -> None:
        # Nothing is deleted but by who erases: it is kept as one that is over.
        self._save(_repository(repository), _alert(alert), alert.model_copy(update={"open": False}))

    def overview(self, repository: str) -> Overview | None:
        return self._get(_repository(repository), _OVERVIEW, Overview)

    def show(self, overview: Overview) -> None:
        self._save(_repository(overview.repository), _OVERVIEW, overview)

    def earlier(self, package: str) -> Sequence[Earlier]:
        found = self._list(f"package#{package}", "", _Step)
        return [Earlier(package, step.current, step.version, step.passed) for step in found]

    def learn(self, repository: str, step: Earlier) -> None:
        key = f"{repository.lower()}#{step.current}>{step.version}"
        kept = _Step(current=step.current, version=step.version, passed=step.passed)
        self._save(f"package#{step.package}", key, kept)

    def _list(self, pk: str, prefix: str, form: type[ModelT]) -> list[ModelT]:
        condition = self._item.sk.startswith(prefix) if prefix else None
        found, _ = dynamo.query(self._item, pk, condition, limit=_MOST, consistent=True)
        return [_read(form, item.document) for item in found]

    def _get(self, pk: str, sk: str, form: type[ModelT]) -> ModelT | None:
        item = dynamo.get(self._item, pk, sk)
        return None if item is None else _read(form, item.document)

    def _save(self, pk: str, sk: str, value: BaseModel) -> None:
        dynamo.save(self._item(pk, sk, document=value.model_dump_json()))


def _repository(name: str) -> str:
    return f"repository#{name.lower()}"


def _alert(alert: Alert) -> str:
    return f"{_ALERT}{alert.ecosystem}/{alert.name}#{alert.id}"


def _read(form: type[ModelT], document: Any) -> ModelT:
    try:
        return form.model_validate_json(document)
    except ValidationError:
        raise WritError("what was kept of a bump does not read", code="dependencies.memory") from None
