"""Brings the local plane up, looks at it, and stops it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from rich.console import Group, RenderableType

from cli.local import deploy, elsewhere
from cli.local.emulator import Emulator
from cli.local.watch import Pulse, pulse
from cli.localforge.process import ForgeProcess
from cli.localforge.runs import vouch
from cli.operate import flow_runs
from cli.output import Output, facts, table
from cli.plane import RUN_FILE, STATE, Plane, RunFile, calling
from cli.progress import Bars
from writ.contracts.anchor import AnchorSite

ENV: Final = deploy.ENV
_STEPS: Final = {
    "install": "installing the emulator",
    "restore": "restoring the deployed emulator",
    "start": "starting the emulator",
    "synthesize": "synthesizing the stacks",
    "bootstrap": "preparing the account",
    "deploy": "deploying the stacks",
    "complete": "finishing the deployment",
}


@dataclass(frozen=True)
class Status:
    """The plane as it stands; `pulse` is None for one that does not run."""

    file: RunFile | None
    pulse: Pulse | None

    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = {"running": self.pulse is not None}
        if self.file is not None:
            document |= self.file.model_dump(mode="json")
        if self.pulse is not None:
            document["now"] = {
                "queues": dict(self.pulse.queues),
                "dead_letters": dict(self.pulse.dead),
                "open_actions": list(self.pulse.open_actions),
                "waiting_actions": self.pulse.waiting,
                "entries": self.pulse.entries,
                "signed": self.pulse.signed,
                "settled": self.pulse.settled,
            }
        return document


def up(output: Output, *, port: int | None = None) -> Plane:
    """Deploy what is not deployed, start what does not run, and write down where it is.

    Raises CommandError that says what to do next.
    """
    with Bars(output) as bars:
        deployment = _deploy(port, lambda step, done, total: bars.step(_STEPS.get(step, step), done, total))
    if deployment.fresh:
        (STATE / "token.json").unlink(missing_ok=True)
    before = _known()
    file = RunFile(
        env=ENV,
        api_url=deployment.api_url,
        aws_endpoint_url=deployment.endpoint,
        region=deployment.region,
        bus_name=f"writ-{ENV}",
        log_origin=before.log_origin if before else "",
        user_pool_client_id=deployment.client_id,
        checkpoint=None if before is None or deployment.fresh else before.checkpoint,
        counts={} if before is None or deployment.fresh else before.counts,
    )
    plane = Plane(remember(file))
    if elsewhere.endpoint() is None:
        forge = ForgeProcess()
        forge.introduce(plane.aws, plane.thing("forge"))
        if (anchor := anchor_of(plane)) is not None and anchor.api == "stored":
            forge.introduce_anchor(plane.aws, plane.thing("anchor"), anchor.repository)
        vouch(plane.aws, plane.thing("api"), forge.start().address, plane.file.api_url)
        if not deployment.fresh:
            flow_runs.revive(plane)
    return plane


def remember(file: RunFile) -> RunFile:
    """Write down which plane the commands talk to, with the name of its log."""
    if not file.log_origin:
        file = file.model_copy(update={"log_origin": log_origin(Plane(file))})
    file.save()
    return file


def down() -> bool:
    """Stop the plane and keep its state; whether it was running."""
    ForgeProcess().stop()
    return deploy.down()


def status() -> Status:
    """Look at the plane without changing anything."""
    file = _known()
    embedded = file is not None and file.env == ENV and elsewhere.endpoint() is None
    if file is None or (embedded and Emulator().running() is None):
        return Status(file, None)
    return Status(file, pulse(Plane(file)))


def log_origin(plane: Plane) -> str:
    """The name of the plane's log, from the function that signs it."""
    return _variables(plane, "sequencer")["WRIT_LOG_ORIGIN"]


def anchor_of(plane: Plane) -> AnchorSite | None:
    """Where the plane's log is anchored, from the function that does it; None where it is nowhere."""
    text = _variables(plane, "anchor").get("WRIT_ANCHOR")
    return AnchorSite.model_validate_json(text) if text else None


def _variables(plane: Plane, function: str) -> dict[str, str]:
    with calling(f"reading the configuration of {function}"):
        found = plane.aws("lambda").get_function_configuration(FunctionName=plane.thing(function))
    return dict(found["Environment"]["Variables"])


def picture(state: Status) -> RenderableType:
    """The status for people."""
    if state.file is None:
        return facts("no control plane", {"next": "make run"})
    values: dict[str, object] = {
        "plane": f"{state.file.env}, {'running' if state.pulse else 'stopped'}",
        "API": state.file.api_url,
        "AWS endpoint": state.file.aws_endpoint_url,
        "bus": state.file.bus_name,
        "log": state.file.log_origin,
    }
    if state.pulse is None:
        return facts("", {**values, "next": "make run"})
    now = state.pulse
    values |= {
        "ledger": f"{now.signed} entries under the checkpoint"
        + ("" if now.entries is None else f" of {now.entries}"),
        "waiting for a person": now.waiting,
        "unfinished": "\n".join(now.unfinished()) or "nothing",
    }
    dead = table("\ndead letters", ("bot", ">messages"), list(now.dead.items()))
    return Group(facts("", values), *([dead] if now.dead else []))


def _deploy(port: int | None, progress: deploy.Progress) -> deploy.Deployment:
    there = elsewhere.endpoint()
    return deploy.up(port=port, progress=progress) if there is None else elsewhere.up(there, progress)


def _known() -> RunFile | None:
    return RunFile.load() if RUN_FILE.is_file() else None
