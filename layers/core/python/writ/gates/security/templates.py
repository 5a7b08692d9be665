"""Facts of CloudFormation templates: what a linter says of them, and what reports of cdk-nag say of an app.

cdk-nag 2 writes `*-NagReport.csv` or `.json` (https://github.com/cdklabs/cdk-nag), its version 3 lets the CDK
write `validation-report.json` (https://docs.aws.amazon.com/cdk/v2/guide/policy-validation-synthesis.html).
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from writ.contracts.errors import ContractError
from writ.gates.gate import Gap
from writ.gates.licences.inventory import is_ours
from writ.gates.model import Place
from writ.gates.security.outside import Outside
from writ.gates.tree import Kind, Tree, text

_ENDINGS: Final = (".json", ".yaml", ".yml", ".template")
_TEMPLATE: Final = re.compile(
    rb"[\"']?AWSTemplateFormatVersion[\"']?\s*:|[\"']?Type[\"']?\s*:\s*[\"']?AWS::\w+::\w+"
)
_RESOURCES: Final = re.compile(rb"(?:^|[{,\s])[\"']?Resources[\"']?\s*:")
_REPORT: Final = re.compile(r".*-NagReport\.(?:csv|json)|(?:policy-)?validation-report\.json")
_COLUMNS: Final = ("Rule ID", "Resource ID", "Compliance", "Rule Level", "Rule Info")
_KEYS: Final = ("ruleId", "resourceId", "compliance", "ruleLevel", "ruleInfo")
_PASSED: Final = frozenset({"compliant", "suppressed"})
_MOST: Final = 200
_LONGEST: Final = 300


def facts(tree: Tree, outside: Outside) -> tuple[dict[str, Any], list[Gap], dict[str, int]]:
    """Remarks on templates, of a change those that it touches, and what reports found."""
    files = {**dict(_files(tree)), **outside.assembly}
    templates = {path: content for path, content in files.items() if _is_template(path, content)}
    found: dict[str, Any] = {"remarks": [], "unlinted": [], "nags": []}
    gaps: list[Gap] = []
    try:
        if templates and outside.linter is None:
            raise ContractError("no linter of templates is installed")
        found["remarks"] = _remarks(templates, outside)
    except ContractError as error:
        found["unlinted"] = [{"path": path, "why": error.message[:_LONGEST]} for path in sorted(templates)]
    # Reports say what an app is now, whatever the change is.
    everywhere = {path: tree.read(path) for path in tree.paths() if _is_report(path)}
    for path, content in {**everywhere, **outside.assembly}.items():
        if not _is_report(path):
            continue
        try:
            found["nags"] += _nags(path, content)
        except ContractError as error:
            remedy = "Synthesize the app anew, so that the report is written whole."
            gaps.append(Gap(path, error.message, remedy, Place(path=path)))
    return found, gaps, {"templates": len(templates)}


def _files(tree: Tree) -> Iterator[tuple[str, bytes]]:
    changes = tree.changes()
    paths = tree.paths() if changes is None else [c.path for c in changes if c.kind is not Kind.DELETED]
    for path in paths:
        if path.endswith(_ENDINGS) and is_ours(path) and (content := tree.read(path)) is not None:
            yield path, content


def _is_template(path: str, content: bytes) -> bool:
    return path.endswith(_ENDINGS) and bool(_TEMPLATE.search(content) and _RESOURCES.search(content))


def _is_report(path: str) -> bool:
    return bool(_REPORT.fullmatch(PurePosixPath(path).name))


def _remarks(templates: Mapping[str, bytes], outside: Outside) -> list[dict[str, Any]]:
    if not templates or outside.linter is None:
        return []
    found = outside.linter.lint(templates)
    return [
        {
            "path": path,
            "line": max(remark.line, 1),
            "id": remark.rule[:_LONGEST],
            "level": remark.severity,
            "message": remark.message[:_LONGEST],
        }
        for path, remarks in sorted(found.items())
        for remark in remarks[:_MOST]
    ]


def _nags(path: str, content: bytes | None) -> list[dict[str, Any]]:
    written = text(content)
    if written is None:
        raise ContractError(f"{path} is no UTF-8 text", field=path)
    reader: Callable[[str], Iterable[tuple[str, ...]]] = _of_csv if path.endswith(".csv") else _of_json
    try:
        rows = list(reader(written))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, csv.Error):
        raise ContractError(f"{path} is no report of cdk-nag", field=path) from None
    return [
        {
            "path": path,
            "id": rule[:_LONGEST],
            "construct": construct[:_LONGEST],
            "decided": compliance.lower() == "non-compliant",
            "level": "error" if level.lower() in ("error", "fatal", "") else "warning",
            "message": info[:_LONGEST],
        }
        for rule, construct, compliance, level, info in rows
        if compliance.lower() not in _PASSED
    ]


def _of_csv(written: str) -> Iterator[tuple[str, ...]]:
    reader = csv.DictReader(written.splitlines(), strict=True)
    if not set(_COLUMNS) <= set(reader.fieldnames or ()):
        raise ValueError(reader.fieldnames)
    for row in reader:
        yield _texts(row, _COLUMNS)


def _of_json(written: str) -> Iterator[tuple[str, ...]]:
    document = json.loads(written)
    if "pluginReports" not in document:
        for item in document["lines"]:
            yield _texts(item, _KEYS)
        return
    for plugin in document["pluginReports"]:
        violations = plugin["violations"]
        name = plugin.get("pluginName") or plugin.get("summary", {}).get("pluginName") or "a plugin"
        if plugin.get("conclusion") == "failure" and not violations:
            yield str(name), "the app", "unknown", "error", "it failed, and does not say why"
        for item in violations:
            places = item.get("violatingConstructs") or item.get("violatingResources") or [{}]
            for place in places:
                construct = place.get("constructPath") or place.get("resourceLogicalId") or "the app"
                told = (item["ruleName"], construct, "non-compliant", item.get("severity") or "error")
                yield tuple(str(part) for part in (*told, item.get("description") or ""))


def _texts(item: Mapping[str, Any], names: Iterable[str]) -> tuple[str, ...]:
    found = tuple(item[name] for name in names)
    if not all(isinstance(value, str) for value in found):
        raise ValueError(names)
    return found
