"""What a pull request of the bot says, out of what is known of its members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from functions.dependencies.model import Member, Proposal, hours
from writ.contracts.action import Action
from writ.contracts.errors import WritError
from writ.dependencies import body as words
from writ.dependencies.body import Row, Story
from writ.dependencies.score import score
from writ.dependencies.versions import is_prerelease, ordered, package
from writ.ports.registry import Ecosystem

if TYPE_CHECKING:
    from functions.dependencies.ports import Ports
    from writ.ports.forge_changes import PublishedRelease
    from writ.ports.registry import Registry

title: Final = words.title
body: Final = words.body
# Of one pull request: notes of more packages are left out, each is two requests to the forge.
_NOTED: Final = 12


def story(repository: str, proposal: Proposal, shown: Sequence[str], action: Action, ports: Ports) -> Story:
    """The story of the steps that are shown."""
    members = [member for member in proposal.members if member.id in shown]
    held = {
        each.step: _beside(each.together)
        for each in ports.bumps.held(repository)
        if each.group == proposal.group
    }
    registry = ports.registry(repository)
    part = f"these are {len(members)} of {len(proposal.members)} steps of the group, so that its checks tell"
    return Story(
        group=proposal.group,
        rows=[
            _row(repository, member, registry if n < _NOTED else None, ports)
            for n, member in enumerate(members)
        ],
        cooldown_days=int(str(action.parameters["cooldown_hours"])) // 24,
        early=proposal.early,
        trying=part if len(members) < len(proposal.members) else "",
        held=held,
    )


def _beside(together: Sequence[str]) -> str:
    return f"its checks fail together with {', '.join(together)}" if together else "its checks fail"


def _row(repository: str, member: Member, registry: Registry | None, ports: Ports) -> Row:
    counted = score(member.package, member.current, member.version, ports.bumps.earlier(member.package))
    source = _source(member, registry) if registry is not None else None
    return Row(
        package=member.name,
        current=member.current,
        version=member.version,
        change=member.change,
        age_hours=hours(member.published_at, ports.clock.now()),
        score=counted.text,
        advisories=member.advisories,
        source=source,
        notes=tuple(_notes(repository, member, source, ports)) if source else (),
    )


def _source(member: Member, registry: Registry) -> str | None:
    """Where its code lies; a description is no reason to fail, and neither is the lack of one."""
    try:
        key = package(Ecosystem(member.ecosystem), member.name)
        return registry.source(key, member.version)
    except WritError:
        return None


def _notes(repository: str, member: Member, source: str, ports: Ports) -> Sequence[tuple[str, str]]:
    """The notes of the releases after the current version up to the new one, the newest first."""
    try:
        found = ports.notes(repository).releases(source)
    except WritError:
        return ()
    ecosystem = Ecosystem(member.ecosystem)
    low, high = ordered(ecosystem, member.current), ordered(ecosystem, member.version)
    between = [(key, each) for each in found if (key := _version(ecosystem, member, each)) is not None]
    chosen = [
        (key, each) for key, each in between if low is not None and high is not None and low < key <= high
    ]
    return [(each.tag, each.body) for _, each in sorted(chosen, key=lambda pair: pair[0], reverse=True)]


def _version(ecosystem: Ecosystem, member: Member, release: PublishedRelease) -> Any:
    """The version that a tag names: `v1.2.3`, `1.2.3`, `name-1.2.3`, `name@1.2.3`."""
    tag = release.tag
    for lead in (f"{member.name}@", f"{member.name}-v", f"{member.name}-", "release-", "v"):
        if tag.startswith(lead):
            tag = tag[len(lead) :]
            break
    tag = tag.removeprefix("v") if ecosystem is not Ecosystem.ACTIONS else tag
    return None if is_prerelease(ecosystem, tag) else ordered(ecosystem, tag)
