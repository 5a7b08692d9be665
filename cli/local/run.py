"""The main job: real webhooks through the whole loop, and the proof that all of it held."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from cli.ledger import verify
from cli.ledger.copying import COPIES
from cli.ledger.log_source import copy_log
from cli.local import elsewhere, forge, picture
from cli.local.forge_jobs import Job
from cli.local.replay import Receipt, Webhook, replay
from cli.local.story import Story, read_actions
from cli.local.watch import Pulse, pulse, wait
from cli.localforge.process import ForgeProcess
from cli.output import Output, counted, table
from cli.plane import ROOT, RUN_FILE, Plane, RunFile
from cli.progress import Bars
from writ.ledger.findings import Report
from writ.ledger.logcopy import LogCopy

SAMPLES: Final = ROOT / "events" / "github" / "samples"
_SHOWN: Final = 6


@dataclass(frozen=True)
class Proof:
    """A copy of the log, what verification says of it, and what it tells."""

    copy: LogCopy
    report: Report
    story: Story

    @property
    def checkpoint(self) -> dict[str, Any]:
        head = self.report.checkpoint
        return {"origin": head.origin, "size": head.size, "root": b64encode(head.root).decode()}


@dataclass(frozen=True)
class Result:
    """What one delivery of webhooks came to, and everything about it that did not hold."""

    proof: Proof
    rest: Pulse
    dead_before: Mapping[str, int] = field(default_factory=dict)

    @property
    def problems(self) -> list[str]:
        story, report = self.proof.story, self.proof.report
        found = [f"{receipt.path} was refused: {receipt.code}" for receipt in story.refused]
        found += [
            f"{bot} could not handle {counted(count - self.dead_before.get(bot, 0), 'event')}"
            for bot, count in self.rest.dead.items()
            if count > self.dead_before.get(bot, 0)
        ]
        if not report.ok:
            found.append(f"verification found {counted(report.faults, 'fault')} in the ledger")
        if self.rest.entries != report.checkpoint.size:
            stored = counted(self.rest.entries or 0, "entry is", "entries are")
            found.append(f"{stored} stored, {report.checkpoint.size} are under the checkpoint")
        return found

    def document(self) -> dict[str, Any]:
        return {
            "ok": not self.problems,
            "problems": self.problems,
            "counts": self.proof.story.counts(),
            "checkpoint": self.proof.checkpoint,
            "verification": verify.document(self.proof.report, self.proof.copy),
            "webhooks": [receipt.document() for receipt in self.proof.story.receipts],
        }


def deliver(plane: Plane, batch: Sequence[Webhook], output: Output, jobs: Sequence[Job] = ()) -> Result:
    """Deliver webhooks, wait until the plane has come to rest, and verify the whole ledger offline.

    `jobs` run once the webhooks are there, as those of CI do.
    """
    before = pulse(plane)
    with Bars(output) as bars:
        receipts = _send(plane, batch, bars)
        for job in jobs:
            bars.step(f"running the gates of {job.name}")
            job.run(plane, ForgeProcess().start().address)
        rest = wait(
            lambda: pulse(plane),
            seen=lambda now: bars.step(
                "waiting for every outcome and its checkpoint", now.signed, now.entries or 0
            ),
        )
        proof = prove(plane, receipts, bars)
    return Result(proof, rest, before.dead)


def open_pull_requests(batch: Sequence[Webhook], files: Mapping[str, str] | None = None) -> list[Job]:
    """Have the pull requests that webhooks tell of in the local forge, where there is one, and their jobs.

    `files` are what each of them changes.
    """
    if elsewhere.endpoint() is not None:
        return []
    jobs = {}
    for webhook in batch:
        if webhook.event == "pull_request":
            job = Job.of(webhook.body, ForgeProcess().take_in(webhook.body, files))
            jobs[job.name] = job
    return list(jobs.values())


def _send(plane: Plane, batch: Sequence[Webhook], bars: Bars) -> list[Receipt]:
    sent = 0

    def count() -> None:
        nonlocal sent
        sent += 1
        bars.step("delivering signed webhooks", sent, len(batch))

    bars.step("delivering signed webhooks", 0, len(batch))
    return replay(plane, batch, count)


def prove(plane: Plane, receipts: Sequence[Receipt], bars: Bars) -> Proof:
    """Copy the log, verify the copy as anyone could, and read what it tells."""
    copy = copy_log(plane, COPIES / plane.file.env, bars)
    report = verify.verify(copy, None, lambda done, size: bars.step("verifying the copy offline", done, size))
    actions = read_actions(copy) if report.ok else []
    return Proof(copy, report, Story(receipts, actions, report.checkpoint.size))


def save(plane: Plane, result: Result) -> RunFile:
    """Write down where the plane is and what was found."""
    proof = result.proof
    file = plane.file.model_copy(
        update={
            "log_origin": proof.report.checkpoint.origin,
            "checkpoint": proof.checkpoint,
            "counts": proof.story.counts(),
        }
    )
    file.save()
    return file


def report(plane: Plane, result: Result, output: Output) -> None:
    """Write the result down and show it; the command fails unless all of it held."""
    file = save(plane, result)
    output.show({**result.document(), "run": file.model_dump(mode="json")}, show(plane, result))
    if result.problems:
        output.found_problem()


def show(plane: Plane, result: Result) -> RenderableType:
    """What happened, for people."""
    parts: list[RenderableType] = [
        picture.render(result.proof.story),
        verify.picture(result.proof.report, result.proof.copy),
    ]
    parts += [Text.assemble(("✘ ", "bold red"), problem) for problem in result.problems]
    parts += said_in_the_forge()
    parts += [
        Text(""),
        Text(f"API   {plane.file.api_url}/v1/", style="bold"),
        Text(
            f"more  ./writ status, ./writ backlog list, ./writ demo tamper; {_short(RUN_FILE)}", style="dim"
        ),
    ]
    return Group(*parts)


def said_in_the_forge() -> list[RenderableType]:
    """The pull requests on which bots commented or reported, and what checks say of their lines."""
    process = ForgeProcess()
    if elsewhere.endpoint() is not None or process.running() is None:
        return []
    parts: list[RenderableType] = []
    for record in process.seen():
        for pull in record["pulls"].values():
            about = forge.summary(record, pull)
            if about["comments"] or about["check_runs"]:
                parts += [Text(""), Text(_said(about)), *_remarks(forge.remarks(record, pull))]
    return parts


def _said(pull: Mapping[str, Any]) -> str:
    what = f"{counted(pull['comments'], 'comment')}, {counted(pull['check_runs'], 'check run')}"
    name, number = pull["repository"], pull["number"]
    return f"forge {name}#{number}: {what}; ./writ forge show {name} {number}"


def _remarks(found: Sequence[tuple[str, str, str, str]]) -> list[RenderableType]:
    if not found:
        return []
    shown = table(None, ("check", "place", "level", "annotation"), found[:_SHOWN])
    more = [Text(f"  and {len(found) - _SHOWN} more")] if len(found) > _SHOWN else []
    return [Padding(shown, (0, 0, 0, 2), expand=False), *more]


def _short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
