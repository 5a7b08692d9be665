"""`writ whoami`: who the token makes you."""

from __future__ import annotations

from cli.login import TOKEN_VARIABLE, Login, claims
from cli.output import CommandError, JsonFlag, facts, reporting
from cli.plane import Plane


def whoami(as_json: JsonFlag = False) -> None:
    """Your id, by which flags and approvals tell people apart, and the name that others see."""
    with reporting(as_json) as output:
        said = claims(Login.of(Plane.load()).token())
        if not (id := said.get("sub")):
            message = "the token does not say whose it is"
            raise CommandError(message, code="login.unnamed", field=TOKEN_VARIABLE)
        person = {"id": str(id), "name": str(said.get("username") or said.get("cognito:username") or id)}
        output.show(person, facts("", person))
