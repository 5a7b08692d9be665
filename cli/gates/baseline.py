"""The baseline of a checkout: what is known of its secrets and personal data, as salted digests."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.text import Text

from cli.gates.checkout import Checkout
from cli.output import CommandError, table
from writ.contracts.errors import ContractError
from writ.gates import registry
from writ.gates.evaluate import engine_of, run
from writ.gates.gate import Context
from writ.gates.secrets.collector import is_personal, subjects
from writ.gates.secrets.known import BASELINE, Unlisted, of_tree
from writ.pii.baseline import MOST, Baseline, made
from writ.policy.bundle import Bundle

_SALT: Final = 16


@dataclass(frozen=True)
class Written:
    """What the file has now, and how that differs from what it had."""

    baseline: Baseline
    before: Baseline

    def facts(self) -> dict[str, Any]:
        now, old = self.baseline.entries, self.before.entries
        return {"file": BASELINE, "entries": len(now), "new": len(now - old), "gone": len(old - now)}

    def shown(self) -> RenderableType:
        counts = Counter((entry.path, entry.kind) for entry in self.baseline.entries)
        rows = [(path, kind, str(count)) for (path, kind), count in sorted(counts.items())]
        facts = self.facts()
        said = f"{BASELINE}: {facts['entries']} known, {facts['new']} new, {facts['gone']} gone"
        warning = "What leaked is to be replaced, not only listed."
        return Group(table(None, ("file", "=kind", "=values"), rows), Text(said), Text(warning, style="dim"))


def write(tree: Checkout, context: Context, bundle: Bundle) -> Written:
    """Write the file: what would stand without it, so neither notes nor what an exception waives.

    Its salt stays, so that a diff shows what is new. Raises CommandError for a baseline or a list of allowed
    values that cannot be read; the file then stays as it is.
    """
    try:
        before = of_tree(tree).now.baseline
    except ContractError as error:
        raise CommandError(f"{error.field}: {error.message}", code=error.code) from None
    gates = registry.load(("secrets",))
    report = run(Unlisted(tree), context, gates, engine_of(bundle, gates))
    standing = {(violation.place.path, violation.subject) for violation in report.standing if violation.place}
    found = {
        (path, each.finding.kind, each.value)
        for path, subject, each in subjects(tree)
        # Of a file that has the data of many, whatever is somebody's.
        if (path, subject) in standing or ((path, path) in standing and is_personal(each))
    }
    if len(found) > MOST:
        raise CommandError(f"a baseline lists {MOST} values at most, and there are {len(found)}")
    after = made(before.salt or secrets.token_bytes(_SALT), found)
    file = tree.folder / BASELINE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(after.text(), encoding="utf-8")
    return Written(after, before)
