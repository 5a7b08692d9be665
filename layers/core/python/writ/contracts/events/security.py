"""Security alerts and advisories of GitHub."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from writ.contracts.event import event
from writ.contracts.events.fields import (
    GitHubData,
    Name,
    Number,
    RepositoryData,
    Title,
    Url,
    Word,
)

GhsaId = Annotated[str, Field(pattern=r"^GHSA(-[0-9a-z]{4}){3}$", examples=["GHSA-35jh-r3h4-6jhm"])]
CveId = Annotated[str, Field(pattern=r"^CVE-[0-9]{4}-[0-9]{4,19}$", examples=["CVE-2030-12345"])]


class SecurityAlert(RepositoryData):
    """`summary` describes the rule or the advisory; what was found stays out of the event.

    `patched` is the first version of a package without what was found.
    """

    kind: Literal["dependency", "code", "secret"]
    number: Number | None = None
    rule: Annotated[str, Field(min_length=1, max_length=256, examples=["GHSA-35jh-r3h4-6jhm"])]
    state: Word | None = None
    severity: Word | None = None
    summary: Title | None = None
    package: Name | None = None
    ecosystem: Word | None = None
    patched: Word | None = None
    url: Url | None = None


@event("github")
class SecurityAlertRaised(SecurityAlert):
    """Created, or opened again."""


@event("github")
class SecurityAlertResolved(SecurityAlert):
    """Fixed, dismissed or closed; `reason` says why where GitHub does."""

    reason: Word | None = None


@event("github")
class SecurityAlertChanged(SecurityAlert):
    """Anything but raised or resolved; `action` says what."""


class SecurityAdvisory(GitHubData):
    ghsa_id: GhsaId
    cve_id: CveId | None = None
    severity: Word | None = None
    summary: Title
    packages: Annotated[tuple[Name, ...], Field(max_length=100, examples=[["pip:requests"]])] = ()
    published_at: AwareDatetime | None = None


@event("github")
class SecurityAdvisoryPublished(SecurityAdvisory):
    """Published or updated; `action` says which."""


@event("github")
class SecurityAdvisoryWithdrawn(SecurityAdvisory):
    """No longer holds."""
