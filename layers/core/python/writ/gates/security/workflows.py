"""Facts of GitHub's workflows and composite actions: what they run, with which rights, and on whose words.

Sources: https://docs.github.com/en/actions/reference/security/secure-use, and for texts that outsiders choose
https://docs.github.com/en/actions/concepts/security/script-injections
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import quote

import yaml

from writ.contracts.errors import ContractError
from writ.gates.gate import Gap
from writ.gates.licences.component import DEVELOPMENT, Component
from writ.gates.licences.inventory import is_ours
from writ.gates.model import Place
from writ.gates.security.nodes import child, items, line, pairs, parse, scalar
from writ.gates.tree import Tree, lines, text

# Of the checkout, or of the repository and commit that the called workflow itself is from.
_OWN: Final = ("./", "$/")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_DIGEST: Final = re.compile(r"@sha256:[0-9a-f]{64}$")
_VERSION: Final = re.compile(r"#.*?\b(v?\d+(?:\.\d+)*[\w.+-]*)")
_EXPRESSION: Final = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_CONTEXT: Final = re.compile(
    r"\b(?:github|inputs|env)(?:\.[a-z_*][\w*-]*|\[[^\]]*\])+|\btojson\(\s*github\s*\)", re.IGNORECASE
)
_INDEX: Final = re.compile(r"\[\s*['\"]?([\w*-]+)['\"]?\s*\]")
# The endings by which GitHub's documentation tells texts of outsiders, and those that hold no free text.
_CHOSEN: Final = re.compile(
    r"(?:body|default_branch|email|head_ref|label|message|name|page_name|ref|title|description|head_branch)$"
)
_HARMLESS: Final = re.compile(
    r"(?:number|id|sha|after|before|action|merged|draft|state|login|_at|conclusion|event_name|private)$"
)
_HEAD: Final = re.compile(
    r"github\.event\.(?:pull_request|workflow_run)\.head|github\.head_ref|refs/pull/|merge_commit_sha"
)
_FETCHES: Final = re.compile(
    r"gh\s+pr\s+checkout|git\s+(?:fetch|pull|checkout)[^\n]*(?:pull/|\bhead\b)", re.IGNORECASE
)
# These run with the rights of the base, whoever caused them.
_TRUSTED_EVENTS: Final = ("pull_request_target", "workflow_run", "issue_comment")
_SCRIPTS: Final = {"actions/github-script": "script"}
_WHOLE_VERSION: Final = re.compile(r"v?\d+\.\d+\.\d+[\w.+-]*")


def facts(tree: Tree) -> tuple[dict[str, Any], list[Gap], dict[str, int]]:
    """Facts of every workflow and action of a tree; one that cannot be read is a gap."""
    found: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("uses", "containers", "permissions", "heads", "injections")
    }
    gaps: list[Gap] = []
    number = 0
    for path in tree.paths():
        if not _is_workflow(path) and not _is_action(path):
            continue
        number += 1
        content = tree.read(path)
        written = text(content)
        try:
            if written is None:
                raise ContractError(f"{path} is no UTF-8 text", field=path)
            root = parse(path, written)
        except ContractError as error:
            remedy = "Mend the file: GitHub does not run it either."
            gaps.append(Gap(path, error.message, remedy, Place(path=path)))
            continue
        for kind, fact in _facts(path, root, lines(content)):
            found[kind].append({"path": path, **fact})
    return found, gaps, {"workflows": number}


def _is_workflow(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return folder == ".github/workflows" and name.endswith((".yml", ".yaml"))


def _is_action(path: str) -> bool:
    return PurePosixPath(path).name in ("action.yml", "action.yaml") and is_ours(path)


def _facts(path: str, root: yaml.Node | None, written: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    if not _is_workflow(path):
        image = scalar(child(root, "runs", "image"))
        if image and image.startswith("docker://"):
            yield "uses", _use(image, child(root, "runs", "image"), written)
        for step in items(child(root, "runs", "steps")):
            yield from _step(step, written, [], frozenset())
        return
    tainted = _tainted(root)
    trusted = [name for name in _events(root) if name in _TRUSTED_EVENTS]
    given = child(root, "permissions")
    yield from _permissions(given, "the workflow")
    for name, key, job in pairs(child(root, "jobs")):
        own = child(job, "permissions")
        yield from _permissions(own, f"job {name}")
        if given is None and own is None:
            yield "permissions", {"kind": "missing", "of": f"job {name}"[:200], "line": line(key)}
        called = child(job, "uses")
        if scalar(called):
            yield "uses", _use(scalar(called) or "", called, written)
        yield from _containers(job)
        known = tainted | _tainted(job)
        for step in items(child(job, "steps")):
            yield from _step(step, written, trusted, known)


def _events(root: yaml.Node | None) -> list[str]:
    given = child(root, "on")
    single = scalar(given)
    names = [single] if single else [scalar(item) or "" for item in items(given)]
    return [*names, *(name for name, _, _ in pairs(given))]


def _permissions(node: yaml.Node | None, owner: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if node is not None and scalar(node) == "write-all":
        yield "permissions", {"kind": "write-all", "of": owner[:200], "line": line(node)}


def _containers(job: yaml.Node) -> Iterator[tuple[str, dict[str, Any]]]:
    services = [service for _, _, service in pairs(child(job, "services"))]
    for owner in [child(job, "container"), *services]:
        node = child(owner, "image") if isinstance(owner, yaml.MappingNode) else owner
        image = scalar(node)
        if node is not None and image:
            pinned = bool(_DIGEST.search(image))
            yield "containers", {"image": image[:300], "line": line(node), "pinned": pinned}


def _step(
    step: yaml.Node, written: Sequence[str], trusted: Sequence[str], tainted: frozenset[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    used = child(step, "uses")
    name = scalar(used) or ""
    if used is not None and name:
        yield "uses", _use(name, used, written)
    script = child(step, "run")
    option = _SCRIPTS.get(name.partition("@")[0])
    if option:
        script = child(step, "with", option)
    if script is not None:
        yield from _injections(script, tainted | _tainted(step))
    if trusted:
        ref = child(step, "with", "ref")
        checks_out = name.startswith("actions/checkout@") and _HEAD.search(scalar(ref) or "")
        fetches = _FETCHES.search(scalar(child(step, "run")) or "")
        if checks_out or fetches:
            at = ref if checks_out and ref is not None else child(step, "run") or step
            yield "heads", {"event": trusted[0], "line": line(at)}


def _use(name: str, node: yaml.Node | None, written: Sequence[str]) -> dict[str, Any]:
    at = line(node) if node is not None else 1
    action, _, ref = name.partition("@")
    local = name.startswith(_OWN)
    image = name.startswith("docker://")
    pinned = local or bool(_DIGEST.search(name) if image else _COMMIT.fullmatch(ref))
    comment = written[at - 1].partition(name)[2] if at <= len(written) else ""
    version = _VERSION.search(comment)
    return {
        "name": name[:300],
        "action": action[:300],
        "ref": ref[:100],
        "image": image,
        "local": local,
        "pinned": pinned,
        "version": version[1] if version and not local else "",
        "line": at,
    }


def _tainted(owner: yaml.Node | None) -> frozenset[str]:
    """Names in an `env` whose values outsiders choose: harmless to a shell, but not within an expression."""
    return frozenset(
        name.lower()
        for name, _, value in pairs(child(owner, "env"))
        if "outsider" in (kind for _, _, kind in _contexts(scalar(value) or "", frozenset()))
    )


def _injections(script: yaml.Node, tainted: frozenset[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    written = scalar(script) or ""
    # A block begins on the line after its indicator.
    start = line(script) + (1 if getattr(script, "style", None) in ("|", ">") else 0)
    for offset, context, kind in _contexts(written, tainted):
        at = start + written.count("\n", 0, offset)
        yield "injections", {"context": context[:200], "kind": kind, "line": at}


def _contexts(written: str, tainted: frozenset[str]) -> Iterator[tuple[int, str, str]]:
    """Where expressions take words of others from: offset, context, and whose words they are."""
    for match in _EXPRESSION.finditer(written):
        for context in _CONTEXT.findall(match[1]):
            kind = _trust(_INDEX.sub(r".\1", context).lower(), tainted)
            if kind:
                yield match.start(), context, kind


def _trust(context: str, tainted: frozenset[str]) -> str | None:
    """Who chooses the text: an outsider, a caller with rights of his own, or nobody who could mean harm."""
    if context.startswith("env."):
        return "outsider" if context.removeprefix("env.") in tainted else None
    if context.startswith(("inputs.", "github.event.inputs.")):
        return "caller"
    if context in ("github.head_ref", "github.event") or context.startswith("tojson"):
        return "outsider"
    if context.startswith("github.event."):
        if _CHOSEN.search(context):
            return "outsider"
        return None if _HARMLESS.search(context) else "caller"
    return "caller" if context in ("github.ref_name", "github.ref") else None


def components(uses: Sequence[dict[str, Any]]) -> list[Component]:
    """Actions as components, so that advisories are looked up for them too; a moving tag is no version."""
    found = []
    for use in uses:
        owner, _, rest = str(use["action"]).partition("/")
        name = rest.partition("/")[0]
        if use["local"] or use["image"] or not name:
            continue
        said = use["version"] if use["pinned"] else use["ref"]
        version = said if _WHOLE_VERSION.fullmatch(said) else ""
        purl = f"pkg:github/{quote(owner)}/{quote(name)}" + (f"@{quote(version)}" if version else "")
        place = (str(use["path"]), int(use["line"]))
        found.append(Component(f"{owner}/{name}", version, purl, (), *place, scope=DEVELOPMENT))
    return found
