"""botocore's models of the AWS services, read as fast as a cold start wants."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any, Final

import botocore
from botocore.loaders import JSONFileLoader, Loader
from pydantic_core import from_json

# Where the kernel layer has short copies, as `stacks.service_models` made them from the same release.
SHORT: Final = Path(__file__).parents[2] / "service_models" / botocore.__version__
_BUILT_IN: Final = Path(Loader.BUILTIN_DATA_PATH)


class _Files(JSONFileLoader):
    """Reads the same files with the JSON parser that is loaded anyway, in a third of the time.

    A short copy is read in place of botocore's own file; without one nothing but time is lost.
    """

    def load_file(self, file_path: str) -> Any:
        """The JSON value of `file_path` with its ending added, or None where there is no such file."""
        asked = Path(f"{file_path}.json")
        short = SHORT / asked.relative_to(_BUILT_IN) if asked.is_relative_to(_BUILT_IN) else asked
        for plain in (short, asked):
            if plain.is_file():
                return from_json(plain.read_bytes())
        packed = asked.with_suffix(".json.gz")
        return from_json(gzip.decompress(packed.read_bytes())) if packed.is_file() else None


class ServiceModels(Loader):
    """Finds the model of a service where it is kept.

    botocore's own loader first looks for the models of all its 400 services, once for each kind of model, to
    see that the one asked for is among them: 900 directories, a twentieth of a cold start.
    """

    FILE_LOADER_CLASS = _Files

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002  (botocore's signature)
        """Every service with a model of any kind; asking for a kind that it lacks raises later."""
        return sorted(place.name for place in Path(self.BUILTIN_DATA_PATH).iterdir())
