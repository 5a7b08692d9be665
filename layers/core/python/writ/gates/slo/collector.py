"""The gate of error budgets: a merge to a service that has spent its budget needs a person."""

from collections.abc import Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from writ.contracts.errors import ContractError, from_validation
from writ.gates.codeowners import parse
from writ.gates.gate import Collected, Context, Gap, Gate
from writ.gates.model import Place, Rule, Severity
from writ.gates.tree import Tree, text

FILE: Final = ".gates/services.yaml"
_GUIDE: Final = "https://writ.example/guides/gates#windows-and-budgets"


class _Services(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, strict=True)

    services: dict[str, list[str]] = Field(max_length=500)


_SERVICES: Final = TypeAdapter(_Services)


def collect(tree: Tree, context: Context) -> Collected:
    """The budget of each service that the change touches.

    `.gates/services.yaml` maps services to paths, in the patterns of CODEOWNERS. `context.beside["slo"]` has
    the budgets that a control plane knows: normal, review, freeze, or None where one is unreadable.
    """
    written, before = tree.read(FILE), tree.read_base(FILE)
    if written is None and before is None:
        return Collected(skipped=f"there is no {FILE}")
    changes = tree.changes()
    rewritten = any(change.path == FILE for change in changes or ())
    budgets = context.beside.get("slo")
    if budgets is None and not rewritten:
        return Collected(skipped="only a control plane knows budgets: --api")
    services = {} if written is None else _read(text(written))
    if isinstance(services, str):
        remedy = "Write services: a name, and under it a list of patterns."
        return Collected(gaps=(Gap(FILE, f"{FILE}: {services}", remedy, Place(path=FILE)),))
    paths = tree.paths() if changes is None else [change.path for change in changes]
    # A change cannot take itself out of a service. A base that was broken says nothing, and is rewritten.
    old = {} if before is None else _read(text(before))
    both = [*services.items(), *(old.items() if isinstance(old, dict) else ())]
    touched = sorted({name for name, patterns in both if _touches(patterns, paths)})
    known = [] if budgets is None else touched
    facts: dict[str, Any] = {
        "services": [{"name": name, "budget": (budgets or {}).get(name) or "unreadable"} for name in known],
        "rewritten": [FILE] if rewritten else [],
    }
    return Collected(facts, counted={"services": len(touched)})


def touched(written: str, paths: Sequence[str]) -> list[str]:
    """The services of a file like `.gates/services.yaml` to which any path belongs. Raises ContractError."""
    services = _read(written)
    if isinstance(services, str):
        raise ContractError(services, field=FILE)
    return sorted(name for name, patterns in services.items() if _touches(patterns, paths))


def _touches(patterns: list[str], paths: Any) -> bool:
    owned = parse([f"{pattern} @service" for pattern in patterns])
    return any(owned.of(path) for path in paths)


def _read(written: str | None) -> dict[str, list[str]] | str:
    """Services by name, or what is wrong with the file."""
    import yaml

    from writ.yaml_bounds import load_small

    try:
        services = _SERVICES.validate_python(load_small(written or "")).services
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, ValidationError):
            problem = from_validation(error, "not as expected")
            return f"{problem.message} (at {problem.field})"
        return "not YAML, or more of it than is read"
    for name, patterns in services.items():
        for pattern in patterns:
            found = parse([f"{pattern} @service"]).lines
            if not found or found[0].problem:
                return f"{found[0].problem if found else 'a pattern is empty'} (at services.{name})"
    return services


GATE: Final = Gate(
    name="slo",
    summary="Error budgets of services",
    rules=(
        Rule(
            id="slo/budget-spent",
            title="No changed service has spent its error budget",
            severity=Severity.HIGH,
            link=_GUIDE,
        ),
        Rule(
            id="slo/budget-low",
            title="No changed service has little error budget left",
            severity=Severity.LOW,
            link=_GUIDE,
        ),
        Rule(
            id="slo/budget-unknown",
            title="The error budget of each changed service is known",
            severity=Severity.MEDIUM,
            link=_GUIDE,
        ),
        Rule(
            id="slo/rewritten",
            title="A person looks at a change of which paths are whose service",
            severity=Severity.HIGH,
            link=_GUIDE,
        ),
    ),
    collect=collect,
)
