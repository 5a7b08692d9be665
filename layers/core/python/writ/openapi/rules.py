"""Every rule, by its id. Ids are stable: exceptions and reports name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from writ.openapi.change import Effect


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of change; `mirror` is the rule of the same change undone, where that is exactly its reverse."""

    id: str
    effect: Effect
    summary: str
    mirror: str | None = None


def _pair(narrowed: str, why: str, widened: str, why_not: str) -> tuple[Rule, Rule]:
    return (
        Rule(narrowed, Effect.NARROWED, why, widened),
        Rule(widened, Effect.WIDENED, why_not, narrowed),
    )


def _same(name: str, effect: Effect, summary: str) -> Rule:
    return Rule(name, effect, summary, name)


def _bounds() -> tuple[Rule, ...]:
    made: list[Rule] = []
    for word in ("minimum", "min-length", "min-items", "min-properties"):
        raised, lowered = f"schema.{word}-raised", f"schema.{word}-lowered"
        made += _pair(raised, "A lower bound is higher, or new.", lowered, "A lower bound is lower, or gone.")
    for word in ("maximum", "max-length", "max-items", "max-properties"):
        lowered, raised = f"schema.{word}-lowered", f"schema.{word}-raised"
        made += _pair(
            lowered, "An upper bound is lower, or new.", raised, "An upper bound is higher, or gone."
        )
    return tuple(made)


def _removal(thing: str, name: str) -> tuple[Rule, ...]:
    """What was announced as deprecated may go once its sunset is over: RFC 8594."""
    return (
        Rule(f"{name}.removed", Effect.LOST, f"{thing} is gone and was not deprecated."),
        Rule(
            f"{name}.removed-without-sunset", Effect.LOST, f"{thing} is gone; it was deprecated, no day said."
        ),
        Rule(f"{name}.removed-before-sunset", Effect.LOST, f"{thing} is gone before the day that was said."),
        Rule(f"{name}.removed-after-sunset", Effect.NEUTRAL, f"{thing} is gone, its sunset is over."),
        Rule(
            f"{name}.removed-sunset-unreadable", Effect.UNDECIDED, f"{thing} is gone; its sunset is no date."
        ),
        Rule(f"{name}.deprecated", Effect.NEUTRAL, f"{thing} is deprecated."),
        Rule(f"{name}.reinstated", Effect.NEUTRAL, f"{thing} is deprecated no more."),
        Rule(f"{name}.sunset-earlier", Effect.LOST, f"{thing} ends sooner than was said."),
        Rule(f"{name}.sunset-changed", Effect.NEUTRAL, f"{thing} has another, not an earlier, sunset."),
    )


