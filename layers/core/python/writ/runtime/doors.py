"""The doors of the API: people come in at a route's path, runs of workflows at the same path under another.

API Gateway has one authorizer for a route, and each believes one issuer of tokens. So which door a request
came in by says who vouched for its caller: no claim has to be believed about that.
"""

from __future__ import annotations

from typing import Final, Literal

Door = Literal["people", "workflows"]
WORKFLOWS: Final = "/workflows"  # what the paths of routes begin with where runs of workflows come in
RUNS: Final = "runs.json"  # beside the modules of a bot: whose runs may call which of its routes


def entered(route_key: str) -> tuple[Door, str]:
    """The door, and the route as its manifest calls it, of API Gateway's route key.

    >>> entered("GET /workflows/v1/slo")
    ('workflows', 'GET /v1/slo')
    """
    method, space, path = route_key.partition(" ")
    if path.startswith(f"{WORKFLOWS}/"):
        return "workflows", f"{method}{space}{path.removeprefix(WORKFLOWS)}"
    return "people", route_key
