"""Evaluates a bundle in process, compiled once."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from pydantic import ValidationError
from regopy import Interpreter, RegoError

from writ.contracts.action import Decision, Reason, Verdict
from writ.policy.bundle import Bundle
from writ.policy.errors import BundleError, PolicyError, PolicyUndefinedError
from writ.policy.source import complaint
from writ.policy.terms import to_input

if TYPE_CHECKING:
    from writ.policy.input import PolicyInput

DECISION: Final = "writ/actions/decision"
AUTHORIZATION: Final = "writ/authz/allow"
OF_RUNS: Final = "writ/authz/runs/allow"
CALLERS: Final = "writ/authz/"
GATES: Final = "writ/gates/"
PULLS: Final = "writ/pulls/"


class PolicyEngine:
    """Answers questions from one bundle. Not for use by several threads at once.

    With entrypoints named, only what those rest on is compiled, and only they can be asked.

    Raises BundleError when the bundle, or the part of it, does not compile.
    """

    def __init__(self, bundle: Bundle, only: str | Sequence[str] | None = None) -> None:
        self.bundle = bundle
        named = (only,) if isinstance(only, str) else only
        self._entrypoints = bundle.entrypoints if named is None else tuple(named)
        modules = bundle.modules if named is None else bundle.behind(*named)
        interpreter = Interpreter()
        try:
            for module in modules:
                interpreter.add_module(module.path, module.source)
            interpreter.add_data(bundle.data_behind(modules))
            self._native = [interpreter, interpreter.build(None, list(self._entrypoints))]
        except RegoError as error:
            raise BundleError(complaint(error)) from None
        # They free themselves by functions of their module, which the end of a process may take down first.
        weakref.finalize(self, self._native.clear)

    @classmethod
    def load_default(cls, directory: Path | None = None) -> Self:
        """The engine of the deployed bundle; see Bundle.load_default."""
        return cls(Bundle.load_default(directory))

    def decide(self, document: PolicyInput | Mapping[str, Any], now: datetime) -> Decision:
        """Decide one action at an instant. What keeps policy from answering makes `unknown`, never an error.

        The reason then says why: `facts_missing` (one for each fact), `policy_undefined` or `policy_error`.
        """
        from writ.policy.input import known_facts  # who only asks for leave to call has no use for its models

        instant = now.astimezone(UTC)
        try:
            answer = self.evaluate(DECISION, known_facts(document, instant))
            if not isinstance(answer, dict):
                raise PolicyError("the decision is not an object")
            answer |= {"bundle_digest": self.bundle.digest, "decided_at": instant}
            return Decision.model_validate(answer)
        except PolicyError as error:
            return self._unknown(Reason(code=error.code, message=error.message[:500]), instant)
        except ValidationError as error:
            field = ".".join(str(part) for part in error.errors()[0]["loc"])
            return self._unknown(Reason(code="policy_error", message=f"malformed decision: {field}"), instant)

    def authorize(self, claims: Mapping[str, Any], route: str) -> bool:
        """Whether the caller with these token claims may use a route, `GET /v1/bots` say. Unknown is no."""
        return self._allowed(AUTHORIZATION, {"caller": {"claims": dict(claims)}, "route": route})

    def authorize_run(self, claims: Mapping[str, Any], route: str, served: Mapping[str, Any]) -> bool:
        """Whether the run of a workflow may; `served` says whose runs are let in, and where to."""
        caller = {"claims": dict(claims)}
        return self._allowed(OF_RUNS, {"caller": caller, "route": route, "served": dict(served)})

    def _allowed(self, entrypoint: str, asked: Mapping[str, Any]) -> bool:
        try:
            return self.evaluate(entrypoint, asked) is True
        except PolicyError:
            return False

    def evaluate(self, entrypoint: str, value: Any) -> Any:
        """The JSON value of an entrypoint of the bundle for an input.

        Raises
        ------
        PolicyUndefinedError
            The entrypoint is undefined for this input, or none that was compiled.
        PolicyError
            The engine failed, or the input is not plain JSON within 64 levels and 53-bit integers.
        """
        if entrypoint not in self._entrypoints:
            raise PolicyUndefinedError(f"the bundle has no entrypoint {entrypoint}")
        try:
            interpreter, compiled = self._native
            interpreter.set_input(to_input(value))
            output = interpreter.query_bundle_entrypoint(compiled, entrypoint)
            failed = not output.ok()
        except (RegoError, ValueError) as error:
            raise PolicyError(f"{entrypoint} could not be evaluated: {type(error).__name__}") from error
        if failed:
            raise PolicyError(f"{entrypoint} failed")
        expressions = output.results[0].expressions if output.results else []
        if not expressions:
            raise PolicyUndefinedError(f"{entrypoint} is undefined for this input")
        return expressions[0]

    def _unknown(self, reason: Reason, instant: datetime) -> Decision:
        return Decision(
            verdict=Verdict.UNKNOWN, reasons=(reason,), bundle_digest=self.bundle.digest, decided_at=instant
        )
