"""`POST /v1/graph`: answers that can be audited, errors that name the field, and limits before execution."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest
from graphql import get_introspection_query

from functions.evidence.api import api
from functions.evidence.limits import MOST_BYTES
from tests.support.http import Answer, call
from tests.support.log_forge import ORIGIN, an_action, an_intent, an_outcome
from tests.unit.evidence.conftest import Log
from writ.contracts.errors import TransientError
from writ.ledger.checkpoint import open_checkpoint
from writ.ledger.merkle import verify_inclusion

NODE = "query($id: ID!) { node(id: $id) { id kind label evidence { entry leafIndex } } }"
NEIGHBORS = """
query($id: ID!, $first: Int! = 20, $after: String, $relations: [Relation!], $direction: Direction) {
  node(id: $id) {
    neighbors(first: $first, after: $after, relations: $relations, direction: $direction) {
      edges { cursor relation direction evidence { leafIndex } node { id } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""


def ask(query: str, headers: dict[str, str] | None = None, **variables: Any) -> Answer:
    body = {"query": query, "variables": variables}
    return call(api, "POST", "/v1/graph", body, headers=headers)


def data(query: str, **variables: Any) -> Any:
    answer = ask(query, **variables)
    assert "errors" not in answer.body, answer.body
    return answer.body["data"]


def error(answer: Answer) -> tuple[str, str | None]:
    (first, *_) = answer.body["errors"]
    return first["extensions"]["code"], first["extensions"].get("field")


def action(number: int) -> str:
    return f"action:{an_action(number).id}"


def test_a_node_is_shown_with_the_leaves_that_prove_it(log: Log) -> None:
    made = an_action(0)
    log.tell(an_outcome(made, log.tell(an_intent(made))))
    query = """query($id: ID!) { log { size checkpoint } node(id: $id) {
      __typename label evidence { leafIndex }
      ... on Action { bot target reason verdict status plannedAt code } } }"""
    found = data(query, id=action(0))
    node = found["node"]
    assert (node["__typename"], node["label"], node["target"]) == ("Action", made.name, "task:task-0")
    assert (node["bot"], node["verdict"], node["status"], node["code"]) == (
        "backlog",
        "allow",
        "succeeded",
        None,
    )
    head = open_checkpoint(found["log"]["checkpoint"].encode(), ORIGIN, log.forge.trust.log_key)
    assert found["log"]["size"] == head.size == 2
    for evidence in node["evidence"]:
        proof = call(api, "GET", f"/v1/log/proof/{evidence['leafIndex']}").body
        hashes = [b64decode(text) for text in proof["hashes"]]
        leaf = b64decode(proof["leaf_hash"])
        verify_inclusion(leaf, evidence["leafIndex"], head.size, proof=hashes, root=head.root)


def test_a_node_that_no_statement_names_is_null(log: Log) -> None:
    log.append(0)
    assert data(NODE, id=action(1)) == {"node": None}
    assert data(NODE, id="release:9.9") == {"node": None}


def test_every_kind_of_node_has_its_own_fields(log: Log) -> None:
    made = an_action(0)
    log.tell(an_intent(made))
    query = """query($id: ID!) { node(id: $id) { neighbors { edges { node { __typename label
      ... on Bot { name } ... on Event { type } ... on Artifact { sha256 title: name }
      ... on Decision { verdict reasons { code } exceptions decidedAt } } } } } }"""
    edges = data(query, id=action(0))["node"]["neighbors"]["edges"]
    nodes = {edge["node"]["__typename"]: edge["node"] for edge in edges}
    assert nodes["Bot"]["name"] == "backlog"
    assert nodes["Event"]["type"] == nodes["Event"]["label"] == "CheckFailed.v1"
    assert nodes["Artifact"]["title"] == nodes["Artifact"]["label"] == "task:task-0"
    assert nodes["Artifact"]["sha256"] == made.target.subject_digest()
    assert nodes["Decision"]["verdict"] == "allow"
    assert (nodes["Decision"]["reasons"], nodes["Decision"]["exceptions"]) == ([], [])


@pytest.mark.parametrize("first", [1, 2, 3, 7])
def test_pages_of_a_connection_add_up(log: Log, first: int) -> None:
    for number in range(5):
        log.append(number)
    seen: list[str] = []
    after = None
    for _ in range(6):
        page = data(NEIGHBORS, id="bot:backlog", first=first, after=after)["node"]["neighbors"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
        assert page["pageInfo"]["hasPreviousPage"] is False
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == [action(number) for number in (4, 3, 2, 1, 0)]


def test_edges_say_relation_direction_and_leaf(log: Log) -> None:
    for number in range(3):
        log.append(number)
    found = data(NEIGHBORS, id=action(1), relations=["PLANNED", "TARGETED"])["node"]["neighbors"]["edges"]
    said = {(edge["relation"], edge["direction"], edge["evidence"]["leafIndex"]) for edge in found}
    assert said == {("PLANNED", "IN", 1), ("TARGETED", "OUT", 1)}
    inward = data(NEIGHBORS, id=action(1), direction="IN")["node"]["neighbors"]["edges"]
    assert {edge["direction"] for edge in inward} == {"IN"}


def test_a_path_leads_along_links_with_their_evidence(log: Log) -> None:
    for number in range(3):
        log.append(number, bot="registry" if number == 2 else "backlog")
    query = """query($from: ID!, $to: ID!, $relations: [Relation!]) { path(from: $from, to: $to,
      relations: $relations) { found complete steps { from { id } relation direction to { id label }
      evidence { leafIndex } } } }"""
    path = data(query, **{"from": action(0), "to": "bot:registry"})["path"]
    assert (path["found"], path["complete"]) == (True, True)
    assert [(step["relation"], step["direction"]) for step in path["steps"]] == [
        ("CAUSED", "IN"),
        ("CAUSED", "OUT"),
        ("PLANNED", "IN"),
    ]
    assert path["steps"][0]["from"]["id"] == action(0)
    assert path["steps"][-1]["to"] == {"id": "bot:registry", "label": "registry"}
    for before, after in zip(path["steps"], path["steps"][1:], strict=False):
        assert before["to"]["id"] == after["from"]["id"]
    only = data(query, **{"from": action(0), "to": "bot:registry", "relations": ["PLANNED"]})["path"]
    assert only == {"found": False, "complete": True, "steps": []}
    assert data(query, **{"from": action(0), "to": action(0)})["path"]["steps"] == []


def test_nodes_of_a_kind_are_found_with_the_newest_first(log: Log) -> None:
    for number in range(4):
        log.append(number)
    query = """query($kind: NodeKind!, $first: Int! = 20, $after: String, $since: DateTime) {
      nodes(kind: $kind, first: $first, after: $after, since: $since) {
        edges { node { id } evidence { leafIndex } } pageInfo { hasNextPage endCursor } } }"""
    seen, after = [], None
    for _ in range(4):
        page = data(query, kind="ACTION", first=3, after=after)["nodes"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == [action(number) for number in (3, 2, 1, 0)]
    bots = data(query, kind="BOT")["nodes"]["edges"]
    assert [(edge["node"]["id"], edge["evidence"]["leafIndex"]) for edge in bots] == [("bot:backlog", 3)]
    late = data(query, kind="ACTION", since="2026-03-01T14:00:00Z")["nodes"]["edges"]
    assert [edge["node"]["id"] for edge in late] == [action(3), action(2)]


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("{", "graph.syntax", "query"),
        ("{ node(id: \"x\") { colour } }", "graph.invalid", "colour"),
        ("{ nobody }", "graph.invalid", "nobody"),
        ("query($id: ID!) { node(id: $id) { id } }", "graph.variable", "id"),
        ("query A { log { size } } query B { log { size } }", "graph.operation", "operationName"),
        ("mutation { forget }", "graph.invalid", "query"),
        ("{ nodes(kind: BOT, first: 0) { edges { cursor } } }", "contract.invalid", "first"),
        ("{ nodes(kind: BOT, first: 101) { edges { cursor } } }", "contract.invalid", "first"),
        ('{ path(from: "bot:a", to: "bot:b", maxDepth: 9) { found } }', "contract.invalid", "maxDepth"),
        ("{ " + "log { size } " * 600 + "}", "graph.syntax", "query"),
        ("{ node" * 200, "graph.syntax", "query"),
        ("query($n: Int!) { nodes(kind: BOT, first: $n) { edges { cursor } } }", "graph.variable", "n"),
        ("fragment A on Node { ...B } fragment B on Node { ...A } { log { size } }", "graph.invalid", "B"),
    ],
)  # fmt: skip
def test_a_query_that_cannot_be_executed_is_refused_whole(
    log: Log, query: str, code: str, field: str
) -> None:
    answer = ask(query)
    assert (answer.status, error(answer)) == (400, (code, field))
    assert "data" not in answer.body
    assert answer.headers["Content-Type"].startswith("application/graphql-response+json")


PAGE = "neighbors(first: %d) { edges { node { %s } } }"
NINE_PATHS = " ".join(f'a{n}: path(from: "bot:a", to: "bot:b") {{ found }}' for n in range(9))
FIVE_LISTS = " ".join(f"a{n}: nodes(kind: BOT, first: 100) {{ edges {{ cursor }} }}" for n in range(5))
FIVE_HOPS = PAGE % (1, PAGE % (1, PAGE % (1, PAGE % (1, PAGE % (1, "id")))))


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ('{ node(id: "bot:a") { %s } }' % (PAGE % (100, PAGE % (100, "id"))), "graph.too_costly"),
        ('{ node(id: "bot:a") { %s } }' % (PAGE % (20, PAGE % (20, PAGE % (20, "id")))), "graph.too_costly"),
        (f"{{ {NINE_PATHS} }}", "graph.too_costly"),
        (f"{{ {FIVE_LISTS} }}", "graph.too_costly"),
        ('fragment F on Node { neighbors(first: 99) { edges { node { id } } } } '
         '{ node(id: "bot:a") { neighbors(first: 9) { edges { node { ...F } } } } }', "graph.too_costly"),
        ('{ node(id: "bot:a") { ... on Bot { neighbors(first: 99) { edges { node { ... on Action { '
         'neighbors(first: 9) { edges { cursor } } } } } } } } }', "graph.too_costly"),
        (f'{{ node(id: "bot:a") {{ {FIVE_HOPS} }} }}', "graph.too_deep"),
    ],
)  # fmt: skip
def test_a_query_beyond_the_limits_reads_nothing(
    log: Log, monkeypatch: pytest.MonkeyPatch, query: str, code: str
) -> None:
    monkeypatch.setattr(log.index, "latest", None)
    monkeypatch.setattr(log.index, "find", None)
    answer = ask(query)
    assert (answer.status, error(answer)) == (400, (code, "query"))


def test_fragments_that_multiply_are_counted_without_being_written_out(log: Log) -> None:
    parts = ["fragment F0 on Node { evidence { entry } }"]
    parts += [f"fragment F{n} on Node {{ ...F{n - 1} ...F{n - 1} }}" for n in range(1, 40)]
    answer = ask(" ".join(parts) + ' { node(id: "bot:a") { ...F39 } }')
    assert (answer.status, error(answer)) == (400, ("graph.too_costly", "query"))


def test_limits_count_variables(log: Log) -> None:
    log.append(0)
    page = "neighbors(first: $n) { edges { node { evidence { entry } } } }"
    query = f'query($n: Int!) {{ node(id: "bot:backlog") {{ {page} }} }}'
    assert ask(query, n=100).status == 200
    assert ask(query, n=100).body["extensions"]["nodes"] == 202
    assert error(ask(query, n=-1)) == ("contract.invalid", "first")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ('{ node(id: "nonsense") { id } }', "id"),
        ('{ node(id: "action:1") { id } }', "id"),
        ('{ path(from: "x", to: "bot:b") { found } }', "from"),
        ('{ path(from: "bot:b", to: "x") { found } }', "to"),
        ('{ nodes(kind: BOT, after: "x") { edges { cursor } } }', "after"),
        ('{ nodes(kind: BOT, after: "WzEsMF0") { edges { cursor } } }', "after"),
        ('{ nodes(kind: BOT, since: "yesterday") { edges { cursor } } }', "since"),
        ('{ nodes(kind: BOT, since: "2026-03-01T00:00:00") { edges { cursor } } }', "since"),
        ('{ nodes(kind: BOT, since: "2020-01-01T00:00:00Z") { edges { cursor } } }', "since"),
        ('{ node(id: "bot:backlog") { neighbors(after: "é") { edges { cursor } } } }', "after"),
        ('{ node(id: "bot:backlog") { neighbors(after: "Wy0xLDBd") { edges { cursor } } } }', "after"),
        ('{ node(id: "bot:backlog") { neighbors(after: "W3RydWUsMF0") { edges { cursor } } } }', "after"),
    ],
)
def test_a_bad_argument_is_named_with_the_place_in_the_answer(log: Log, query: str, field: str) -> None:
    log.append(0)
    answer = ask(query)
    assert (answer.status, error(answer)) == (200, ("contract.invalid", field))
    assert answer.body["errors"][0]["path"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ("not JSON", 400, "body"),
        ([], 400, "body"),
        ({}, 400, "query"),
        ({"query": 7}, 400, "query"),
        ({"query": "{ log { size } }", "variables": []}, 400, "variables"),
        ({"query": "{ log { size } }", "operationName": 1}, 400, "operationName"),
        ({"query": "{ log { size } }", "id": "x"}, 400, "id"),
        ({"query": "#" * (MOST_BYTES + 1)}, 413, "query"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_graphql_request_gets_a_problem_document(
    log: Log, body: object, status: int, field: str
) -> None:
    answer = call(api, "POST", "/v1/graph", body)
    assert (answer.status, answer.body["field"]) == (status, field)
    assert answer.headers["Content-Type"].startswith("application/problem+json")


def test_a_client_that_knows_only_json_gets_json_and_200(log: Log) -> None:
    answer = ask("{ nobody }", headers={"accept": "application/json"})
    assert (answer.status, error(answer)) == (200, ("graph.invalid", "nobody"))
    assert answer.headers["Content-Type"].startswith("application/json")
    both = ask("{ nobody }", headers={"accept": "application/json, application/graphql-response+json"})
    assert both.status == 400


def test_nobody_asks_without_being_known(log: Log) -> None:
    answer = call(api, "POST", "/v1/graph", {"query": "{ log { size } }"}, sub=None)
    assert (answer.status, answer.body["code"]) == (401, "authentication.missing")


def test_what_goes_wrong_inside_stays_inside(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    log.append(0)

    def fail(error: Exception) -> None:
        def failing(*_: object) -> None:
            raise error

        monkeypatch.setattr(log.index, "latest", failing)

    fail(TransientError("reading: table writ-secret-name is away"))
    answer = ask(NODE, id="bot:backlog")
    assert (answer.status, error(answer)) == (200, ("dependency.unavailable", None))
    assert "secret" not in str(answer.body)
    fail(ZeroDivisionError("a secret"))
    answer = ask(NODE, id="bot:backlog")
    assert (answer.status, error(answer)) == (200, ("internal", None))
    assert "secret" not in str(answer.body)


def test_tools_may_read_the_schema_but_not_walk_it_without_end(log: Log) -> None:
    found = data(get_introspection_query())["__schema"]
    assert {"Action", "Node", "NeighborConnection"} <= {kind["name"] for kind in found["types"]}
    fields = "type { fields { type { fields { type { fields { name } } } } } }"
    deep = f"{{ __schema {{ types {{ fields {{ {fields} }} }} }} }}"
    assert error(ask(deep))[0] == "graph.invalid"
