"""What the plan must know: which flags there are, and what is set."""

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from functions.flags.catalog import Catalogue
from writ.contracts.event import AnyEvent
from writ.contracts.flags import Setting

if TYPE_CHECKING:
    from functions.flags.ports import Ports


class Facts(BaseModel):
    """The catalogue as deployed, and the settings as they are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    catalogue: Catalogue
    settings: dict[str, Setting] = {}


def gather(_event: AnyEvent, ports: "Ports") -> Facts:
    """Read the facts of a command. Raises TransientError when the settings cannot be read."""
    return Facts(catalogue=ports.catalogue(), settings=ports.settings())
