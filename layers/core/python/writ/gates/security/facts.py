"""All facts of the gate: its parts, each over the same tree."""

from __future__ import annotations

from writ.gates.gate import Collected, Context
from writ.gates.licences.inventory import take
from writ.gates.security import components, images, statements, templates, workflows
from writ.gates.security.outside import Outside
from writ.gates.tree import Tree


def gather(tree: Tree, context: Context) -> Collected:
    """Facts of all parts; `context.beside["security"]` is an Outside."""
    outside: Outside = context.beside.get("security", Outside())
    inventory = take(tree)
    ways, workflow_gaps, seen = workflows.facts(tree)
    named = [*inventory.components, *workflows.components(ways["uses"])]
    known, component_gaps, counted = components.facts(tree, named, outside, context.now)
    built, image_gaps, images_seen = images.facts(tree)
    linted, template_gaps, linted_files = templates.facts(tree, outside)
    policies, read = statements.facts(tree, outside.assembly)
    return Collected(
        {**known, **ways, **policies, **built, **linted},
        (*inventory.gaps, *component_gaps, *workflow_gaps, *image_gaps, *template_gaps),
        {**counted, **seen, **read, **images_seen, **linted_files},
    )
