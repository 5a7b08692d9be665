"""A release as a value: what is being released, how far it has come, and what each step left behind."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue

from writ.contracts.events.releases import ReleaseFile
from writ.release.build import BuildSettings

_KEPT: Final = 24  # traces: more than a release has steps


class Value(BaseModel):
    """Immutable, and refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Stage(StrEnum):
    """The steps of a release, in their order."""

    PLAN = "plan"
    GATES = "gates"
    APPROVAL = "approval"
    TAG = "tag"
    DRAFT = "draft"
    BUILD = "build"
    BOM = "bom"
    SIGN = "sign"
    PUBLISH = "publish"
    ANNOUNCE = "announce"


ORDER: Final = tuple(Stage)


class Ending(StrEnum):
    """How a release ended; one that failed can be taken up again."""

    PUBLISHED = "published"
    NOTHING = "nothing"
    FAILED = "failed"
    ABORTED = "aborted"


class Planned(Value):
    """What is to be released. `bump` is the risk that policy goes by; `boms` are lock files, if named."""

    version: str
    tag: str
    previous: str | None = None
    bump: Literal["patch", "minor", "major"]
    prerelease: bool
    why: str
    notes: str
    pulls: tuple[int, ...] = ()
    build: BuildSettings | None = None
    boms: tuple[str, ...] = ()


class Passed(Value):
    """The result of the gates by which it may be released."""

    report: str
    bundle: str
    at: AwareDatetime


class Build(Value):
    """What a build reported; `accepted` once all of it has arrived."""

    status: Literal["succeeded", "failed"]
    files: tuple[ReleaseFile, ...] = ()
    run: int | None = None
    message: str = ""
    by: str = ""
    at: AwareDatetime
    accepted: bool = False


class Problem(Value):
    """Why it failed."""

    code: str
    message: str


class Told(Value):
    """What an action left behind, for the attempt that comes after it died."""

    action: str
    observed: dict[str, JsonValue]


class Record(Value):
    """A release. `version` grows with every write, `run` with every attempt of its flow.

    `tries` counts how often it was taken up again: an action that failed is not the one that follows.
    `draft` is the number of its page at the forge and `page` where that is for those who may see a draft,
    `url` where it is once everybody may. `fence`: from then on it is published and not aborted, or the other
    way round, whoever else was about to do what.
    """

    id: str
    repository: str
    package: str | None = None
    sha: str
    line: Literal["alpha", "beta", "rc"] | None = None
    at_least: Literal["patch", "minor", "major"] | None = None
    pushed: bool = False
    by: str = ""
    by_id: str = ""
    started_at: AwareDatetime
    version: int = 1
    run: int = 1
    tries: int = 0
    stage_at: AwareDatetime
    planned: Planned | None = None
    gate: Passed | None = None
    approved: bool = False
    tagged: bool = False
    draft: int | None = None
    page: str | None = None
    build_asked: bool = False
    fence: Literal["publish", "abort"] | None = None
    build: Build | None = None
    bom: ReleaseFile | None = None
    provenance: str | None = None
    url: str | None = None
    final: Ending | None = None
    ended_at: AwareDatetime | None = None
    problem: Problem | None = None
    told: tuple[Told, ...] = ()

    @property
    def stage(self) -> Stage:
        """The first step that is not done; the last one of a release that is published."""
        done = {
            Stage.PLAN: self.planned is not None,
            Stage.GATES: self.gate is not None,
            Stage.APPROVAL: self.approved,
            Stage.TAG: self.tagged,
            Stage.DRAFT: self.draft is not None,
            Stage.BUILD: self.built,
            Stage.BOM: self.bom is not None,
            Stage.SIGN: self.provenance is not None,
            Stage.PUBLISH: self.url is not None,
        }
        return next((stage for stage in ORDER if not done.get(stage, False)), Stage.ANNOUNCE)

    @property
    def built(self) -> bool:
        """Whether everything is there that a build has to make, which may be nothing."""
        nothing = self.planned is not None and self.planned.build is None
        return nothing or (self.build is not None and self.build.accepted)

    @property
    def files(self) -> tuple[ReleaseFile, ...]:
        """What was built."""
        return self.build.files if self.build is not None and self.build.accepted else ()

    @property
    def name(self) -> str:
        """What it is called among others: the package, or the repository's own name."""
        return (self.package or self.repository.partition("/")[2]).replace("/", "-").lstrip("@")

    def past(self, stage: Stage) -> bool:
        """Whether a step is done."""
        return ORDER.index(self.stage) > ORDER.index(stage) or self.final is Ending.PUBLISHED

    def after(self, action: str, observed: Mapping[str, JsonValue], **changes: Any) -> Self:
        """The record as it is written next, with what an action left behind."""
        trace = Told(action=action, observed=dict(observed))
        told = (*self.told, trace)[-_KEPT:]
        return self.model_copy(update={**changes, "told": told, "version": self.version + 1})

    def said(self, action: str) -> Mapping[str, JsonValue] | None:
        """What an action left behind, if it came so far."""
        return next((trace.observed for trace in reversed(self.told) if trace.action == action), None)
