"""A pull request as it was read, what policy says of it, and what was last said there."""

from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from functions.pr.check import Report
from functions.pr.note import Note, Pull
from writ.pulls.answers import Checked, Merging


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class CheckState(_Value):
    """How a check of the head stands: passed, skipped, pending, failed or missing."""

    name: str
    state: str


class PullFacts(_Value):
    """All of it is of one head; of a pull request that is not open there is nothing more than that.

    Parameters
    ----------
    subject
        What is known of the pull request itself: the input of its policy.
    gates
        The verdict of gates on this head by the policies of now, None where there is none.
    shown, said
        What the check run and the section of the comment say.
    waiting
        Whether it is kept as one that waits to be merged.
    """

    pull: Pull
    open: bool
    read_at: AwareDatetime
    head: str = ""
    title: str = ""
    subject: dict[str, Any] = {}
    checked: Checked | None = None
    merging: Merging | None = None
    gates: str | None = None
    required: tuple[CheckState, ...] = ()
    others: tuple[CheckState, ...] = ()
    labels: tuple[str, ...] = ()
    method: str = "squash"
    policies: str = ""
    shown: Report | None = None
    said: Note | None = None
    waiting: bool = False
