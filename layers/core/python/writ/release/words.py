"""Words that settings of releases choose between."""

from typing import Literal

Scheme = Literal["semver", "pep440"]
# Whether the commits that a squash lists count beside its title.
Squash = Literal["title", "both"]
# Whether the title of a merged pull request counts, whose commits are in the history as well.
Merges = Literal["ignore", "title"]
