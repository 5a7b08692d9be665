"""Answers GraphQL requests: https://graphql.github.io/graphql-over-http/draft/"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLError,
    MaxIntrospectionDepthRule,
    execute_sync,
    get_operation_ast,
    get_variable_values,
    parse,
    specified_rules,
    validate,
)
from graphql.language.ast import NameNode

from functions.evidence.graph import EvidenceGraph
from functions.evidence.limits import MOST_BYTES, MOST_TOKENS, Estimate
from functions.evidence.ports import Ports
from functions.evidence.resolvers import World, resolve_type, schema
from writ.contracts.errors import ContractError, WritError
from writ.runtime import telemetry
from writ.runtime.rest import JSON, Request, Response

MEDIA_TYPE: Final = "application/graphql-response+json"
_MOST_ERRORS: Final = 10
_MEMBERS: Final = ("query", "variables", "operationName", "extensions")


@dataclass(frozen=True, slots=True)
class Query:
    """The members of a request's body."""

    text: str
    variables: Mapping[str, Any]
    operation: str | None


def answer(request: Request, ports: Ports) -> Response:
    """The data a query asks for, or GraphQL errors; a problem document for what is no GraphQL request.

    Raises ContractError that names the member of the body.
    """
    query = read(request.json())
    kind = JSON if _wants_json(request.headers.get("accept", "")) else MEDIA_TYPE
    world = World(EvidenceGraph(ports.entries, ports.index), ports, ports.clock.now())
    result = run(query, world)
    # A request that was not executed has no `data`; plain JSON has always been answered with 200.
    status = 400 if "data" not in result and kind == MEDIA_TYPE else 200
    return Response(result, status, content_type=f"{kind}; charset=utf-8")


def read(body: Any) -> Query:
    """The members of a body. Raises ContractError that names the one at fault."""
    if not isinstance(body, dict):
        raise ContractError("the body is an object with a query", field="body")
    if unknown := sorted(body.keys() - set(_MEMBERS)):
        raise ContractError(f"no such member; there are {', '.join(_MEMBERS)}", field=unknown[0][:64])
    text, variables, operation = body.get("query"), body.get("variables"), body.get("operationName")
    if not isinstance(text, str) or not text:
        raise ContractError("query is a GraphQL document", field="query")
    if len(text.encode()) > MOST_BYTES:
        raise ContractError(f"query is over {MOST_BYTES} bytes", code="too_large", field="query")
    if not isinstance(variables, dict | None):
        raise ContractError("variables is an object", field="variables")
    if not isinstance(operation, str | None):
        raise ContractError("operationName is the name of an operation", field="operationName")
    return Query(text, variables or {}, operation)


def run(query: Query, world: World) -> dict[str, Any]:
    """The response to a query: `data`, and `errors` where there are any."""
    try:
        document = _parsed(query.text)
        if problems := validate(
            schema(), document, [*specified_rules, MaxIntrospectionDepthRule], _MOST_ERRORS
        ):
            return {"errors": [_refused(problem, "graph.invalid") for problem in problems]}
        operation = get_operation_ast(document, query.operation)
        if operation is None:
            raise ContractError(
                "operationName does not name an operation of the document",
                code="graph.operation",
                field="operationName",
            )
        variables = get_variable_values(
            schema(), operation.variable_definitions or (), dict(query.variables), _MOST_ERRORS
        )
        if isinstance(variables, list):
            return {"errors": [_refused(problem, "graph.variable") for problem in variables]}
        fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        cost = Estimate(schema(), variables, fragments).of(operation)
    except GraphQLError as problem:
        return {"errors": [_refused(problem, "graph.syntax")]}
    except ContractError as problem:
        return {"errors": [_error(problem)]}
    result = execute_sync(
        schema(),
        document,
        context_value=world,
        variable_values=dict(query.variables),
        operation_name=query.operation,
        type_resolver=resolve_type,
    )
    return _response(result, cost.nodes)


def _parsed(text: str) -> DocumentNode:
    try:
        return parse(text, max_tokens=MOST_TOKENS)
    except RecursionError:
        raise ContractError("the query is nested too deeply", code="graph.too_deep", field="query") from None


def _response(result: ExecutionResult, cost: int) -> dict[str, Any]:
    response: dict[str, Any] = {"data": result.data, "extensions": {"nodes": cost}}
    if result.errors:
        response["errors"] = [_failed(error) for error in result.errors]
    return response


def _refused(error: GraphQLError, code: str) -> dict[str, Any]:
    """An error in the document or its variables, with the name that it is about."""
    made = _error(ContractError(error.message, code=code, field=_field(error)))
    if error.locations:
        made["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    return made


def _failed(error: GraphQLError) -> dict[str, Any]:
    """An error of a field; what went wrong on our side stays inside."""
    cause = error.original_error
    if not isinstance(cause, WritError):
        cause = WritError("something went wrong on our side", code="internal")
    if not _theirs(cause):
        failure = type(error.original_error).__name__
        telemetry.logger("evidence").error("a field failed", code=cause.code, error=failure, path=error.path)
    return {**_error(cause), "path": error.path}


def _theirs(error: WritError) -> bool:
    """Whether the caller can do something about an error."""
    return isinstance(error, ContractError) or error.code.startswith("not_found")


def _error(error: WritError) -> dict[str, Any]:
    extensions = {"code": error.code, **({"field": error.field} if error.field else {})}
    message = error.message if _theirs(error) else "the evidence cannot be read now"
    return {"message": message, "extensions": extensions}


def _field(error: GraphQLError) -> str:
    for node in error.nodes or ():
        name = getattr(node, "name", None) or getattr(getattr(node, "variable", None), "name", None)
        if isinstance(name, NameNode):
            return name.value
    return "query"


def _wants_json(accept: str) -> bool:
    """Whether a client asks for JSON and does not know GraphQL's own media type."""
    kinds: Sequence[str] = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return JSON in kinds and MEDIA_TYPE not in kinds
