"""`python -m cli`, which the script `writ` runs."""

from __future__ import annotations

from cli.app import app

app(prog_name="writ")