_ALL: Final = (
    Rule("document.unreadable", Effect.UNDECIDED, "It is no OpenAPI 3.0 or 3.1 document."),
    Rule("document.version-changed", Effect.NEUTRAL, "The version of OpenAPI is another."),
    Rule("document.too-large", Effect.UNDECIDED, "More is to be compared than is compared in one run."),
    Rule("part.unreadable", Effect.UNDECIDED, "A part has not the form that OpenAPI asks for."),
    Rule("reference.unresolvable", Effect.UNDECIDED, "A reference leads nowhere, or out of the document."),
    # Paths, operations, callbacks, webhooks.
    *_removal("An operation", "operation"),
    Rule("operation.added", Effect.NEUTRAL, "There is a new operation."),
    Rule("operation.id-changed", Effect.LOST, "The operationId is another: SDKs name functions by it."),
    Rule("operation.id-added", Effect.NEUTRAL, "The operation has an operationId now."),
    Rule("path.parameter-renamed", Effect.NEUTRAL, "A variable of the path has another name."),
    Rule("callback.removed", Effect.LOST, "A callback or webhook is sent no more."),
    Rule("callback.added", Effect.NEUTRAL, "There is a new callback or webhook."),
    # Parameters.
    *_removal("A parameter", "parameter"),
    Rule("parameter.added-required", Effect.NARROWED, "There is a new parameter that must be sent."),
    Rule("parameter.added-optional", Effect.NEUTRAL, "There is a new parameter that may be sent."),
    Rule("parameter.location-changed", Effect.LOST, "A parameter is sent elsewhere."),
    *_pair("parameter.required", "It must be sent.", "parameter.optional", "It may be left out."),
    _same("parameter.serialization-changed", Effect.INCOMPARABLE, "A value is written in another way."),
    *_pair(
        "parameter.empty-refused",
        "An empty value is refused.",
        "parameter.empty-allowed",
        "An empty value is allowed.",
    ),
    # Bodies and responses.
    Rule("request-body.added-required", Effect.NARROWED, "A body must be sent."),
    Rule("request-body.added-optional", Effect.NEUTRAL, "A body may be sent."),
    Rule("request-body.removed", Effect.LOST, "A body is taken no more."),
    *_pair("request-body.required", "A body must be sent.", "request-body.optional", "It may be left out."),
    Rule("media-type.removed", Effect.LOST, "A media type is gone."),
    Rule("media-type.added", Effect.NEUTRAL, "There is a new media type."),
    _same("media-type.encoding-changed", Effect.UNDECIDED, "Parts of a form are written in another way."),
    Rule("response.success-removed", Effect.LOST, "A status of success is answered no more."),
    Rule("response.error-removed", Effect.NEUTRAL, "A status of failure is answered no more."),
    Rule("response.default-removed", Effect.LOST, "What other statuses answer is said no more."),
    Rule("response.added", Effect.NEUTRAL, "A new status: clients know its class (RFC 9110, section 15)."),
    Rule("response-header.removed", Effect.LOST, "A header is answered no more."),
    Rule("response-header.added", Effect.NEUTRAL, "There is a new header."),
    *_pair(
        "response-header.required", "It is always there.", "response-header.optional", "It may be missing."
    ),
    # Security and servers.
    Rule("security.required", Effect.NARROWED, "Who is not authenticated is refused now."),
    Rule("security.alternative-removed", Effect.LOST, "A way to authenticate is enough no more."),
    Rule("security.scope-added", Effect.NARROWED, "A way to authenticate needs more scopes."),
    Rule(
        "security.alternative-added", Effect.NEUTRAL, "There is another, or an easier, way to authenticate."
    ),
    Rule("security.scheme-changed", Effect.LOST, "A security scheme works in another way."),
    Rule("security.scheme-undefined", Effect.UNDECIDED, "A security scheme is not defined."),
    Rule("security.flow-removed", Effect.LOST, "An OAuth flow is gone."),
    Rule("security.flow-changed", Effect.LOST, "An OAuth flow has another address or lost a scope."),
    Rule("security.flow-added", Effect.NEUTRAL, "There is a new OAuth flow or scope."),
    Rule("server.removed", Effect.LOST, "A server is gone."),
    Rule("server.added", Effect.NEUTRAL, "There is a new server."),
    Rule("server.default-changed", Effect.LOST, "A variable of a server has another default."),
    *_pair(
        "server.value-removed",
        "A variable lost a value.",
        "server.value-added",
        "A variable has a new value.",
    ),
    # Schemas.
    *_pair("schema.type-narrowed", "A type is gone.", "schema.type-widened", "There is a new type."),
    _same("schema.type-changed", Effect.INCOMPARABLE, "The type is another."),
    *_pair("schema.null-removed", "null is gone.", "schema.null-added", "It may be null."),
    *_pair(
        "schema.enum-added",
        "Only listed values are allowed.",
        "schema.enum-removed",
        "Not only listed values are allowed.",
    ),
    *_pair(
        "schema.enum-value-removed", "A value is gone.", "schema.enum-value-added", "There is a new value."
    ),
    *_pair(
        "schema.format-added", "A format is asked for.", "schema.format-removed", "No format is asked for."
    ),
    *_pair(
        "schema.format-narrowed",
        "The format holds less: int64 to int32.",
        "schema.format-widened",
        "The format holds more: int32 to int64.",
    ),
    _same("schema.format-changed", Effect.INCOMPARABLE, "The format is another."),
    *_pair(
        "schema.pattern-added",
        "A pattern is asked for.",
        "schema.pattern-removed",
        "No pattern is asked for.",
    ),
    _same(
        "schema.pattern-changed",
        Effect.UNDECIDED,
        "The pattern is another: which texts it has is not decided.",
    ),
    *_bounds(),
    *_pair(
        "schema.multiple-of-narrowed",
        "Fewer multiples are allowed.",
        "schema.multiple-of-widened",
        "More multiples are allowed.",
    ),
    _same("schema.multiple-of-changed", Effect.INCOMPARABLE, "Other multiples are allowed."),
    *_pair(
        "schema.unique-items-added", "No item twice.", "schema.unique-items-removed", "Items may be twice."
    ),
    Rule("schema.default-added", Effect.NEUTRAL, "What leaving it out means is said now."),
    Rule("schema.default-changed", Effect.BEHAVIOUR, "Leaving it out means something else."),
    Rule("schema.default-removed", Effect.BEHAVIOUR, "What leaving it out means is said no more."),
    *_removal("A property", "schema.property"),
    Rule("schema.property-added", Effect.NEUTRAL, "There is a new property that may be left out."),
    Rule(
        "schema.property-added-to-closed",
        Effect.WIDENED,
        "There is a new property, and others were ruled out.",
    ),
    Rule("schema.required-property-added", Effect.NARROWED, "There is a new property that must be there."),
    *_pair(
        "schema.property-required", "It must be there.", "schema.property-optional", "It may be left out."
    ),
    Rule("schema.property-read-only", Effect.LOST, "A property is taken in requests no more."),
    Rule("schema.property-write-only", Effect.LOST, "A property is answered no more."),
    *_pair(
        "schema.additional-properties-refused",
        "Other properties are ruled out.",
        "schema.additional-properties-allowed",
        "Other properties may be there.",
    ),
    *_pair("schema.choice-removed", "An alternative is gone.", "schema.choice-added", "A new alternative."),
    *_pair(
        "schema.choices-added",
        "It must be one of alternatives as well.",
        "schema.choices-removed",
        "It need not be one of alternatives.",
    ),
    *_pair("schema.choice-exclusive", "Exactly one must fit.", "schema.choice-inclusive", "Several may fit."),
    _same("schema.choices-changed", Effect.UNDECIDED, "Alternatives are grouped in another way."),
    *_pair(
        "schema.discriminator-added",
        "There is a discriminator.",
        "schema.discriminator-removed",
        "No discriminator.",
    ),
    _same(
        "schema.discriminator-changed", Effect.INCOMPARABLE, "Other property or meaning of a discriminator."
    ),
    *_pair(
        "schema.discriminator-value-removed",
        "A discriminator's value is gone.",
        "schema.discriminator-value-added",
        "A discriminator has a new value.",
    ),
    _same("schema.keyword-changed", Effect.UNDECIDED, "A keyword changed whose effect is not decided."),
)

RULES: Final = {rule.id: rule for rule in _ALL}
