"""What files were made from, and how: SLSA provenance v1 (https://slsa.dev/spec/v1.0/provenance) as evidence.

Beside what SLSA names the predicate has what every statement of the ledger has; who reads it as SLSA passes
over those fields, as the specification asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from writ.contracts.events.releases import ReleaseFile
from writ.contracts.statement import PREDICATE_BASE, STATEMENT_TYPE, Json, Stamp, rfc3339

PROVENANCE: Final = "https://slsa.dev/provenance/v1"
BUILD_TYPE: Final = f"{PREDICATE_BASE}/release/v1"


@dataclass(frozen=True, slots=True)
class Made:
    """Files, the commit and the tag they were made from, and the run of the build that reported them.

    `source` is where the repository is, `builder` who ran the build as far as the plane knows: a workflow of
    the forge, or a person.
    """

    release: str
    repository: str
    source: str
    package: str | None
    tag: str
    sha: str
    command: Sequence[str]
    workflow: str | None
    builder: str
    run: str | None
    started_at: datetime
    finished_at: datetime
    files: Sequence[ReleaseFile]


def provenance_id(release: str) -> str:
    """Where the provenance of a release is kept: `<release>.provenance`."""
    return f"{release}.provenance"


def provenance(made: Made, stamp: Stamp) -> Json:
    """The statement about these files; it is the only one of its stream."""
    actor, entry = stamp.actor, provenance_id(made.release)
    parameters: dict[str, Any] = {
        "repository": made.repository,
        "tag": made.tag,
        "package": made.package,
        "command": list(made.command),
        "workflow": made.workflow,
    }
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": file.name, "digest": {"sha256": file.sha256}} for file in made.files],
        "predicateType": PROVENANCE,
        "predicate": {
            "entry": entry,
            "actor": {"bot": actor.bot, "version": actor.version, "code": actor.code},
            "stream": entry,
            "prev": None,
            "time": rfc3339(stamp.time),
            "salt": stamp.salt,
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {name: value for name, value in parameters.items() if value},
                "internalParameters": {"release": made.release},
                "resolvedDependencies": [
                    {
                        "uri": f"git+{made.source}@refs/tags/{made.tag}",
                        "digest": {"gitCommit": made.sha},
                    }
                ],
            },
            "runDetails": {
                "builder": {"id": made.builder},
                "metadata": {
                    "invocationId": made.run or made.release,
                    "startedOn": rfc3339(made.started_at),
                    "finishedOn": rfc3339(made.finished_at),
                },
            },
        },
    }
