"""Finds the folders under functions/ and reads their manifests, at synth and never at run time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml
from pydantic import ValidationError

from stacks.tables import PLANE, STREAMS, WITNESS
from writ.contracts.errors import ContractError, from_validation
from writ.contracts.event import event_types
from writ.contracts.manifest import Manifest
from writ.contracts.service import PARAMETERS

FUNCTIONS: Final = Path(__file__).parent.parent / "functions"

# libyaml reads all manifests in a fraction of the time, where PyYAML was built with it.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class BotFolder:
    """One folder under functions/ with its validated manifest."""

    manifest: Manifest
    path: Path

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def has_worker(self) -> bool:
        """Whether there is a function for triggers, resumed actions or calls from other functions."""
        return (self.path / "handler.py").is_file()

    @property
    def has_api(self) -> bool:
        return bool(self.manifest.routes)

    @property
    def has_queue(self) -> bool:
        """Whether events, ticks or resumed actions reach it."""
        by_queue = any(not (trigger.stream or trigger.metrics) for trigger in self.manifest.triggers)
        return self.has_worker and (by_queue or bool(self.manifest.actions))

    @property
    def functions(self) -> tuple[str, ...]:
        """Names of its functions; each has a role of the same name."""
        worker = (self.name,) if self.has_worker else ()
        return (*worker, f"{self.name}-api") if self.has_api else worker

    @property
    def forwards_metrics(self) -> bool:
        """Whether it does what CloudWatch does: make metrics of log lines."""
        return any(trigger.metrics for trigger in self.manifest.triggers)

    @property
    def signs(self) -> bool:
        """Whether it writes statements, and so asks the authority for certificates."""
        return bool(self.manifest.actions) or "append" in self.manifest.needs.tables.get("entries", ())


def load_folders(folder: Path = FUNCTIONS) -> tuple[BotFolder, ...]:
    """Every folder with a `bot.yaml`, sorted by name.

    Raises ContractError that names the file and the field, for the first manifest that is wrong by
    itself or beside the others.
    """
    folders = tuple(read_folder(path.parent) for path in sorted(folder.glob("*/bot.yaml")))
    for problem in _conflicts(folders):
        raise problem
    return folders


def read_folder(path: Path) -> BotFolder:
    """One folder, its manifest validated."""
    place = f"functions/{path.name}/bot.yaml"
    try:
        text = (path / "bot.yaml").read_text(encoding="utf-8")
        document = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe one
        folder = BotFolder(Manifest.model_validate(document), path)
    except yaml.YAMLError as error:
        raise ContractError(f"{place}: not YAML: {error}", code="manifest.invalid") from None
    except ValidationError as error:
        problem = from_validation(error, place)
        raise ContractError(problem.message, code="manifest.invalid", field=problem.field) from None
    for field, message in _problems(folder):
        raise ContractError(f"{place}: {message}", code="manifest.invalid", field=field)
    return folder


def _problems(folder: BotFolder) -> Iterator[tuple[str, str]]:
    manifest = folder.manifest
    if manifest.name != folder.path.name or "-" in manifest.name:
        yield "name", f"must be the folder's name {folder.path.name!r}, a single word"
    if manifest.triggers and not folder.has_worker:
        yield "triggers", "there is no handler.py to answer them"
    if manifest.routes and not (folder.path / "api.py").is_file():
        yield "routes", "there is no api.py to answer them"
    if not folder.functions:
        yield "triggers", "it has no trigger, no route and no handler.py"
    if manifest.apart and (manifest.actions or manifest.triggers or manifest.emits):
        yield "apart", "what stands apart has no part in the plane's events"
    if manifest.kind == "system" and manifest.actions:
        yield "actions", "only a bot takes actions"


def _conflicts(folders: Sequence[BotFolder]) -> Iterator[ContractError]:
    owners: dict[str, str] = {}
    names = {folder.name for folder in folders}
    for folder in folders:
        place = f"functions/{folder.name}/bot.yaml"
        for field, kind, name in _unknown(folder.manifest):
            yield ContractError(f"{place}: there is no {kind} {name}", code="manifest.unknown", field=field)
        for route in folder.manifest.routes:
            other = owners.setdefault(route.route, folder.name)
            if other != folder.name:
                message = f"{place}: {route.route} belongs to {other} already"
                yield ContractError(message, code="manifest.conflict", field="routes")
        for function in folder.manifest.needs.functions:
            if function not in names:
                message = f"{place}: there is no function {function}"
                yield ContractError(message, code="manifest.unknown", field="needs.functions")


def _unknown(manifest: Manifest) -> Iterator[tuple[str, str, str]]:
    """Names that mean nothing here, each with its field and what it should be."""
    needs, triggers = manifest.needs, manifest.triggers
    state = WITNESS if manifest.apart else PLANE
    used = (
        ("needs.tables", "table", needs.tables, [spec.name for spec in state.tables]),
        ("needs.buckets", "bucket", needs.buckets, state.buckets),
        ("needs.keys", "key", needs.keys, state.keys),
        ("needs.secrets", "secret", needs.secrets, state.secrets),
        ("needs.parameters", "parameter", needs.parameters, () if manifest.apart else PARAMETERS),
        ("triggers.stream", "stream of table", [t.stream for t in triggers if t.stream], STREAMS),
        ("triggers.event", "event type", [t.event for t in triggers if t.event], event_types()),
        ("emits", "event type", manifest.emits, event_types()),
    )
    for field, kind, names, known in used:
        yield from ((field, kind, name) for name in names if name not in known)
