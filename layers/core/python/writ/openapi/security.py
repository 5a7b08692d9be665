"""Security requirements: what was enough to be let in must stay enough."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from writ.openapi.change import listed, shown
from writ.openapi.context import Where
from writ.openapi.document import Document, UnreadableError, as_list, as_object

Alternative = dict[str, frozenset[str]]

_FACTS: Final = ("type", "in", "name", "scheme", "openIdConnectUrl")
_IN_LOWER_CASE: Final = ("type", "in", "scheme")
_ADDRESSES: Final = ("authorizationUrl", "tokenUrl", "refreshUrl")


def compare_security(where: Where, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Record what changed in how a caller of an operation proves who he is."""
    at = where.below("security")
    with at.readable():
        renamed = _renamed(where.context.old, where.context.new)
        before = [
            {renamed.get(name, name): scopes for name, scopes in each.items()}
            for each in _alternatives(where.context.old, old)
        ]
        after = _alternatives(where.context.new, new)
        easier = False
        for each in before:
            if not each and not any(not other for other in after):
                at.add("security.required", "who is not authenticated is refused now")
            elif not any(_enough(each, other) for other in after):
                more = [other for other in after if other.keys() <= each.keys()]
                if more:
                    scopes = sorted(
                        set().union(*(other[name] - each[name] for other in more for name in other))
                    )
                    at.add("security.scope-added", f"{_told(each)} needs {listed(scopes)} as well")
                else:
                    at.add("security.alternative-removed", f"{_told(each)} is enough no more")
        for other in after:
            easier = easier or not any(_enough(other, each) for each in before)
        if easier:
            ways = [_told(other) for other in after if not any(_enough(other, each) for each in before)]
            at.add("security.alternative-added", f"{listed(ways)} is enough now")


def compare_schemes(where: Where, used: set[str]) -> None:
    """Record what changed in the definitions of the schemes that some operation of the old document uses."""
    before, after = _schemes(where.context.old), _schemes(where.context.new)
    for name in sorted(used & before.keys() & after.keys()):
        at = where.below(f"security scheme {shown(name)}")
        with at.readable():
            old, new = where.context.old.object(before[name]), where.context.new.object(after[name])
            one, other = _facts(old), _facts(new)
            if changed := [fact for fact in _FACTS if one.get(fact) != other.get(fact)]:
                told = ", ".join(
                    f"{fact} was {shown(one.get(fact))}, now {shown(other.get(fact))}" for fact in changed
                )
                at.add("security.scheme-changed", told)
            elif one["type"] == "oauth2":
                _flows(at, old, new)


def used_schemes(document: Document, operation: Mapping[str, Any]) -> set[str]:
    """The names of the schemes that an operation asks for; none where that cannot be read."""
    try:
        return {name for each in _alternatives(document, operation, defined=False) for name in each}
    except UnreadableError:
        return set()


def _alternatives(
    document: Document, operation: Mapping[str, Any], *, defined: bool = True
) -> list[Alternative]:
    """Ways to be let in, each a set of schemes with scopes; an empty one lets anybody in."""
    asked = operation.get("security", document.root.get("security", ()))
    found: list[Alternative] = []
    known = _schemes(document) if defined else {}
    for part in as_list(asked, "security"):
        made: Alternative = {}
        for name, scopes in as_object(part, "security").items():
            if defined and name not in known:
                raise UnreadableError(
                    f"security scheme `{shown(name)}` is not defined", code="security.scheme-undefined"
                )
            made[name] = frozenset(str(scope) for scope in as_list(scopes, "security"))
        if made not in found:
            found.append(made)
    return found or [{}]


def _enough(held: Alternative, asked: Alternative) -> bool:
    """Whether who can prove what is held fulfils what is asked."""
    return all(name in held and scopes <= held[name] for name, scopes in asked.items())


def _renamed(old: Document, new: Document) -> dict[str, str]:
    """Names of old schemes that are gone, with the one new name that is defined the same."""
    before, after = _schemes(old), _schemes(new)
    found: dict[str, str] = {}
    for name in before.keys() - after.keys():
        try:
            definition = _facts(old.object(before[name]), flows=True)
            same = [
                other
                for other in after.keys() - before.keys()
                if _facts(new.object(after[other]), flows=True) == definition
            ]
        except UnreadableError:
            continue
        if len(same) == 1:
            found[name] = same[0]
    return found


def _schemes(document: Document) -> Mapping[str, Any]:
    components = as_object(document.root.get("components", {}), "components")
    return as_object(components.get("securitySchemes", {}), "securitySchemes")


def _facts(scheme: Mapping[str, Any], *, flows: bool = False) -> dict[str, Any]:
    """What decides how a scheme is used. Raises UnreadableError for one without a type."""
    if not isinstance(scheme.get("type"), str):
        raise UnreadableError("a security scheme has no type")
    facts = {name: scheme[name] for name in _FACTS if name in scheme}
    for name in _IN_LOWER_CASE:
        if name in facts:
            facts[name] = str(facts[name]).lower()
    if facts["type"] == "apikey" and facts.get("in") == "header":
        facts["name"] = str(facts.get("name")).lower()
    if flows and "flows" in scheme:
        facts["flows"] = scheme["flows"]
    return facts


def _flows(at: Where, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    before, after = as_object(old.get("flows", {}), "flows"), as_object(new.get("flows", {}), "flows")
    for name in before:
        if name not in after:
            at.add("security.flow-removed", f"flow {shown(name)} is gone")
            continue
        one, other = as_object(before[name], name), as_object(after[name], name)
        for address in _ADDRESSES:
            if one.get(address) != other.get(address):
                told = f"was {shown(one.get(address))}, now {shown(other.get(address))}"
                at.add("security.flow-changed", f"{address} of {shown(name)} {told}")
        scopes = [as_object(flow.get("scopes", {}), "scopes").keys() for flow in (one, other)]
        if gone := sorted(scopes[0] - scopes[1]):
            at.add("security.flow-changed", f"{shown(name)} has scope {listed(gone)} no more")
        if come := sorted(scopes[1] - scopes[0]):
            at.add("security.flow-added", f"{shown(name)} has scope {listed(come)}")
    for name in after:
        if name not in before:
            at.add("security.flow-added", f"flow {shown(name)} is new")


def _told(alternative: Alternative) -> str:
    return " with ".join(shown(name) for name in alternative) or "nothing"
