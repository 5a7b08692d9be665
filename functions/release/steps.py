"""The action that a step of a release calls for, what it waits for, and when it has waited too long. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from functions.release.facts import Facts
from writ.contracts.action import ASKED_BY, Action, Target
from writ.contracts.errors import ConflictError, PermanentError
from writ.release.record import Record, Stage

if TYPE_CHECKING:
    from writ.release.plan import Plan
    from writ.release.settings import ReleaseSettings

BOT: Final = "release"
# Until the gates have to have said something of the commit.
GATES_WAIT: Final = timedelta(hours=2)
_NOTES: Final = 30_000  # characters
_PULLS: Final = 50
_SIMPLE: Final = {
    Stage.TAG: ("tag-release", "its tag is made at {sha}"),
    Stage.DRAFT: ("draft-release", "its page is made"),
    Stage.BOM: ("compose-bom", "what is in it is written down"),
    Stage.SIGN: ("sign-release", "what its files were made from is stated"),
    Stage.PUBLISH: ("publish-release", "its files and its page are for everybody"),
    Stage.ANNOUNCE: ("announce-release", "it is said that it can be had"),
}


def next_actions(record: Record, stage: Stage, facts: Facts, now: datetime) -> list[Action]:
    """What a step that is not done calls for; nothing while it waits.

    Raises PermanentError for one that cannot be done, ConflictError for one whose turn it is not.
    """
    if record.stage is not stage:
        raise ConflictError(f"it is at {record.stage}, not at {stage}", code="release.out_of_order")
    match stage:
        case Stage.PLAN:
            return [_plan(record, facts)]
        case Stage.GATES:
            return _gates(record, facts, now)
        case Stage.APPROVAL:
            return [_approval(record)]
        case Stage.BUILD:
            return _build(record, facts, now)
        case Stage.PUBLISH if not facts.proven:
            return []
        case _:
            name, what = _SIMPLE[stage]
            return [_step(record, name, what.format(sha=record.sha[:7]))]


def waits_for(record: Record, facts: Facts) -> str:
    """What a release waits for, in words; empty where it does not."""
    match record.stage:
        case Stage.GATES:
            return _unknown(facts) or ""
        case Stage.BUILD if record.build is None:
            return "a build has to report what it made"
        case Stage.BUILD if not facts.arrived:
            return "files that were reported have not arrived"
        case Stage.PUBLISH if not facts.proven:
            return "the log does not cover the provenance yet"
        case _:
            return ""


def failing(record: Record, code: str, message: str) -> Action:
    """The end of a release whose step did not succeed."""
    reason = f"{record.stage} ended as {code}: {message}"
    return _step(record, "fail-release", reason, code=code, message=message)


def _plan(record: Record, facts: Facts) -> Action:
    settings, past = facts.settings, facts.past
    if settings is None or past is None:
        raise PermanentError("its history was not read", code="release.unread")
    from writ.release.plan import earlier, plan_release
    from writ.release.versions import Bump

    made = plan_release(
        [commit.change() for commit in past.commits],
        earlier(past.reached, settings.pattern, record.package),
        settings.effective,
        settings.pattern,
        package=record.package,
        line=record.line,
        at_least=Bump[record.at_least.upper()] if record.at_least else Bump.NONE,
        fresh=past.fresh,
        taken=past.taken,
    )
    if made.version is None or made.tag is None:
        return _step(record, "skip-release", made.why)
    planned = _planned(made, settings, record)
    return _step(record, "plan-release", f"{planned['tag']}: {made.why}", planned=planned)


def _planned(made: Plan, settings: ReleaseSettings, record: Record) -> dict[str, Any]:
    from writ.release.links import Links
    from writ.release.notes import entries, release_notes
    from writ.release.versions import write_version

    assert made.version is not None  # noqa: S101 - whoever asks has looked
    before = made.earlier.newest if made.version.prerelease else made.earlier.last
    previous, listed = before.tag if before else None, entries(made.effects)
    links = Links.of(settings.url or f"https://github.com/{record.repository}")
    notes = release_notes(listed, links, (previous, made.tag))
    pulls = sorted({pull for entry in listed for pull in entry.pulls})
    build = settings.build_of(record.package)
    return {
        "version": write_version(made.version, settings.scheme),
        "tag": made.tag,
        "previous": previous,
        "bump": made.bump.word,
        "prerelease": made.version.prerelease is not None,
        "why": made.why[:500],
        "notes": notes if len(notes) <= _NOTES else f"{notes[:_NOTES]}\n\n…\n",
        "pulls": pulls[-_PULLS:],
        "build": None if build is None else build.model_dump(mode="json"),
        "boms": list(settings.boms_of(record.package)),
    }


def _gates(record: Record, facts: Facts, now: datetime) -> list[Action]:
    """Only a result of every gate, by the policies that decide here, lets it pass."""
    found, missing = facts.verdict, _unknown(facts)
    if missing is not None or found is None:
        if now >= record.stage_at + GATES_WAIT:
            raise PermanentError(missing or "nothing is known", code="release.gates_unknown")
        return []
    if found.verdict != "allow":
        message = f"the gates say {found.verdict} to {record.sha[:7]}, report {found.report[:12]}"
        raise PermanentError(message, code="release.gates")
    gate = {"report": found.report, "bundle": found.bundle, "at": found.at.isoformat()}
    return [_step(record, "pass-gates", f"the gates allow {record.sha[:7]}", gate=gate)]


def _unknown(facts: Facts) -> str | None:
    """What is not known of the gates; None where they have decided."""
    found = facts.verdict
    if found is None:
        return "no result of the gates is recorded for the commit"
    if found.bundle != facts.bundle:
        return "the gates were run by other policies than those that decide here"
    if unasked := sorted(set(facts.gates) - set(found.gates)):
        return f"not every gate was run: {', '.join(unasked)}"
    return "the gates could not tell" if found.verdict == "unknown" else None


def _approval(record: Record) -> Action:
    planned = record.planned
    if planned is None:
        raise PermanentError("it has no plan", code="release.out_of_order")
    # A flow comes to it, and its person does not approve it.
    asked = {ASKED_BY: record.by_id} if record.by_id else {}
    reason = f"{planned.previous or 'nothing'} → {planned.tag}: {planned.why}"
    return _step(record, f"approve-{planned.bump}", reason, **asked)


def _build(record: Record, facts: Facts, now: datetime) -> list[Action]:
    build = None if record.planned is None else record.planned.build
    if build is None:
        raise PermanentError("it has nothing to build", code="release.out_of_order")
    if build.workflow is not None and not record.build_asked:
        return [_step(record, "start-build", f"{build.workflow} builds what is at the tag")]
    made = record.build
    if made is not None and made.status == "failed":
        raise PermanentError(made.message or "the build failed", code="release.build_failed")
    if made is not None and facts.arrived:
        return [_step(record, "accept-build", f"{len(made.files)} files have arrived")]
    if now >= record.stage_at + timedelta(minutes=build.timeout_minutes):
        message = f"{waits_for(record, facts)}, after {build.timeout_minutes} minutes"
        raise PermanentError(message, code="release.build_late")
    return []


def _step(record: Record, name: str, reason: str, **parameters: Any) -> Action:
    """An action of a release, one effect a version and step; another once it was taken up again."""
    at = record.sha if record.planned is None else record.planned.tag
    about = f"{record.repository}#{record.package}" if record.package else record.repository
    return Action.of(
        BOT,
        name,
        Target(kind="release", id=f"{about}@{at}"),
        reason=f"{record.id}: {reason}"[:1000],
        once_per=(record.id, record.stage.value, str(record.tries)),
        parameters={"release": record.id, **parameters},
    )
