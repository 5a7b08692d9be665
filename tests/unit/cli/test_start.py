"""What every command waits for: nothing large is loaded before one needs it."""

from __future__ import annotations

import subprocess
import sys

LARGE = ("aws_cdk", "jsii", "boto3", "cfnlint", "hypothesis", "sigstore")


def test_command_starts_without_what_few_of_its_commands_need() -> None:
    code = f"import sys, cli.app; print(*(name for name in {LARGE} if name in sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
