"""Looks a repository over through the forge and the registries, for the facts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from functions.dependencies.facts import Facts, Known, opened_on
from functions.dependencies.model import Alert, Bump, Line, Member, Overview, Proposal, Seen
from functions.dependencies.verdicts import result_of
from writ.contracts.errors import ContractError, PermanentError
from writ.dependencies.candidates import Circumstances
from writ.dependencies.editing import edited
from writ.dependencies.model import Advisory, Group, Held, Update
from writ.dependencies.reading import LARGEST, wanted
from writ.dependencies.settings import FILE, DependencySettings, read_settings
from writ.dependencies.survey import Survey, look_over
from writ.dependencies.versions import package
from writ.ports.registry import Ecosystem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.dependencies.ports import Forge, Ports
    from writ.ports.forge_changes import TreeFile

_DAY: Final = timedelta(days=1)
# Lines of an overview, of each kind: what is beyond is told from the checkout by `writ bumps plan`.
_LINES: Final = 100


def look(facts: Facts, ports: Ports) -> Facts:
    """The facts of a repository, from what is kept of it. What is wrong with its settings is one as well."""
    repository = facts.repository
    try:
        forge = ports.asked_forge()
        base = forge.default_branch(repository)
        base_sha = forge.head(repository, base) or ""
        files = read_files(repository, base_sha, forge)
        settings = _settings(files)
    except (ContractError, PermanentError) as error:
        return facts.model_copy(update={"problem": f"{error.code}: {error.message}"})
    if settings is None:
        return facts.model_copy(update={"problem": f"it has no {FILE}, or that says enabled: false"})
    facts = facts.model_copy(update={"base": base, "base_sha": base_sha})
    return _surveyed(facts, files, settings, ports)


def read_files(repository: str, sha: str, forge: Forge) -> dict[TreeFile, str]:
    """The files of a commit that name dependencies, and the settings; what is not UTF-8 names none."""
    tree = {file.path: file for file in forge.tree(repository, sha)}
    found: dict[TreeFile, str] = {}
    for path in (*wanted(tree), *(path for path in (FILE,) if path in tree)):
        if tree[path].size > LARGEST:
            continue
        try:
            found[tree[path]] = forge.blob(repository, tree[path].sha).decode()
        except UnicodeDecodeError:
            continue
    return found


def content_of(changed: Mapping[str, str]) -> str:
    """Stands for files as they would be."""
    digest = hashlib.sha256()
    for path, text in sorted(changed.items()):
        digest.update(f"{path}\0{len(text)}\0{text}".encode())
    return digest.hexdigest()


def _settings(files: Mapping[TreeFile, str]) -> DependencySettings | None:
    written = next((text for file, text in files.items() if file.path == FILE), None)
    settings = None if written is None else read_settings(written)
    return settings if settings is not None and settings.enabled else None


def _surveyed(
    facts: Facts,
    files: Mapping[TreeFile, str],
    settings: DependencySettings,
    ports: Ports,
) -> Facts:
    now, texts = ports.clock.now(), {file.path: text for file, text in files.items() if file.path != FILE}
    repository, forge = facts.repository, ports.asked_forge()
    given = Circumstances(
        settings,
        now,
        floor=timedelta(hours=ports.floor_hours()),
        held_back=frozenset(held.key for held in ports.bumps.held(repository)),
        advisories=[_advisory(alert) for alert in ports.bumps.alerts(repository)],
    )
    survey = look_over(texts, ports.registry(repository), given, ports.each)
    bumps = tuple(known.bump for known in facts.bumps)
    base_result = result_of(repository, facts.base_sha, forge)
    return facts.model_copy(
        update={
            "cooldown_hours": int(given.cooldown.total_seconds() // 3600),
            "most_open": settings.limits.open,
            "per_day": settings.limits.per_day,
            "trials": settings.trials,
            "labels": tuple(settings.labels),
            "opened_today": opened_on(now, bumps),
            "proposals": tuple(_proposal(group, texts) for group in survey.groups),
            "bumps": tuple(_known(repository, bump, base_result, forge) for bump in bumps),
            "overview": _overview(repository, survey),
        }
    )


def _proposal(group: Group, texts: Mapping[str, str]) -> Proposal:
    return Proposal(
        group=group.name,
        branch=group.branch,
        members=tuple(_member(update) for update in group.updates),
        security=group.security,
        early=group.early,
        content=content_of(edited(texts, group.updates)),
    )


def _member(update: Update) -> Member:
    return Member.model_validate(
        {
            "ecosystem": update.package.ecosystem.value,
            "name": update.package.name,
            "current": update.current,
            "version": update.release.version,
            "change": update.change.word,
            "published_at": update.release.published_at,
            "advisories": tuple(advisory.id for advisory in update.advisories),
        }
    )


def _known(repository: str, bump: Bump, base_result: object, forge: Forge) -> Known:
    """An open bump with its pull request: the newest of its branch that the bump can be."""
    if not bump.is_proposed or bump.number is None:
        return Known(bump=bump)
    pull = forge.pull_request(repository, bump.number)
    state = "merged" if pull.merged else "open" if pull.state == "open" else "closed"
    result = result_of(repository, pull.head_sha, forge)
    seen = {"state": state, "head_sha": pull.head_sha, "result": result, "base_result": base_result}
    return Known(bump=bump, seen=Seen.model_validate(seen))


def _advisory(alert: Alert) -> Advisory:
    return Advisory(alert.id, package(Ecosystem(alert.ecosystem), alert.name), alert.patched, alert.severity)


def _overview(repository: str, survey: Survey) -> Overview:
    return Overview(
        repository=repository,
        held=tuple(_held(survey.held)),
        withheld=tuple(_lines(survey.withheld)),
        unread=tuple(_lines(survey.unread)),
    )


def _held(held: Sequence[Held]) -> Iterable[Line]:
    for each in held[:_LINES]:
        what = f"{each.package.key} {each.current}>{each.version}" if each.version else each.package.key
        yield Line(what=what[:500], why=each.reason[:500], code=each.code, until=each.until)


def _lines(found: Mapping[str, str]) -> Iterable[Line]:
    for what, why in sorted(found.items())[:_LINES]:
        yield Line(what=what[:500], why=why[:500])
