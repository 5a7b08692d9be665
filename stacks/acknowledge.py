"""Says, beside a construct, why a rule of cdk-nag does not bind it: one construct, one rule, one reason."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import IConstruct

WILDCARDS: Final = "AwsSolutions-IAM5"
_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Accept a finding. A test fails on one that nothing finds any more."""
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))


def acknowledge_wildcards(construct: IConstruct, resources: Iterable[str], reason: str) -> None:
    """Accept wildcards in the policies of a construct, each by itself, as the rule reports them."""
    stack = Stack.of(construct)
    for resource in resources:
        if "*" in resource:
            acknowledge(construct, f"{WILDCARDS}[Resource::{_shown(stack.resolve(resource))}]", reason)


def _shown(value: Any) -> str:
    """An ARN as cdk-nag writes it: references and variables in angle brackets, an import by its name."""
    if isinstance(value, str):
        return _VARIABLE.sub(r"<\1>", value)
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(_shown(part) for part in parts)
    if "Fn::ImportValue" in value:
        return str(value["Fn::ImportValue"])
    return f"<{value['Ref']}>"
