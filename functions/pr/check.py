"""What a check run of the bot reports, and the slot it is reported in: one a commit and name."""

from typing import TYPE_CHECKING, Annotated, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from functions.pr.note import Nonce, Stamp
from writ.ports.forge_words import Conclusion, Level

if TYPE_CHECKING:
    from writ.ports.forge import Annotation, CheckReport

GATES: Final = "writ/gates"
PULL_REQUEST: Final = "writ/pull-request"
# Of one run, over all that it ever reported: the forge keeps each for good.
MOST_REMARKS: Final = 500


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Place(_Value):
    """Where a check is reported: at a commit of a repository, under a name."""

    repository: str
    sha: str
    name: str

    @property
    def key(self) -> str:
        """The same for every spelling: GitHub tells no capital letters apart."""
        return f"{self.repository.lower()}@{self.sha}"


class Remark(_Value):
    """An annotation of the check: at a line of a file."""

    path: str
    line: Annotated[int, Field(ge=1)]
    level: Level
    title: str
    message: str

    def annotation(self) -> "Annotation":
        from writ.ports.forge import Annotation

        return Annotation(self.path, self.line, self.level, self.message, self.title)


class Report(_Value):
    """What a check says. `stamp` orders the reports of a slot; `about` is kept and not shown."""

    conclusion: Conclusion
    title: str
    summary: str
    remarks: tuple[Remark, ...] = ()
    url: str = ""
    stamp: Stamp
    about: dict[str, str] = {}

    def says(self, other: Self | None) -> bool:
        """Whether it reads like another one."""
        return other is not None and self.model_copy(update={"stamp": other.stamp}) == other


class Slot(_Value):
    """The check run of a commit and name, and who may write it now.

    `nonce` is its external id from its birth on: by it a run is found whose answer was never heard. `sent`
    are all annotations that were ever meant for it, in the order in which they are sent: the forge counts
    those it has, and keeps each for good. `holder` alone writes, until its time is over.
    """

    nonce: Nonce
    report: Report
    shown: Stamp | None = None
    run: int | None = None
    sent: tuple[Remark, ...] = ()
    holder: str | None = None
    until: AwareDatetime | None = None

    def to_show(self, report: Report) -> Self:
        """With the later of two reports, and its annotations after those that were sent."""
        later = report if report.stamp >= self.report.stamp else self.report
        known = set(self.sent)
        added = [remark for remark in dict.fromkeys(later.remarks) if remark not in known]
        return self.model_copy(update={"report": later, "sent": (*self.sent, *added)[:MOST_REMARKS]})

    def held(self, holder: str, until: AwareDatetime) -> Self:
        return self.model_copy(update={"holder": holder, "until": until})

    def free(self) -> Self:
        return self.model_copy(update={"holder": None, "until": None})

    def at(self, run: int) -> Self:
        return self.model_copy(update={"run": run, "shown": self.report.stamp})


def as_report(place: Place, slot: Slot, known: int) -> "CheckReport":
    """What to ask of the forge, which has the first `known` annotations already."""
    from writ.ports.forge import CheckReport  # nothing is reported before a start has read its slot

    report, earlier = slot.report, len(slot.sent) - len(slot.report.remarks)
    kept = f"\n\n{earlier} annotations here are of earlier reports of this commit." if earlier > 0 else ""
    return CheckReport(
        name=place.name,
        head_sha=place.sha,
        external_id=slot.nonce,
        conclusion=report.conclusion,
        title=report.title,
        summary=report.summary + kept,
        annotations=tuple(remark.annotation() for remark in slot.sent[known:]),
        url=report.url,
    )
