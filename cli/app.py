"""The `writ` command: what it offers, and under which names."""

from __future__ import annotations

import typer

from cli import actions, backlog, bots, policy

app = typer.Typer(
    name="writ",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Run, look at and steer the control plane.",
)
app.add_typer(bots.app, name="bots")
app.add_typer(backlog.app, name="backlog")
app.add_typer(actions.app, name="actions")
app.add_typer(policy.app, name="policy")
