"""The routes of the API, each with all that is said of it: by its manifest, its function and its types."""

from __future__ import annotations

import importlib
import inspect
import re
from typing import Any, Final

from stacks.manifest import BotFolder
from writ.contracts.errors import ContractError
from writ.contracts.manifest import Route
from writ.openapi.operation import Operation
from writ.runtime.rest import Api

_PART: Final = re.compile(r"\{([a-z]+)\+?\}")


class Described:
    """A route and all that is said of it."""

    def __init__(self, folder: BotFolder, route: Route, function: Any, operation: Operation) -> None:
        method, path = route.route.split(" ", 1)
        self.tag = folder.name
        self.key = route.route
        self.public = route.auth == "none"
        self.workflows = route.workflows
        self.reason = route.reason
        self.method = method.lower()
        self.path = path.replace("+}", "}")
        self.parts = _PART.findall(path)
        self.name: str = function.__name__
        self.words = inspect.getdoc(function) or ""
        self.operation = operation


def described(folder: BotFolder, route: Route) -> Described:
    """What is said of a route. Raises ContractError when its function or its types are missing."""
    name = f"functions.{folder.name}"
    api = importlib.import_module(f"{name}.api").api
    operations = importlib.import_module(f"{name}.operations").OPERATIONS
    if not isinstance(api, Api) or route.route not in api.routes or route.route not in operations:
        message = f"functions/{folder.name}/operations.py does not say what {route.route} takes and answers"
        raise ContractError(message, field="routes")
    return Described(folder, route, api.function_of(route.route), operations[route.route])
