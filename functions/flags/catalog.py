"""The flags that exist, and who asks for them, as they were when this function was deployed."""

from functools import cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from writ.contracts.action import Name
from writ.contracts.errors import WritError
from writ.contracts.flags import Flag

FILE: Final = Path(__file__).with_name("catalogue.json")


class Catalogue(BaseModel):
    """Flags by name, the places in the code that ask for each, and the teams there are."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    flags: dict[Name, Flag]
    uses: dict[Name, tuple[str, ...]]
    teams: frozenset[Name]


@cache
def deployed() -> Catalogue:
    """What was put beside this module at synth. Raises WritError (`catalog.unreadable`)."""
    return load(FILE)


def load(path: Path) -> Catalogue:
    """A catalogue out of a file that `stacks.flag_catalogue.staged` made."""
    try:
        return Catalogue.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        message = f"{path.name} cannot be read: {type(error).__name__}"
        raise WritError(message, code="catalog.unreadable") from None
