"""`python -m tests.bench.releases`: how often real releases have the bump that their commits call for.

`WRIT_RELEASES` is a folder of JSON lines, a file a repository and a line a release: `repo`, `from`, `to`,
`bump`, and `commits` (`sha`, `message`), the newest first. Every repository is judged by the rules that it
publishes, by Angular's, by a regular expression, and by saying patch each time. All of them know that there
was a release, so none of them says that there is none.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from tests.bench.judge import interval
from writ.contracts.errors import ContractError
from writ.release.bump import Change, Effect, effects, highest
from writ.release.conventions import (
    ANGULAR,
    COMMITIZEN,
    CONVENTIONAL,
    PYTHON_SEMANTIC_RELEASE,
    Rules,
)
from writ.release.versions import Bump, parse_version

ROOT: Final = Path(__file__).parents[2]
GOAL: Final = 0.95
_HEADER: Final = re.compile(r"(?P<type>\w+)(?:\([^)]*\))?(?P<bang>!)?:")


@dataclass(frozen=True, slots=True)
class Declared:
    """The rules that a repository publishes, and where it does.

    `unseen` is the share that was predicted before anybody had looked at the repository's misses.
    """

    rules: Rules
    source: str
    unseen: float | None = None


DECLARED: Final[Mapping[str, Declared]] = {
    "aws-powertools/powertools-lambda-python": Declared(
        ANGULAR, "asks for conventional titles of pull requests; releases are made by hand"
    ),
    "commitizen-tools/commitizen": Declared(COMMITIZEN, "releases itself with its own defaults"),
    "conventional-changelog/commitlint": Declared(
        CONVENTIONAL, "standard-version, then lerna --conventional-commits", unseen=0.9466
    ),
    "octokit/webhooks": Declared(ANGULAR, "semantic-release with its defaults"),
    "python-semantic-release/python-semantic-release": Declared(
        PYTHON_SEMANTIC_RELEASE, "releases itself with its own defaults, first by emoji"
    ),
}
OTHER: Final = Declared(ANGULAR, "publishes none that is known here: Angular's")


@dataclass(frozen=True, slots=True)
class Release:
    """A release that was made, and its commits, the oldest first."""

    repository: str
    earlier: str
    later: str
    bump: Bump
    changes: tuple[Change, ...]


def read(folder: Path) -> dict[str, list[Release]]:
    """The releases of each repository. Raises ValueError that names the file and line at fault."""
    found: dict[str, list[Release]] = {}
    for file in sorted(folder.glob("*.jsonl")):
        for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            try:
                line = json.loads(text)
                release = Release(
                    line["repo"],
                    line["from"],
                    line["to"],
                    Bump[line["bump"].upper()],
                    tuple(Change(each["sha"], each["message"]) for each in reversed(line["commits"])),
                )
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                raise ValueError(f"{file.name}:{number}: {error!r}") from None
            found.setdefault(release.repository, []).append(release)
    return found


def by_expression(release: Release) -> Bump:
    """What a line of script would say, by the first word of each message and whether it has the two."""
    bump = Bump.PATCH
    for change in release.changes:
        header = _HEADER.match(change.message)
        if "BREAKING CHANGE" in change.message or (header and header["bang"]):
            return Bump.MAJOR
        if header and header["type"] == "feat":
            bump = Bump.MINOR
    return bump


def predicted(release: Release, rules: Rules) -> tuple[Bump, tuple[Effect, ...]]:
    """The bump by the rules, no smaller than that of a release which somebody asked for."""
    found = effects(release.changes, rules)
    return max(highest(found), rules.at_least), found


def explained(release: Release, said: Bump, found: Iterable[Effect]) -> str:
    """Why a prediction missed, as far as versions and messages show it."""
    commits = [effect.commit for effect in found]
    before, after = _version(release.earlier), _version(release.later)
    reasons = (
        (before is None or after is None or bool(before.prerelease or after.prerelease), "pre-release line"),
        (not any(commit.type for commit in commits), "no commit keeps the convention"),
        (
            bool(before and after and before.major == 0 < after.major),
            "first stable release, decided by people",
        ),
        (bool(before and before.major == 0), "before 1.0.0, decided by people"),
        (said < release.bump is Bump.MAJOR, "breaking, and no commit says so"),
        (said < release.bump, "raised though no commit calls for it"),
        (said is Bump.MAJOR, "declared as breaking, released as less"),
    )
    return next((reason for holds, reason in reasons if holds), "feature released as a patch")


def row(repository: str, releases: list[Release]) -> dict[str, Any]:
    """Shares of bumps that each way predicts, and every miss of ours with its reason."""
    declared = DECLARED.get(repository, OTHER)
    misses, called = [], 0
    hits: Counter[str] = Counter()
    for release in releases:
        said, found = predicted(release, declared.rules)
        called += highest(found) is release.bump
        hits["declared"] += said is release.bump
        hits["angular"] += predicted(release, ANGULAR)[0] is release.bump
        hits["expression"] += by_expression(release) is release.bump
        hits["always patch"] += release.bump is Bump.PATCH
        if said is not release.bump:
            misses.append(_miss(release, said, found))
    low, high = interval(hits["declared"], len(releases))
    return {
        "repository": repository,
        "releases": len(releases),
        "rules": declared.rules.name,
        "rules_from": declared.source,
        "share_unseen": declared.unseen,
        "shares": {name: round(hits[name] / len(releases), 4) for name in WAYS},
        "low": round(low, 4),
        "high": round(high, 4),
        "released_without_being_asked": round(called / len(releases), 4),
        "meets_goal": hits["declared"] / len(releases) >= GOAL,
        "reasons": dict(Counter(miss["reason"] for miss in misses).most_common()),
        "misses": misses,
    }


WAYS: Final = ("declared", "angular", "expression", "always patch")


def table(rows: Iterable[Mapping[str, Any]]) -> Iterator[Table]:
    """Shares by repository, then the reasons of the misses."""
    made = Table("repository", "releases", "rules", *WAYS, "95 % interval", "goal", title="bumps predicted")
    reasons = Table("repository", "misses", "reason", title="misses of the declared rules")
    for found in rows:
        name, unseen = found["repository"].split("/")[-1], found["share_unseen"]
        shares = [f"{found['shares'][way]:.1%}" for way in WAYS]
        interval_text = f"{found['low']:.1%} – {found['high']:.1%}"
        goal = "met" if found["meets_goal"] else "missed"
        goal += "" if unseen is None else f"; {unseen:.1%} when held out"
        made.add_row(name, str(found["releases"]), found["rules"], *shares, interval_text, goal)
        for reason, count in found["reasons"].items():
            reasons.add_row(name, str(count), reason)
    yield made
    yield reasons


def main() -> int:
    told = Console(stderr=True)
    folder = Path(os.environ.get("WRIT_RELEASES") or ROOT.parent / "shared" / "data" / "releases")
    try:
        releases = read(folder)
    except ValueError as error:
        told.print(str(error), markup=False)
        return 2
    if not releases:
        told.print(
            f"no releases (*.jsonl) in {folder}: set WRIT_RELEASES to a folder that has them", markup=False
        )
        return 2
    rows = [row(repository, found) for repository, found in releases.items()]
    for each in table(rows):
        told.print(each)
    json.dump({"goal": GOAL, "repositories": rows}, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
    return 0


def _miss(release: Release, said: Bump, found: tuple[Effect, ...]) -> dict[str, Any]:
    deciding = [effect.commit.header for effect in found if effect.bump is said]
    return {
        "from": release.earlier,
        "to": release.later,
        "released": release.bump.word,
        "predicted": said.word,
        "reason": explained(release, said, found),
        "because_of": deciding[0] if deciding else None,
    }


def _version(tag: str) -> Any:
    try:
        return parse_version(tag.removeprefix("v"))
    except ContractError:
        return None


if __name__ == "__main__":
    sys.exit(main())
