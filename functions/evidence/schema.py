"""The schema of the evidence graph; `docs/reference/graph.graphql` is made from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from writ.ledger.graph import Kind, Relation

DEFAULT_PAGE: Final = 20
LONGEST_PAGE: Final = 100
DEFAULT_PATH: Final = 6
LONGEST_PATH: Final = 8

_MEANINGS: Final[Mapping[Relation, str]] = {
    Relation.CAUSED: "event caused action",
    Relation.REQUESTED: "actor requested action",
    Relation.PLANNED: "bot planned action",
    Relation.DECIDED: "decision decided action",
    Relation.BASED_ON: "decision is based on policy bundle",
    Relation.WAIVED_BY: "decision waived a rule by an exception, which is an artifact",
    Relation.GAVE: "actor gave approval",
    Relation.ANSWERED: "approval answered action",
    Relation.STATED: "bot stated, for others, an approval, an action's outcome or something about a thing",
    Relation.TARGETED: "action targeted a thing",
    Relation.MENTIONED: "action mentioned a thing in its parameters",
    Relation.OBSERVED: "action's outcome observed a thing",
    Relation.PUBLISHED: "action published event",
}

_NODE: Final = f"""
  "kind:name, the same for ever."
  id: ID!
  kind: NodeKind!
  "A few words for a picture."
  label: String!
  "What it is known from: all statements of its stream, or one where it is not made by a stream."
  evidence: [Evidence!]!
  "Its links, the newest first. A page may be shorter than `first` and yet have a next one."
  neighbors(
    "At most {LONGEST_PAGE}."
    first: Int! = {DEFAULT_PAGE}
    after: String
    "Only these relations."
    relations: [Relation!]
    "Only nodes of these kinds at the other end."
    kinds: [NodeKind!]
    "Only links that lead away from this node, or to it."
    direction: Direction
  ): NeighborConnection!
"""

_NAMED: Final = "  name: String!\n"
_FIELDS: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.ACTOR: ("A person. The name is a digest where it would be personal data.", _NAMED),
    Kind.BOT: ("A bot, or a function of the kernel that states things.", _NAMED),
    Kind.ACTION: (
        "What a bot planned; its stream has intent, approval where a person was asked, and outcome.",
        """  name: String!
  bot: String!
  "kind:id of what it acts on."
  target: String!
  "Null until its intent is in the log, as are verdict and time."
  reason: String
  verdict: String
  plannedAt: DateTime
  "Null until its outcome is in the log."
  status: String
  "Why it failed or was denied."
  code: String
""",
    ),
    Kind.ARTIFACT: (
        "A thing, by the SHA-256 of its content or, without content, of its name.",
        """  sha256: String!
  "kind:id, where a statement says so."
  name: String
""",
    ),
    Kind.EVENT: ("What led to an action.", "  type: String\n"),
    Kind.DECISION: (
        "The answer of policy to an action.",
        """  verdict: String
  reasons: [Reason!]!
  exceptions: [String!]!
  decidedAt: DateTime
""",
    ),
    Kind.APPROVAL: (
        "A person's answer to an action that waited for one.",
        """  approved: Boolean
  reason: String
  answeredAt: DateTime
""",
    ),
    Kind.POLICY_BUNDLE: ("The policies that a decision came from.", "  sha256: String!\n"),
    Kind.COMMIT: ("A commit.", _NAMED),
    Kind.RELEASE: ("A release.", _NAMED),
    Kind.CUSTOMER: ("A customer.", _NAMED),
    Kind.CONTROL: ("A control of an audit framework.", _NAMED),
}

_REST: Final = f'''
type Query {{
  "A node by its id; null when no statement in the log names it."
  node(id: ID!): Node
  """
  Nodes of a kind that statements name, the newest statements first, back to `since`: a day ago unless it says
  otherwise, seven days at most. A node comes once a page.
  """
  nodes(kind: NodeKind!, since: DateTime, first: Int! = {DEFAULT_PAGE}, after: String): NodeConnection!
  "The shortest way from one node to another, along links in either direction."
  path(
    from: ID!
    to: ID!
    "At most {LONGEST_PATH} links."
    maxDepth: Int! = {DEFAULT_PATH}
    relations: [Relation!]
  ): Path!
  "The log that every answer can be held against."
  log: Log!
}}

"A leaf of the log: an integer up to 2^53 - 1."
scalar LeafIndex

"RFC 3339, in UTC."
scalar DateTime

enum Direction {{
  "Away from the node."
  OUT
  "To the node."
  IN
}}

"One statement, as a way to check what is told from it."
type Evidence {{
  "Entry id; `GET /v1/evidence/{{id}}` has the signed statement."
  entry: ID!
  "`GET /v1/log/proof/{{index}}` proves it."
  leafIndex: LeafIndex!
  "Who stated it."
  bot: String!
  predicateType: String!
  time: DateTime!
}}

type Reason {{
  code: String!
  message: String!
}}

type NeighborConnection {{
  edges: [NeighborEdge!]!
  pageInfo: PageInfo!
}}

type NeighborEdge {{
  cursor: String!
  relation: Relation!
  "Of the link, as seen from the node whose neighbour it leads to."
  direction: Direction!
  evidence: Evidence!
  node: Node!
}}

type NodeConnection {{
  edges: [NodeEdge!]!
  pageInfo: PageInfo!
}}

type NodeEdge {{
  cursor: String!
  evidence: Evidence!
  node: Node!
}}

type PageInfo {{
  hasNextPage: Boolean!
  "Always false: connections are read forward."
  hasPreviousPage: Boolean!
  startCursor: String
  endCursor: String
}}

type Path {{
  "Whether there is a way within `maxDepth`, among what was looked at."
  found: Boolean!
  """
  Whether nothing was left out. Where it is false a hub had more links than are followed: there may be a
  shorter way, or one at all.
  """
  complete: Boolean!
  "Empty when there is no way, and from a node to itself."
  steps: [PathStep!]!
}}

type PathStep {{
  from: Node!
  relation: Relation!
  "OUT where the link leads the way of the path."
  direction: Direction!
  to: Node!
  evidence: Evidence!
}}

type Log {{
  "Leaves under the newest checkpoint; evidence from later ones is provable within seconds."
  size: LeafIndex!
  "The signed note (C2SP tlog-checkpoint)."
  checkpoint: String!
}}
'''


def type_name(kind: Kind) -> str:
    """The GraphQL type of a kind: `PolicyBundle` for `policy_bundle`."""
    return "".join(part.capitalize() for part in kind.split("_"))


def sdl() -> str:
    """The schema in GraphQL's schema definition language."""
    relations = "".join(f'  "{_MEANINGS[name]}"\n  {name.upper()}\n' for name in Relation)
    kinds = "".join(f"  {kind.upper()}\n" for kind in Kind)
    types = "".join(
        f'"{_FIELDS[kind][0]}"\ntype {type_name(kind)} implements Node {{{_NODE}{_FIELDS[kind][1]}}}\n\n'
        for kind in Kind
    )
    return (
        f'{_REST}\nenum NodeKind {{\n{kinds}}}\n\n"Source, relation, target: as the names say."\n'
        f"enum Relation {{\n{relations}}}\n\n"
        f'"Something that evidence names."\ninterface Node {{{_NODE}}}\n\n{types}'
    )
