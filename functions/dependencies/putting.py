"""Puts a group on its branch and into its pull request; never into a second one.

What is on the branch is ours as long as its head is the commit that was kept before the branch was moved: an
attempt that died between the two is found again by that. Anything else is somebody else's, and is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from functions.dependencies import saying
from functions.dependencies.looking import read_files
from functions.dependencies.model import Bump, Member, Proposal
from writ.contracts.action import Action
from writ.contracts.errors import ContractError, PermanentError
from writ.dependencies.editing import edited
from writ.dependencies.model import Change, Update
from writ.dependencies.reading import inventory
from writ.dependencies.settings import FILE
from writ.dependencies.versions import ordered, package
from writ.ports.forge import PullRequest
from writ.ports.registry import Ecosystem, Registry
from writ.runtime.effect import Observation

if TYPE_CHECKING:
    from functions.dependencies.ports import Forge, Ports
    from writ.contracts.event import EventData
    from writ.ports.forge_changes import TreeFile

_CHANGES = {change.word: change for change in Change}


def put(action: Action, ports: Ports) -> Observation:
    """Commit, branch and pull request. What the forge refuses for good fails with its `forge.` code."""
    repository, proposal, shown = _asked(action)
    forge = ports.asked_forge()
    before = ports.bumps.get(repository, proposal.group)
    head = forge.head(repository, proposal.branch)
    if head is not None and (before is None or head not in (before.head_sha, before.previous)):
        raise PermanentError("the branch is somebody else's now", code="bump.taken", field="branch")
    base_sha = str(action.parameters["base_sha"])
    files = read_files(repository, base_sha, forge)
    changed = _changed(repository, proposal, shown, files, ports)
    story = saying.story(repository, proposal, shown, action, ports)
    message = f"{saying.title(story)}\n\nSteps: {', '.join(shown)}"
    sha = forge.commit(repository, base_sha, changed, message)
    bump = _bump(action, before, ports.clock.now()).model_copy(
        update={"head_sha": sha, "previous": head or ""}
    )
    ports.bumps.replace(repository, before, bump)
    forge.point(repository, proposal.branch, sha, new=head is None)
    pull = _pull(repository, bump, saying.title(story), f"{saying.body(story)}\n{_mark(bump)}\n", forge)
    if labels := [str(label) for label in _list(action, "labels")]:
        forge.label(repository, pull.number, labels)
    ports.bumps.replace(repository, bump, bump.model_copy(update={"number": pull.number}))
    return _seen(bump, pull)


def observe(action: Action, ports: Ports) -> Observation | None:
    """The pull request, if this very set is on its branch."""
    repository, proposal, shown = _asked(action)
    bump = ports.bumps.get(repository, proposal.group)
    asked = (proposal.content, proposal.ids, shown)
    if bump is None or (bump.content, bump.ids, bump.shown) != asked:
        return None
    forge = ports.asked_forge()
    if forge.head(repository, bump.branch) != bump.head_sha:
        return None
    pull = _open(repository, bump.branch, forge)
    if pull is None or pull.head_sha != bump.head_sha or _mark(bump) not in pull.body:
        return None
    if set(_list(action, "labels")) - set(pull.labels):
        return None
    ports_bump = bump.model_copy(update={"number": pull.number, "state": "open"})
    if ports_bump != bump:
        ports.bumps.replace(repository, bump, ports_bump)
    return _seen(bump, pull)


def announce(action: Action, observed: Observation) -> Sequence[EventData]:
    """What is proposed from now on."""
    from writ.contracts.events.dependencies import DependencyBumpProposed

    repository, proposal, shown = _asked(action)
    return [
        DependencyBumpProposed(
            repository=repository,
            group=proposal.group,
            branch=proposal.branch,
            pull_request=int(str(observed["pull_request"])),
            steps=shown,
            security=proposal.security,
            early=proposal.early,
            trial=len(shown) < len(proposal.members),
        )
    ]


def _changed(
    repository: str,
    proposal: Proposal,
    shown: Sequence[str],
    files: Mapping[TreeFile, str],
    ports: Ports,
) -> dict[TreeFile, str]:
    """The files of the base with the steps taken, from what the registries say now."""
    texts = {file.path: text for file, text in files.items() if file.path != FILE}
    stock, registry = inventory(texts), ports.registry(repository)
    updates = []
    for member in proposal.members:
        if member.id in shown:
            update = _update(member, registry)
            uses = tuple(use for use in stock.uses if use.package == update.package)
            updates.append(replace(update, uses=uses))
    try:
        changed = edited(texts, updates)
    except ContractError as error:
        raise PermanentError(error.message, code=error.code, field=error.field) from None
    at = {file.path: file for file in files}
    return {at[path]: text for path, text in changed.items()}


def _update(member: Member, registry: Registry) -> Update:
    """The step as the registry has it now: the release may have been taken back since it was planned."""
    key = package(Ecosystem(member.ecosystem), member.name)
    wanted = ordered(key.ecosystem, member.version)
    releases = [
        each for each in registry.listing(key).releases if ordered(key.ecosystem, each.version) == wanted
    ]
    found = next((each for each in releases if each.version == member.version), None)
    if found is None or found.yanked:
        raise PermanentError(f"{member.package} {member.version} was taken back", code="bump.gone")
    if found.published_at is None or found.published_at > member.published_at:
        # A file that came later is younger than what policy was told.
        raise PermanentError(f"{member.package} {member.version} has changed since", code="bump.changed")
    return Update(key, member.current, found, _CHANGES[member.change], ())


def _bump(action: Action, before: Bump | None, now: datetime) -> Bump:
    """What is kept before the branch moves. Results stay as long as they are of the same steps and files."""
    _, proposal, shown = _asked(action)
    kept = before if before is not None and before.state == "open" else None
    comparable = kept is not None and (kept.ids, kept.content) == (proposal.ids, proposal.content)
    return Bump(
        group=proposal.group,
        branch=proposal.branch,
        base=str(action.parameters["base"]),
        members=proposal.members,
        shown=shown,
        head_sha="",
        base_sha=str(action.parameters["base_sha"]),
        content=proposal.content,
        opened_at=kept.opened_at if kept else now,
        number=kept.number if kept else None,
        early=proposal.early,
        security=proposal.security,
        trials=kept.trials if kept and comparable else (),
        declined=before.declined if before else (),
    )


def _pull(repository: str, bump: Bump, title: str, body: str, forge: Forge) -> PullRequest:
    found = _open(repository, bump.branch, forge)
    if found is None:
        return forge.propose(repository, branch=bump.branch, base=bump.base, title=title, body=body)
    return forge.revise(repository, found.number, title=title, body=body)


def _mark(bump: Bump) -> str:
    """Stands in the text of a pull request, so that it is known to be of this commit."""
    return f"<!-- writ:bump {bump.head_sha} -->"


def _open(repository: str, branch: str, forge: Forge) -> PullRequest | None:
    return next((pull for pull in forge.proposals(repository, branch) if pull.state == "open"), None)


def _asked(action: Action) -> tuple[str, Proposal, tuple[str, ...]]:
    proposal = Proposal.model_validate(action.parameters["proposal"])
    return str(action.parameters["repository"]), proposal, tuple(str(id) for id in _list(action, "shown"))


def _list(action: Action, name: str) -> list[Any]:
    value = action.parameters[name]
    return value if isinstance(value, list) else []


def _seen(bump: Bump, pull: PullRequest) -> Observation:
    return {
        "group": bump.group,
        "pull_request": pull.number,
        "url": pull.url,
        "head_sha": bump.head_sha,
        "steps": list(bump.shown),
    }
