"""The name space of previews: who makes their stacks, and the most that anything in one of them may do."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.acknowledge import acknowledge_wildcards
from stacks.boundaries import preview_boundaries
from stacks.names import PREVIEW_ROLE, Names
from stacks.preview_grants import preview_stack_statements
from stacks.settings import Settings


class PreviewSpace(Construct):
    """A role for CloudFormation, with its boundary, and the boundary that it must give to other roles."""

    def __init__(self, scope: Construct, id: str, *, settings: Settings) -> None:
        super().__init__(scope, id)
        names = Names.of(settings)
        _, making = preview_boundaries(self, settings)
        role = iam.Role(
            self,
            "Role",
            role_name=names.thing(PREVIEW_ROLE),
            assumed_by=iam.ServicePrincipal("cloudformation.amazonaws.com"),
            permissions_boundary=making,
            description="Makes the stacks of previews, and touches nothing outside of their name space",
        )
        granted = preview_stack_statements(names)
        for statement in granted:
            role.add_to_policy(statement)
        wildcards = [resource for statement in granted for resource in statement.resources]
        acknowledge_wildcards(role, dict.fromkeys(wildcards), "Previews come and go; their name space stays.")
