"""What a query may cost, worked out before any of it is executed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    assert_object_type,
    get_named_type,
)
from graphql.execution.values import VariableValues, get_argument_values

from functions.evidence.schema import LONGEST_PAGE, LONGEST_PATH
from writ.contracts.errors import ContractError

MOST_BYTES: Final = 16 * 1024
MOST_TOKENS: Final = 1500
MOST_DEEP: Final = 16
MOST_NODES: Final = 500
# A search reads up to fifty pages of links: three of them take about half of what a function has.
PATH_NODES: Final = 160

_Type: TypeAlias = GraphQLObjectType | GraphQLInterfaceType
# Fields that read, and how many nodes each reads by itself.
_READS: Final = {
    ("Query", "node"): 1,
    ("Query", "nodes"): 1,
    ("Query", "path"): PATH_NODES,
    ("Query", "log"): 1,
    ("Node", "neighbors"): 1,
    ("Node", "evidence"): 1,
}
_BOUNDS: Final = {"first": LONGEST_PAGE, "maxDepth": LONGEST_PATH}


@dataclass(frozen=True, slots=True)
class Cost:
    """How many nodes a query asks for at most, and how deeply its fields are nested."""

    nodes: int = 0
    depth: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.nodes + other.nodes, max(self.depth, other.depth))


@dataclass(slots=True)
class Estimate:
    """Adds up one operation. Every fragment counts in full, whatever its type turns out to be."""

    schema: GraphQLSchema
    variables: VariableValues
    fragments: Mapping[str, FragmentDefinitionNode]
    _spread: dict[str, Cost] = field(default_factory=dict)

    def of(self, operation: OperationDefinitionNode) -> Cost:
        """The cost of a validated operation.

        Raises ContractError, `graph.too_deep`, `graph.too_costly` or for an argument out of bounds.
        """
        cost = self._selected(operation.selection_set, self._type("Query"))
        if cost.depth > MOST_DEEP:
            raise ContractError(
                f"the query is nested {cost.depth} fields deep; {MOST_DEEP} are allowed",
                code="graph.too_deep",
                field="query",
            )
        if cost.nodes > MOST_NODES:
            raise ContractError(
                f"the query asks for up to {cost.nodes} nodes; {MOST_NODES} are allowed",
                code="graph.too_costly",
                field="query",
            )
        return cost

    def _selected(self, selected: SelectionSetNode | None, parent: _Type) -> Cost:
        total = Cost()
        for selection in selected.selections if selected else ():
            total += self._selection(selection, parent)
        return total

    def _selection(self, selection: SelectionNode, parent: _Type) -> Cost:
        match selection:
            case FieldNode():
                return self._field(selection, parent)
            case FragmentSpreadNode():
                return self._fragment(selection.name.value)
            case InlineFragmentNode():
                condition = selection.type_condition
                inner = self._type(condition.name.value) if condition else parent
                return self._selected(selection.selection_set, inner)
        raise TypeError(type(selection).__name__)

    def _fragment(self, name: str) -> Cost:
        if name not in self._spread:
            fragment = self.fragments[name]
            inner = self._type(fragment.type_condition.name.value)
            self._spread[name] = self._selected(fragment.selection_set, inner)
        return self._spread[name]

    def _field(self, node: FieldNode, parent: _Type) -> Cost:
        name = node.name.value
        if name.startswith("__"):
            return Cost(0, 1)  # introspection reads nothing; a rule of its own bounds its depth
        definition = parent.fields[name]
        arguments = get_argument_values(definition, node, self.variables)
        below = Cost()
        inner = get_named_type(definition.type)
        if isinstance(inner, GraphQLObjectType | GraphQLInterfaceType):
            below = self._selected(node.selection_set, inner)
        owners = (parent.name, *(interface.name for interface in parent.interfaces))
        reads = max(_READS.get((owner, name), 0) for owner in owners)
        return Cost(reads + _times(name, arguments) * below.nodes, below.depth + 1) + _asked(arguments)

    def _type(self, name: str) -> _Type:
        found = self.schema.type_map[name]
        return found if isinstance(found, GraphQLInterfaceType) else assert_object_type(found)


def _times(name: str, arguments: Mapping[str, Any]) -> int:
    """How often what is selected below a field is read at most."""
    if name == "path":
        return int(arguments["maxDepth"]) + 1
    return int(arguments.get("first", 1))


def _asked(arguments: Mapping[str, Any]) -> Cost:
    """The nodes of a page."""
    for name, most in _bounded(arguments):
        if not 1 <= arguments[name] <= most:
            raise ContractError(f"{name} is a number from 1 to {most}", field=name)
    return Cost(int(arguments.get("first", 0)))


def _bounded(arguments: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    return ((name, most) for name, most in _BOUNDS.items() if name in arguments)
