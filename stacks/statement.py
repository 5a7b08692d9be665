"""IAM statements that allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aws_cdk.aws_iam import PolicyStatement


def allow(
    sid: str, actions: Sequence[str], arns: Sequence[str], conditions: Mapping[str, Any] | None = None
) -> Iterator[PolicyStatement]:
    """One statement, called by the words of `sid`; none without actions or resources."""
    if actions and arns:
        yield PolicyStatement(
            sid="".join(word.capitalize() for word in sid.replace("-", " ").replace(".", " ").split()),
            actions=list(actions),
            resources=list(arns),
            conditions=conditions,
        )
