"""`writ up`, `down`, `status`, `run` and `logs`: the plane on this machine, and how it fares."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.gates.cases import sample_change
from cli.local import lifecycle
from cli.local import logs as bot_logs
from cli.local import run as main_job
from cli.local.replay import webhooks
from cli.output import JsonFlag, facts, reporting
from cli.plane import Plane

Port = Annotated[int | None, typer.Option(min=1, max=65535, help="Where AWS answers; a free one if absent.")]
BotName = Annotated[str, typer.Argument(metavar="BOT", help="A bot, or its API: backlog or backlog-api.")]


def up(port: Port = None, as_json: JsonFlag = False) -> None:
    """Bring the control plane up on this machine; what is deployed and runs is left as it is."""
    with reporting(as_json) as output:
        plane = lifecycle.up(output, port=port)
        found = plane.file
        output.show(
            found.model_dump(mode="json"),
            facts("", {"API": f"{found.api_url}/v1/", "AWS endpoint": found.aws_endpoint_url}),
        )


def down(as_json: JsonFlag = False) -> None:
    """Stop the control plane and keep its state."""
    with reporting(as_json) as output:
        stopped = lifecycle.down()
        output.show({"stopped": stopped}, "stopped; its state is kept" if stopped else "it was not running")


def status(as_json: JsonFlag = False) -> None:
    """How the control plane stands; exit code 1 when it does not run or has dead letters."""
    with reporting(as_json) as output:
        state = lifecycle.status()
        output.show(state.document(), lifecycle.picture(state))
        if state.pulse is None or state.pulse.dead:
            output.found_problem()


def run(port: Port = None, as_json: JsonFlag = False) -> None:
    """Bring the plane up, send it real GitHub webhooks, and prove that all of it held."""
    with reporting(as_json) as output:
        batch = webhooks([main_job.SAMPLES])
        plane = lifecycle.up(output, port=port)
        jobs = main_job.open_pull_requests(batch, sample_change())
        main_job.report(plane, main_job.deliver(plane, batch, output, jobs), output)


def logs(
    bot: BotName,
    *,
    since: Annotated[str, typer.Option(help="How far back: 90s, 10m, 2h or 1d.")] = "10m",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines come in.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Log lines of a bot. With --follow, --json prints one document a line, without end."""
    with reporting(as_json) as output:
        found = bot_logs.read(Plane.load(), bot, bot_logs.span(since), follow=follow)
        if as_json and not follow:
            output.show({"items": [line.document() for line in found]})
            return
        for line in found:
            output.line(line.document(), line.text())
