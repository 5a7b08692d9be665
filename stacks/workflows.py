"""The stack of all flows: each is one file with its cases, and everything else follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import Stack
from constructs import Construct

from stacks.boundaries import flow_boundary
from stacks.constructs.flow import StateMachine
from stacks.constructs.shared import Plane
from stacks.flows import Flow
from stacks.manifest import BotFolder


class WorkflowsStack(Stack):
    """A state machine a flow. Bots and flows know each other by name, so that neither waits for the other."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        plane: Plane,
        flows: Sequence[Flow],
        folders: Sequence[BotFolder],
        **props: Any,
    ) -> None:
        super().__init__(scope, id, **props)
        runbooks = {folder.name: folder.manifest.runbook for folder in folders}
        boundary = flow_boundary(self, plane.settings)
        for flow in flows:
            id = "".join(word.capitalize() for word in flow.name.split("-"))
            runbook = runbooks[flow.functions[0]]
            StateMachine(self, id, flow=flow, plane=plane, boundary=boundary, runbook=runbook)
