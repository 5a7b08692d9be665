"""Hooks on Lambda: a function is called with rollout and step, and answers `{"ok": …, "detail": …}`."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from writ.adapters import aws
from writ.contracts.errors import TransientError
from writ.rollout.plan import Hook
from writ.rollout.ports import HookAnswer
from writ.rollout.state import Rollout


class LambdaHooks:
    """See Hooks. An answer that is none is a refusal: what is not said is not agreed to.

    `impatient`: who asks many in one attempt gives each 5 s and one try.
    """

    def __init__(self, *, impatient: bool = False) -> None:
        self._limits = {"read_timeout_s": 5, "attempts": 1} if impatient else {}

    def call(self, hook: Hook, rollout: Rollout, key: str) -> HookAnswer:
        given = {
            "rollout": rollout.id,
            "hook": key,
            "service": rollout.group.service,
            "baseline": rollout.baseline.versions,
            "candidate": rollout.candidate.versions,
        }
        try:
            answer: dict[str, Any] = aws.client("lambda", **self._limits).invoke(
                FunctionName=hook.function, Payload=json.dumps(given).encode()
            )
            body = answer["Payload"].read()
        except (BotoCoreError, ClientError) as error:
            raise aws.failure(error, "calling a hook") from error
        if answer.get("FunctionError"):
            raise TransientError(f"the hook {hook.function} crashed", code="hook.crashed")
        try:
            said = json.loads(body)
        except ValueError:
            return HookAnswer(False, "its answer is not JSON")
        if not isinstance(said, dict) or not isinstance(said.get("ok"), bool):
            return HookAnswer(False, "its answer does not say whether it is ok")
        return HookAnswer(said["ok"], str(said.get("detail", ""))[:300])
