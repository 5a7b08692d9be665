"""The evidence graph from outside: what led where, and that the log proves every answer."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

from tests.e2e.conftest import Person, World
from tests.e2e.test_people import failing, states
from writ.ledger.merkle import verify_inclusion

AROUND = """query($id: ID!) { node(id: $id) { label neighbors { edges { relation direction
  evidence { entry leafIndex } node { id kind label } } } } }"""
PATH = """query($from: ID!, $to: ID!) { log { size checkpoint }
  path(from: $from, to: $to) { found complete steps { relation to { id } evidence { leafIndex } } } }"""


def ask(person: Person, query: str, **variables: Any) -> Any:
    answer = person("POST", "v1/graph", {"query": query, "variables": variables})
    assert answer.status_code == 200, answer.text
    assert "errors" not in answer.json(), answer.text
    return answer.json()["data"]


def test_a_webhook_is_linked_to_all_it_led_to_and_the_log_proves_it(world: World, operator: Person) -> None:
    (receipt,) = world.send(failing("graphed"))
    assert receipt.event_id
    world.settle()
    assert states(operator, receipt.event_id) == [("succeeded", None)]
    event = f"event:{receipt.event_id}"
    caused = ask(operator, AROUND, id=event)["node"]["neighbors"]["edges"]
    seen = {(edge["relation"], edge["direction"], edge["node"]["kind"]) for edge in caused}
    assert seen == {("CAUSED", "OUT", "ACTION")}
    counted = {
        item["id"] for item in operator("GET", "v1/actions", bot="backlog", limit="100").json()["items"]
    }
    (action,) = (id for edge in caused if (id := edge["node"]["id"]).removeprefix("action:") in counted)
    around = ask(operator, AROUND, id=action)["node"]["neighbors"]["edges"]
    kinds = {edge["relation"]: edge["node"]["kind"] for edge in around}
    assert kinds == {"CAUSED": "EVENT", "PLANNED": "BOT", "DECIDED": "DECISION", "TARGETED": "ARTIFACT"}
    bundle = operator("GET", "v1/policy/bundle").json()["digest"]
    found = ask(operator, PATH, **{"from": event, "to": f"policy_bundle:{bundle}"})
    assert found["path"]["found"]  # `complete` only where a few links lead on
    assert [step["relation"] for step in found["path"]["steps"]] == ["CAUSED", "DECIDED", "BASED_ON"]
    signed = found["log"]["checkpoint"].split("\n")
    for step in found["path"]["steps"]:
        index = step["evidence"]["leafIndex"]
        proof = operator("GET", f"v1/log/proof/{index}", size=signed[1]).json()
        hashes = [b64decode(text) for text in proof["hashes"]]
        root, leaf = b64decode(signed[2]), b64decode(proof["leaf_hash"])
        verify_inclusion(leaf, index, int(signed[1]), proof=hashes, root=root)


def test_a_query_that_asks_too_much_is_refused_and_names_the_field(operator: Person) -> None:
    page = "neighbors(first: 100) { edges { node { %s } } }"
    deep = f'{{ node(id: "bot:backlog") {{ {page % (page % "id")} }} }}'
    for query, code, field in (
        (deep, "graph.too_costly", "query"),
        ("{ nobody }", "graph.invalid", "nobody"),
    ):
        answer = operator("POST", "v1/graph", {"query": query})
        assert answer.status_code == 400
        assert answer.headers["content-type"].startswith("application/graphql-response+json")
        assert answer.json()["errors"][0]["extensions"] == {"code": code, "field": field}
    answer = operator("POST", "v1/graph", {"variables": {}})
    assert (answer.status_code, answer.json()["field"]) == (400, "query")
