"""Dependency bumps: when a repository is looked over, what is proposed, and what is held back."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from writ.contracts.event import EventData, event
from writ.contracts.events.fields import Repository
from writ.contracts.events.forge import PullRequestNumber

GroupName = Annotated[str, Field(min_length=1, max_length=80, examples=["pypi-minor"])]
Step = Annotated[str, Field(min_length=1, max_length=512, examples=["pypi/idna 3.6>3.7"])]
Branch = Annotated[str, Field(min_length=1, max_length=255, examples=["writ/dependencies/pypi-minor"])]


@event("dependencies")
class DependenciesDue(EventData):
    """It is time to look over the dependencies of a repository."""

    repository: Repository
    due_at: AwareDatetime


@event("dependencies")
class DependencyBumpProposed(EventData):
    """A pull request proposes these steps, or proposes them from now on.

    `early`: a release whose cooldown is not over is among them, and a person let it in. `trial`: they are a
    part of the group, to find out what makes its checks fail.
    """

    repository: Repository
    group: GroupName
    branch: Branch
    pull_request: PullRequestNumber
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=500, examples=[["pypi/idna 3.6>3.7"]])]
    security: bool = False
    early: bool = False
    trial: bool = False


@event("dependencies")
class DependencyHeldBack(EventData):
    """A version made the checks of its group fail, alone or with `together`; the next version is tried."""

    repository: Repository
    group: GroupName
    step: Step
    together: Annotated[tuple[Step, ...], Field(max_length=500, examples=[[]])] = ()
