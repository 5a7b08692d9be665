"""Asks the policies that a repository keeps for itself, in a process that has nothing and must end in time.

What rego-cpp cannot read may abort its process, and what somebody writes may run for ever: neither may end or
hold the command, and neither is a pass.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from writ.contracts.errors import ContractError, WritError
from writ.gates.custom import policies, question
from writ.gates.custom.policies import Policies, entrypoint
from writ.gates.gate import Context
from writ.gates.tree import Tree

SECONDS: Final = 20
_MEMORY: Final = 1 << 30
_LONGEST: Final = 300


def asked(tree: Tree, context: Context) -> Context:
    """The context with what the policies answered, and with the pull request that CI runs for."""
    told = {**context.beside, "pull_request": pull_request(os.environ.get("GITHUB_EVENT_PATH"))}
    context = replace(context, beside=told)
    return replace(context, beside={**told, "custom": answers(tree, context)})


def pull_request(path: str | None) -> dict[str, Any] | None:
    """What policies are told of the pull request in an event of GitHub's, None where it is of none.

    Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request
    """
    try:
        event = json.loads(Path(path).read_bytes()) if path else {}
        found = event.get("pull_request") if isinstance(event, dict) else None
        if not isinstance(found, dict):
            return None
        return {
            "number": int(found["number"]),
            "title": str(found["title"]),
            "body": str(found.get("body") or ""),
            "author": str(found["user"]["login"]),
            "draft": found.get("draft") is True,
            "labels": sorted(str(label["name"]) for label in found.get("labels", ())),
            "base": str(found["base"]["ref"]),
            "head": str(found["head"]["ref"]),
        }
    except (OSError, ValueError, KeyError, TypeError):
        return None


def answers(tree: Tree, context: Context) -> dict[str, Any]:
    """What the policies answer, as `context.beside["custom"]` has it: by `now`, by `base` if they changed.

    None of what is wrong with them is an error here: the gate tells it.
    """
    try:
        both = {"now": policies.of_tree(tree), "base": policies.of_base(tree)}
    except ContractError:
        return {}
    return {
        state: ask(found, question.of(tree, context, found)[0])
        for state, found in both.items()
        if found is not None
    }


def ask(mine: Policies, document: Mapping[str, Any], seconds: float = SECONDS) -> dict[str, Any]:
    """By entrypoint `{"value": …}` or `{"problem": …}`; all have a problem if the process fails."""
    job = json.dumps({"files": dict(mine.files), "names": mine.names, "input": document})
    try:
        done = subprocess.run(
            [sys.executable, "-m", "cli.gates.custom_policies"],
            input=job.encode(),
            capture_output=True,
            timeout=seconds,
            check=True,
            cwd=Path("/"),
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        found = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return _all(mine, f"not ended after {seconds:g} seconds")
    except (subprocess.CalledProcessError, ValueError):
        return _all(mine, "the engine was aborted, or had no memory left")
    return dict(found)


def _all(mine: Policies, problem: str) -> dict[str, Any]:
    return {entrypoint(name): {"problem": problem} for name in mine.names}


def evaluate(job: Mapping[str, Any]) -> dict[str, Any]:
    """Answer in this process."""
    from writ.policy.bundle import Bundle
    from writ.policy.engine import PolicyEngine

    wanted = [entrypoint(name) for name in job["names"]]
    try:
        engine = PolicyEngine(Bundle.of(job["files"]), only=wanted)
    except WritError as error:
        return {name: {"problem": error.message[:_LONGEST]} for name in wanted}
    found: dict[str, Any] = {}
    for name in wanted:
        try:
            found[name] = {"value": engine.evaluate(name, job["input"])}
        except WritError as error:
            found[name] = {"problem": error.message[:_LONGEST]}
    return found


def _limit() -> None:
    """Bound processor time and memory; addresses that the engine reserves as it is loaded do not count."""
    import resource

    import regopy  # noqa: F401 - for what it reserves

    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return  # not Linux: the time alone is bounded
    most = pages * resource.getpagesize() + _MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def main() -> int:
    _limit()
    answer = os.dup(1)
    os.dup2(2, 1)  # the engine writes what it thinks of a policy to standard output
    found = json.dumps(evaluate(json.loads(sys.stdin.buffer.read())))
    with os.fdopen(answer, "w", encoding="utf-8") as out:
        out.write(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
