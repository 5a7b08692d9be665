"""Text of others as Markdown that shows it as it is."""

from __future__ import annotations

import re
from typing import Final

_SPAN: Final = re.compile(r"(?<!`)(?P<ticks>`+)(?!`)(?P<code>[^`]+)(?<!`)(?P=ticks)(?!`)")
_ANYWHERE: Final = re.compile(r"[\\`*\[\]<>~|$]|&(?=#?\w+;)|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_BLOCK: Final = re.compile(r"(?P<before>[0-9]{0,9})(?P<mark>[#+\-=.):])")
_MENTION: Final = re.compile(r"@(?=[A-Za-z0-9])")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# Renovate's way to name somebody without calling them: a space of no width.
_QUIET: Final = "@\u200b"


def escaped(text: str) -> str:
    """One line of Markdown, by CommonMark and GitHub's additions, that shows a text and calls nobody.

    Spans of code stay code. Line breaks and control characters become a space.
    """
    line = " ".join(_CONTROL.sub(" ", text).split())
    parts, end = [], 0
    for span in _SPAN.finditer(line):
        parts += [_plain(line[end : span.start()]), span[0]]
        end = span.end()
    made = "".join([*parts, _plain(line[end:])])
    block = _BLOCK.match(made)
    if block:
        # What would begin a heading, a list or a rule.
        made = f"{block['before']}\\{made[block.start('mark') :]}"
    return made


def _plain(text: str) -> str:
    return _MENTION.sub(_QUIET, _ANYWHERE.sub(lambda found: f"\\{found[0]}", text))
