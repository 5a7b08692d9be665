"""Long-running flows: started under a name, which makes it one effect, looked at, told what they wait for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pydantic import JsonValue, SecretStr

    from writ.contracts.step import StepReport


class RunState(StrEnum):
    """How an execution stands."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt of a flow at a thing; the first attempt is 1. `code` and `message` say why it failed."""

    attempt: int
    state: RunState
    code: str | None = None
    message: str | None = None


class Flows(Protocol):
    """Executions of flows, each for one thing, whose id is its name."""

    def start(self, flow: str, name: str, given: Mapping[str, JsonValue], attempt: int = 1) -> None:
        """Start an attempt; a repeat changes nothing."""

    def find(self, flow: str, name: str) -> Run | None:
        """The latest attempt; None where there was none, or it is longer ago than executions are kept."""


class FlowReplies(Protocol):
    """What a flow waits for, sent back to it."""

    def reply(self, token: SecretStr, report: StepReport) -> None:
        """Let the flow go on; a token that nobody waits with any more is no error."""
