"""What the plan must know: by which policies this plane decides."""

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from writ.contracts.action import Sha256
from writ.contracts.event import AnyEvent

if TYPE_CHECKING:
    from functions.gate.ports import Ports


class Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    bundle: Sha256


def gather(_event: AnyEvent, ports: "Ports") -> Facts:
    """The digest of the deployed bundle."""
    return Facts(bundle=ports.bundle())
