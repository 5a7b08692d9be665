"""What a command shows where the action it asked for waits for a person: why, and how one answers."""

from __future__ import annotations

from typing import Any

from cli.output import Output, facts


def is_waiting(answer: dict[str, Any]) -> bool:
    """Whether a plane's answer to a command is that its action waits for a person."""
    return answer.get("state") == "waiting" and "action" in answer


def show_waiting(output: Output, title: str, answer: dict[str, Any], **about: object) -> None:
    """Why an action waits, with what else is said of it, and the commands that answer it."""
    because = "; ".join(f"{reason['code']}: {reason['message']}" for reason in answer.get("reasons", ()))
    said = {**about, "state": "waits for a person", "because": because or None, "action": answer["action"]}
    output.show(answer, facts(title, said))
    id = answer["action"]
    output.note(f"a second person decides: writ actions approve {id} --reason …  (or reject)")
