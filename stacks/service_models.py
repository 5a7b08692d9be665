"""Short copies of botocore's service models, for functions: what a start reads, and nothing it does not.

Two thirds of a model are its documentation, and `endpoints.json` lists the places of 300 services that no
function calls: 10 to 15 ms of a cold start go into parsing them. Which folder and file is which:
https://github.com/boto/botocore/blob/develop/botocore/loaders.py
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Set
from functools import cache
from pathlib import Path
from typing import Any, Final, get_args

import botocore
from botocore.loaders import Loader

from writ.adapters.aws import Service

SERVICES: Final[tuple[str, ...]] = get_args(Service)
_DATA: Final = Path(Loader.BUILTIN_DATA_PATH)
_DOCUMENTATION: Final = frozenset({"documentation", "documentationUrl"})


@cache
def short_models() -> Mapping[str, bytes]:
    """Each file by the release of botocore that it is of and its path below botocore's `data`.

    For every service in `SERVICES` the newest model, which is the one that is used where no version is asked
    for, and the endpoints of these services in every partition.
    """
    prefixes, made = set(), {}
    for service in SERVICES:
        packed = max((_DATA / service).glob("*/service-2.json.gz"))
        model = json.loads(gzip.decompress(packed.read_bytes()))
        prefixes.add(model["metadata"]["endpointPrefix"])
        made[packed.relative_to(_DATA).with_suffix("").as_posix()] = shortened(model)
    places = json.loads((_DATA / "endpoints.json").read_bytes())
    partitions = [_partition(partition, prefixes) for partition in places["partitions"]]
    made["endpoints.json"] = {**places, "partitions": partitions}
    return {f"{botocore.__version__}/{name}": _packed(model) for name, model in made.items()}


def shortened(model: Mapping[str, Any]) -> dict[str, Any]:
    """A service's model without its prose; what botocore does not do without is there, and says nothing.

    https://github.com/boto/botocore/blob/develop/botocore/model.py, `client_context_parameters`
    """
    made: dict[str, Any] = undocumented(model)
    for parameter in made.get("clientContextParams", {}).values():
        parameter["documentation"] = ""
    return made


def undocumented(model: Any) -> Any:
    """A model without its prose. A member of that name is kept, for it is no text but an object."""
    if isinstance(model, list):
        return [undocumented(item) for item in model]
    if not isinstance(model, dict):
        return model
    return {
        key: undocumented(value)
        for key, value in model.items()
        if key not in _DOCUMENTATION or not isinstance(value, str)
    }


def _partition(whole: Mapping[str, Any], prefixes: Set[str]) -> dict[str, Any]:
    services = {name: places for name, places in whole["services"].items() if name in prefixes}
    return {**whole, "services": services}


def _packed(model: object) -> bytes:
    return json.dumps(model, separators=(",", ":")).encode()
