"""Facts of Dockerfiles: what they build on, as whom the image runs, and what they put into it.

Source: https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

from writ.gates.gate import Gap
from writ.gates.licences.inventory import is_ours
from writ.gates.model import Place
from writ.gates.tree import Tree, text

_NAMES: Final = re.compile(
    r"(?:Dockerfile|Containerfile)(?:\.[\w.-]+)?|[\w.-]+\.(?:Dockerfile|Containerfile)", re.IGNORECASE
)
_DIRECTIVE: Final = re.compile(r"#\s*(\w+)\s*=\s*(\S+)\s*")
_DIGEST: Final = re.compile(r"@sha256:[0-9a-f]{64}$")
_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)(?:(:?[-+])([^}]*))?\}|(\w+))")
_HEREDOC: Final = re.compile(r"<<-?\s*[\"']?(\w+)[\"']?")
_REMOTE: Final = re.compile(r"(?:https?|ftp)://\S+|git@\S+|git://\S+", re.IGNORECASE)
_SECRET: Final = re.compile(r"(?<=://)[^/\s@]*@|\?.*")
# By its name; of its value nothing is kept. The names are those that Docker's own check looks for:
# https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/
_CREDENTIAL: Final = re.compile(
    r"(?:^|_)(?:apikey|auth|credentials?|passwd|password|pwd|secrets?|token|api_?key|access_key|private_key"
    r"|secret_key)(?:$|_)",
    re.IGNORECASE,
)
_HARMLESS: Final = re.compile(r"(?:^|_)(?:public|file|path|url|name|id|type|ttl)(?:$|_)", re.IGNORECASE)
_PAIR: Final = re.compile(r"([A-Za-z_]\w*)(?:=(\"(?:[^\"\\]|\\.)*\"|'[^']*'|(?:[^\s\\]|\\.)*))?")
_ROOT: Final = frozenset({"root", "0", ""})
_MOST_LINES: Final = 20_000


@dataclass
class _Build:
    arguments: dict[str, str] = field(default_factory=dict)
    stages: dict[str, str | None] = field(default_factory=dict)  # with the user that each ended as
    stage: str = ""
    base: str = ""
    user: str | None = None
    line: int = 1


def facts(tree: Tree) -> tuple[dict[str, Any], list[Gap], dict[str, int]]:
    """Facts of every Dockerfile of a tree; one that is no text, or endless, is a gap."""
    found: dict[str, list[dict[str, Any]]] = {"bases": [], "users": [], "fetched": [], "baked": []}
    gaps = []
    paths = [path for path in tree.paths() if _NAMES.fullmatch(PurePosixPath(path).name) and is_ours(path)]
    for path in paths:
        written = text(tree.read(path))
        if written is None or written.count("\n") > _MOST_LINES:
            remedy = "Save it as UTF-8 text of a size that people read."
            gaps.append(Gap(path, f"{path} cannot be read", remedy, Place(path=path)))
            continue
        for kind, fact in _facts(written):
            found[kind].append({"path": path, **fact})
    return found, gaps, {"images": len(paths)}


def _facts(written: str) -> Iterator[tuple[str, dict[str, Any]]]:
    build = _Build()
    for number, name, rest in _instructions(written):
        if name == "FROM":
            yield from _from(build, number, rest)
        elif name == "ARG":
            yield from _baked(name, number, rest)
            for each in _PAIR.finditer(rest):
                build.arguments.setdefault(each[1], (each[2] or "").strip("\"'"))
        elif name == "ENV":
            yield from _baked(name, number, rest)
        elif name == "USER":
            build.user, build.line = _filled(rest, build.arguments).strip(), number
        elif name in ("ADD", "COPY"):
            yield from _taken(build, name, number, rest)
    if build.base and (build.user or "").partition(":")[0].lower() in _ROOT:
        yield "users", {"line": build.line, "named": build.user is not None}


def _from(build: _Build, number: int, rest: str) -> Iterator[tuple[str, dict[str, Any]]]:
    words = [word for word in rest.split() if not word.startswith("--")]
    if not words:
        return
    image = _filled(words[0], build.arguments)
    build.stages[build.stage] = build.user
    known = image.lower() in build.stages
    # A stage goes on as the user of the one it is from; what an image sets itself is not known here.
    build.user = build.stages.get(image.lower())
    build.base, build.line = image, number
    build.stage = words[2].lower() if len(words) == 3 and words[1].upper() == "AS" else str(number)
    if not known and image.lower() != "scratch":
        yield "bases", _image(image, number)


def _image(image: str, number: int) -> dict[str, Any]:
    return {"image": image[:300], "line": number, "pinned": bool(_DIGEST.search(image))}


def _taken(build: _Build, name: str, number: int, rest: str) -> Iterator[tuple[str, dict[str, Any]]]:
    flags = dict(_flag(word) for word in rest.split() if word.startswith("--"))
    source = flags.get("--from")
    if source and not source.isdigit() and source.lower() not in build.stages:
        yield "bases", _image(_filled(source, build.arguments), number)
    address = _REMOTE.search(rest)
    if name == "ADD" and address and "--checksum" not in flags:
        yield "fetched", {"address": _SECRET.sub("", address[0].strip("\"',]"))[:300], "line": number}


def _flag(word: str) -> tuple[str, str]:
    name, _, value = word.partition("=")
    return name, value


def _baked(name: str, number: int, rest: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Variables that hold secrets, by their names: whoever has the image can read them."""
    old_form = name == "ENV" and "=" not in rest.partition(" ")[0]
    pairs = [(rest.partition(" ")[0], rest.partition(" ")[2])] if old_form else _PAIR.findall(rest)
    for variable, value in pairs:
        is_set = bool(value.strip("\"' ")) and not _VARIABLE.fullmatch(value.strip("\"' "))
        if _CREDENTIAL.search(variable) and not _HARMLESS.search(variable) and (is_set or name == "ARG"):
            yield "baked", {"variable": variable[:100], "instruction": name, "line": number}


def _filled(value: str, arguments: Mapping[str, str]) -> str:
    def replaced(match: re.Match[str]) -> str:
        known = arguments.get(match[1] or match[4], "")
        return known or (match[3] if match[2] in ("-", ":-") else "")

    return _VARIABLE.sub(replaced, value)


def _instructions(written: str) -> Iterator[tuple[int, str, str]]:
    """Instructions by the line that each begins on; continued lines are one, here-documents passed over."""
    escape, held, start, until = "\\", "", 0, ""
    heading = True
    for number, raw in enumerate(written.splitlines(), start=1):
        bare = raw.strip()
        if until:
            until = "" if bare == until else until
            continue
        if not held and bare.startswith("#"):
            directive = _DIRECTIVE.fullmatch(bare) if heading else None
            if directive and directive[1].lower() == "escape":
                escape = directive[2]
            heading = heading and directive is not None
            continue
        heading = False
        if not bare or bare.startswith("#"):
            continue
        start = start if held else number
        if bare.endswith(escape):
            held += bare[: -len(escape)] + " "
            continue
        name, _, rest = (held + bare).partition(" ")
        held = ""
        document = _HEREDOC.search(rest) if name.upper() in ("RUN", "COPY", "ADD") else None
        until = document[1] if document else ""
        yield start, name.upper(), rest.strip()
    if held:
        name, _, rest = held.partition(" ")
        yield start, name.upper(), rest.strip()
