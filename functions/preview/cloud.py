"""Stacks on CloudFormation, by the role that may touch nothing but the name space of previews."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from functions.preview.model import Failure
from functions.preview.stack import Stack, StackState, Wanted
from writ.adapters import aws
from writ.contracts.errors import PermanentError, TransientError, WritError
from writ.contracts.preview_site import PreviewSite

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html#cfn-stack-status-codes
_STATES: Final = {
    "CREATE_COMPLETE": StackState.BUILT,
    "UPDATE_COMPLETE": StackState.BUILT,
    "UPDATE_ROLLBACK_COMPLETE": StackState.STALE,
    "DELETE_FAILED": StackState.UNDELETED,
}
_UNDER_WAY: Final = "_IN_PROGRESS"
_GONE: Final = "DELETE_COMPLETE"
_CAPABILITIES: Final = ["CAPABILITY_NAMED_IAM"]
_REASON: Final = 300
_PAGES: Final = 20
# A failure that only follows from another one.
_FOLLOWS: Final = "Resource creation cancelled", "Resource update cancelled"


class CloudFormation:
    """See Stacks."""

    def __init__(self, site: PreviewSite) -> None:
        self._site = site

    def find(self, name: str) -> Stack | None:
        try:
            (found,) = self._client.describe_stacks(StackName=name)["Stacks"]
        except (BotoCoreError, ClientError) as error:
            if _says(error, "does not exist"):
                return None
            raise aws.failure(error, "looking at a stack") from error
        status = str(found["StackStatus"])
        if status == _GONE:
            return None
        return Stack(
            name=name,
            state=_state(status),
            parameters=_pairs(found.get("Parameters"), "ParameterKey", "ParameterValue"),
            outputs=_pairs(found.get("Outputs"), "OutputKey", "OutputValue"),
            tags=_pairs(found.get("Tags"), "Key", "Value"),
        )

    def names(self) -> Sequence[str]:
        found: list[str] = []
        more: dict[str, str] = {}
        # Without a filter, what was deleted is listed for 90 days more:
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStacks.html
        known = self._client.meta.service_model.shape_for("StackStatus").enum
        there = [status for status in known if status != _GONE]
        for _ in range(_PAGES):
            try:
                page = self._client.list_stacks(StackStatusFilter=there, **more)
            except (BotoCoreError, ClientError) as error:
                raise aws.failure(error, "listing stacks") from error
            found += [
                str(each["StackName"])
                for each in page["StackSummaries"]
                if each["StackStatus"] != _GONE and str(each["StackName"]).startswith(self._site.prefix)
            ]
            if not page.get("NextToken"):
                return sorted(set(found))
            more = {"NextToken": str(page["NextToken"])}
        raise TransientError("there are too many stacks to list", code="dependency.too_many")

    def create(self, wanted: Wanted) -> None:
        try:
            self._client.create_stack(**self._given(wanted), OnFailure="ROLLBACK")
        except (BotoCoreError, ClientError) as error:
            raise _failure(error, "making a stack") from error

    def update(self, wanted: Wanted) -> bool:
        try:
            self._client.update_stack(**self._given(wanted))
        except (BotoCoreError, ClientError) as error:
            if _says(error, "No updates are to be performed"):
                return False
            raise _failure(error, "changing a stack") from error
        return True

    def remove(self, name: str) -> None:
        try:
            self._client.delete_stack(StackName=name, RoleARN=self._site.role)
        except (BotoCoreError, ClientError) as error:
            raise _failure(error, "removing a stack") from error

    def trouble(self, name: str) -> Failure | None:
        """Events come newest first; an operation begins with the stack's own event."""
        failed: dict[str, Any] | None = None
        try:
            events = self._client.describe_stack_events(StackName=name)["StackEvents"]
        except (BotoCoreError, ClientError) as error:
            if _says(error, "does not exist"):
                return None
            raise aws.failure(error, "reading what happened to a stack") from error
        for event in events:
            status, own = str(event.get("ResourceStatus")), event.get("LogicalResourceId") == name
            if own and event.get("ResourceStatusReason") == "User Initiated":
                break
            reason = str(event.get("ResourceStatusReason") or "")
            if status.endswith("_FAILED") and not own and not reason.startswith(_FOLLOWS):
                failed = event
        if failed is None:
            return None
        reason = str(failed.get("ResourceStatusReason") or failed["ResourceStatus"])
        resource = f"{failed['LogicalResourceId']} ({failed.get('ResourceType')})"
        return Failure(reason=reason[:_REASON], resource=resource)

    @property
    def _client(self) -> Any:
        return aws.client("cloudformation")

    def _given(self, wanted: Wanted) -> Mapping[str, Any]:
        return {
            "StackName": wanted.name,
            "TemplateBody": wanted.body,
            "Parameters": [
                {"ParameterKey": name, "ParameterValue": value} for name, value in wanted.parameters.items()
            ],
            "Tags": [{"Key": name, "Value": value} for name, value in wanted.tags.items()],
            "Capabilities": _CAPABILITIES,
            "RoleARN": self._site.role,
        }


def _state(status: str) -> StackState:
    if status.endswith(_UNDER_WAY):
        return StackState.WORKING
    return _STATES.get(status, StackState.BROKEN)


def _pairs(found: Any, name: str, value: str) -> Mapping[str, str]:
    return {str(each[name]): str(each.get(value, "")) for each in found or ()}


def _says(error: Exception, words: str) -> bool:
    """CloudFormation has one code, ValidationError, for all of this: only its message tells."""
    return aws.error_code(error) == "ValidationError" and words in str(error)


def _failure(error: Exception, doing: str) -> WritError:
    """Another operation on the stack is under way, or it was made meanwhile: that may pass."""
    if aws.error_code(error) == "AlreadyExistsException" or _says(error, _UNDER_WAY):
        return TransientError(f"{doing}: another operation is under way", code="stack.busy")
    if aws.error_code(error) == "ValidationError":
        shown = error.response.get("Error", {}).get("Message", "") if isinstance(error, ClientError) else ""
        return PermanentError(f"{doing}: {shown}"[:_REASON], code="stack.refused")
    return aws.failure(error, doing)
