"""Which bump a commit calls for, as data: one set of rules for each published convention.

Nothing here is measured: each entry says what the documentation or the default settings of the tool say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from writ.release.versions import Bump
from writ.release.words import Merges, Squash

NONE, PATCH, MINOR, MAJOR = Bump.NONE, Bump.PATCH, Bump.MINOR, Bump.MAJOR


@dataclass(frozen=True, slots=True)
class Rules:
    """What commits call for.

    Parameters
    ----------
    types, emoji
        The bump of a type, or of an emoji that begins the first line. Types are in lower case.
    breaking
        The bump of a breaking change, whatever its type.
    otherwise
        The bump of every other commit that counts, also of one that keeps no convention.
    at_least
        The bump of a release that somebody asks for although no commit calls for one.
    scopes
        The bump of a scope, in place of its type's; a breaking change stays one.
    squash
        Whether the commits that a squash lists count beside its title.
    merges
        Whether the title of a merged pull request counts, whose commits are in the history as well.
    zero
        What a bump is while the major version is 0 (SemVer 2.0.0, 4: anything may change).
    """

    name: str
    source: str
    types: Mapping[str, Bump]
    breaking: Bump = MAJOR
    otherwise: Bump = NONE
    at_least: Bump = PATCH
    emoji: Mapping[str, Bump] = field(default_factory=dict)
    scopes: Mapping[str, Bump] = field(default_factory=dict)
    squash: Squash = "title"
    merges: Merges = "ignore"
    zero: Mapping[Bump, Bump] = field(default_factory=dict)
    first: str = "1.0.0"


_ANGULAR_TYPES: Final = {"feat": MINOR, "fix": PATCH, "perf": PATCH, "revert": PATCH}

ANGULAR: Final = Rules(
    name="angular",
    source="semantic-release/commit-analyzer, default release rules",
    types=_ANGULAR_TYPES,
)
CONVENTIONAL: Final = Rules(
    name="conventional",
    source="conventional-recommended-bump, Angular preset: anything that changed is at least a patch",
    types={"feat": MINOR},
    otherwise=PATCH,
)
COMMITIZEN: Final = Rules(
    name="commitizen",
    source="commitizen, default bump_map; it reads every line of a message, so also a merge's title",
    types={"feat": MINOR, "fix": PATCH, "perf": PATCH, "refactor": PATCH},
    merges="title",
    first="0.1.0",
)
PYTHON_SEMANTIC_RELEASE: Final = Rules(
    name="python-semantic-release",
    source="python-semantic-release, conventional and emoji parsers, allowed and patch tags",
    types={"feat": MINOR, "fix": PATCH, "perf": PATCH},
    emoji={
        **dict.fromkeys((":boom:", "💥"), MAJOR),
        **dict.fromkeys(
            (":sparkles:", "✨", ":children_crossing:", ":lipstick:", ":iphone:", ":egg:"), MINOR
        ),
        **dict.fromkeys((":chart_with_upwards_trend:",), MINOR),
        **dict.fromkeys((":ambulance:", ":lock:", ":bug:", "🐛", ":zap:", ":goal_net:", ":alien:"), PATCH),
        **dict.fromkeys((":wheelchair:", ":speech_balloon:", ":mag:", ":apple:", ":penguin:"), PATCH),
        **dict.fromkeys((":checkered_flag:", ":robot:", ":green_apple:", ":nut_and_bolt:"), PATCH),
    },
    squash="both",
    first="0.1.0",
)
CONVENTIONS: Final[Mapping[str, Rules]] = {
    rules.name: rules for rules in (ANGULAR, CONVENTIONAL, COMMITIZEN, PYTHON_SEMANTIC_RELEASE)
}

# What `zero` may be, under the names that settings use.
ZERO: Final[Mapping[str, Mapping[Bump, Bump]]] = {
    "same": {},
    "breaking-is-minor": {MAJOR: MINOR},
    "shift": {MAJOR: MINOR, MINOR: PATCH},
}
