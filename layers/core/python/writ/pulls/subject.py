"""The facts on a pull request itself that policy decides by. Pure."""

from __future__ import annotations

import re
from typing import Any, Final

from writ.contracts.redaction import redact_text
from writ.gates.codeowners import parse as parse_owners
from writ.pulls.seen import Seen
from writ.pulls.settings import Settings, matching
from writ.release.bump import dropped
from writ.release.commits import parse, without_pull
from writ.release.conventions import CONVENTIONS
from writ.release.footers import split_footers
from writ.release.message_check import check
from writ.release.references import find_references

_COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# Of a long list the first are shown; how many there are is counted.
_SHOWN: Final = 20
_LONGEST_MESSAGE: Final = 20_000


def facts(seen: Seen, settings: Settings) -> dict[str, Any]:
    """The input of `writ/pulls/checks/answer`."""
    return {
        "repository": seen.repository,
        "complete": seen.complete,
        "title": _title(seen, settings),
        "commits": _commits(seen),
        "size": _size(seen, settings),
        "areas": _areas(seen, settings),
        "issues": _issues(seen),
        "owners": _owners(seen),
    }


def _title(seen: Seen, settings: Settings) -> dict[str, Any]:
    title, rules = _quotable(seen.pull.title), CONVENTIONS[settings.convention]
    commits = [commit for commit in seen.commits if commit.parents < 2]
    lost = dropped(seen.pull.title, [commit.message[:_LONGEST_MESSAGE] for commit in commits], rules)
    problems = check(title)
    return {
        "type": parse(seen.pull.title).type,
        "problems": [{"message": problem.message, "remedy": problem.remedy} for problem in problems],
        "dropped": lost.word if lost else None,
    }


def _commits(seen: Seen) -> dict[str, Any]:
    problems = [
        {"sha": commit.sha[:7], "message": problem.message, "remedy": problem.remedy}
        for commit in seen.commits
        for problem in check(_quotable(commit.message[:_LONGEST_MESSAGE]))
    ]
    return {"count": len(seen.commits), "problems": problems[:_SHOWN], "total": len(problems)}


def _quotable(text: str) -> str:
    """Redacted, and without what would end the code span that policy quotes it in."""
    return redact_text(text).replace("`", "'")


def _size(seen: Seen, settings: Settings) -> dict[str, int]:
    """Lines that change, but for those that nobody writes or reviews: of lock files and what is generated."""
    uncounted = matching(settings.uncounted)
    made = [file for file in seen.files if uncounted.of(file.path)]
    all_lines = sum(file.additions + file.deletions for file in seen.files)
    made_lines = sum(file.additions + file.deletions for file in made)
    return {
        "files": len(seen.files) - len(made),
        "lines": all_lines - made_lines,
        "made_files": len(made),
        "made_lines": made_lines,
    }


def _areas(seen: Seen, settings: Settings) -> list[dict[str, Any]]:
    """The areas of the policies that the change touches, with the first of their paths."""
    found = []
    for name, patterns in sorted(settings.areas.items()):
        area = matching(patterns)
        if paths := [path for path in seen.paths if area.of(path)]:
            found.append({"name": name, "paths": sorted(paths)[:_SHOWN], "total": len(paths)})
    return found


def _issues(seen: Seen) -> list[str]:
    """Issues that the description or a commit names; what a template hides in a comment names none."""
    texts = [_COMMENT.sub("", seen.pull.body[:_LONGEST_MESSAGE]), without_pull(seen.pull.title)]
    texts += [commit.message[:_LONGEST_MESSAGE] for commit in seen.commits]
    named = [reference for text in texts for reference in find_references(*split_footers(text))]
    return list(
        dict.fromkeys(
            f"{reference.repository or ''}#{reference.number}"
            for reference in named
            if reference.number != seen.pull.number
        )
    )[:_SHOWN]


def _owners(seen: Seen) -> dict[str, Any]:
    if seen.owners is None:
        return {"file": None, "mistakes": [], "asked": [], "unowned": 0}
    owners = parse_owners(seen.owners.splitlines())
    mistakes = [{"line": line.number, "problem": line.problem} for line in owners.lines if line.problem]
    asked = [owner for path in seen.paths for owner in owners.of(path)]
    return {
        "file": "CODEOWNERS",
        "mistakes": mistakes[:_SHOWN],
        "asked": list(dict.fromkeys(asked))[:_SHOWN],
        "unowned": sum(not owners.of(path) for path in seen.paths),
    }
