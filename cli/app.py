"""The `writ` command: what it offers, and under which names."""

from __future__ import annotations

import typer

from cli.demo import commands as demo
from cli.gates import exceptions, gate
from cli.graph import evidence
from cli.ledger import commands as ledger_commands
from cli.ledger import witness_commands
from cli.local import commands as local
from cli.local import delivery, forge, sending, ticks
from cli.making import commands as making
from cli.operate import (
    actions,
    backlog,
    bots,
    break_glass,
    bumps,
    canary,
    erasures,
    flags,
    flows,
    migrations,
    policy,
    previews,
    rollouts,
    slo,
)
from cli.release import release, releases
from cli.sdk import api_diff
from cli.sdk import commands as sdk
from cli.trace import commands as trace

app = typer.Typer(
    name="writ",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Run, look at and steer the control plane.",
)
app.command("run")(local.run)
app.command("up")(local.up)
app.command("down")(local.down)
app.command("status")(local.status)
app.command("replay")(sending.replay)
app.add_typer(bots.app, name="bots")
bots.app.command("tick")(ticks.tick)
app.add_typer(backlog.app, name="backlog")
app.add_typer(actions.app, name="actions")
app.add_typer(flows.app, name="flows")
app.add_typer(forge.app, name="forge")
app.add_typer(policy.app, name="policy")
app.add_typer(gate.app, name="gate")
app.add_typer(exceptions.app, name="exceptions")
app.add_typer(flags.app, name="flags")
app.add_typer(break_glass.app, name="break-glass")
app.add_typer(ledger_commands.app, name="ledger")
app.add_typer(evidence.app, name="evidence")
app.add_typer(witness_commands.app, name="witness")
app.add_typer(canary.app, name="canary")
canary.app.command("start")(rollouts.start)
canary.app.command("status")(rollouts.status)
canary.app.command("abort")(rollouts.abort)
app.command("rollback")(rollouts.rollback)
app.add_typer(previews.app, name="previews")
releases.add_to(release.app)
app.add_typer(bumps.app, name="bumps")
app.add_typer(release.app, name="release")
app.add_typer(migrations.app, name="migrations")
app.add_typer(api_diff.app, name="api")
app.add_typer(sdk.app, name="sdk")
app.add_typer(erasures.app, name="erasures")
app.add_typer(erasures.holds, name="holds")
app.command("slo")(slo.slo)
app.command("logs")(local.logs)
app.command("trace")(trace.trace)
app.add_typer(demo.app, name="demo")
app.command("synth")(delivery.synth)
app.command("deploy")(delivery.deploy)
app.command("generate")(making.generate)
app.command("new-bot")(making.new_bot)
