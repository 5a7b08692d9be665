"""The steps from a document to the distributions of its client. The same document gives the same bytes."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any, Final, Self

from cli.plane import ROOT
from cli.sdk.tools import Tools
from writ.contracts.errors import ContractError

SUMS: Final = "SHA256SUMS"
DOCUMENT: Final = "openapi.json"
_TEMPLATES: Final = ROOT / "cli" / "templates" / "sdk"
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_SKIPPED: Final = re.compile(r"WARNING parsing ([A-Z]+ \S+) within")
_PASSED: Final = re.compile(r"(\d+) passed")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be built of which document."""

    source: Mapping[str, Any]
    project: str
    version: str

    @classmethod
    def of(cls, document: Any, version: str, name: str | None = None) -> Self:
        """Raises ContractError that names the field of a document, or a name, that cannot be built from."""
        if not isinstance(document, Mapping) or not str(document.get("openapi", "")).startswith(
            ("3.0.", "3.1.")
        ):
            raise ContractError(
                "the document is not OpenAPI 3.0 or 3.1", code="sdk.document", field="openapi"
            )
        if not document.get("paths"):
            raise ContractError("the document has no paths", code="sdk.document", field="paths")
        title = str(document["info"].get("title", ""))
        project = name or f"{re.sub(r'[^a-z0-9]+', '-', title.lower()).strip('-')}-client"
        if not _NAME.fullmatch(project) or len(project) > 64:
            raise ContractError("a name has small letters, digits and single hyphens", field="--name")
        return cls({**document, "info": {**document["info"], "version": version}}, project, version)

    @property
    def package(self) -> str:
        return self.project.replace("-", "_")

    @property
    def text(self) -> str:
        """The document as it goes with the client."""
        return json.dumps(self.source, indent=1, ensure_ascii=False, default=str) + "\n"

    def words(self) -> dict[str, str]:
        """What the templates are filled with."""
        operations = [
            (each.get("tags") or ["default"], each.get("operationId", ""))
            for path in self.source["paths"].values()
            for method, each in path.items()
            if method in _METHODS
        ]
        tags, operation = operations[0] if operations else (["default"], "operation")
        title = re.sub(r"[^A-Za-z0-9 .,_-]", "", str(self.source["info"].get("title", "")))[:80]
        return {
            "project": self.project,
            "package": self.package,
            "version": self.version,
            "summary": f"A client of the API {title}",
            "tag": re.sub(r"\W+", "_", str(tags[0])),
            "operation": re.sub(r"\W+", "_", str(operation)),
        }


@dataclass(frozen=True, slots=True)
class Built:
    """What was built: SHA-256 by file, how many calls were tested, and operations that it leaves out."""

    plan: Plan
    out: Path
    files: Mapping[str, str]
    tested: int
    left_out: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "name": self.plan.project,
            "version": self.plan.version,
            "files": dict(self.files),
            "tested": self.tested,
            "left_out": list(self.left_out),
        }

    def told(self) -> dict[str, str]:
        """For people."""
        return {
            "tested": f"by {self.tested} calls to a mock of the document",
            "left out": ", ".join(self.left_out) or "nothing",
            **self.files,
            "in": str(self.out),
        }


def build(plan: Plan, out: Path, tools: Tools, epoch: int) -> Built:
    """Generate, build, test what was built, and only then put it into `out` with its digests.

    Raises CommandError with the words of the step that failed; `out` is then as it was.
    """
    with tempfile.TemporaryDirectory(prefix="writ-sdk-") as place:
        folder = Path(place) / plan.project
        left_out = _generate(plan, folder, tools)
        dist = _distribute(folder, tools, epoch)
        tested = _test(folder, dist, tools)
        (dist / DOCUMENT).write_text(plan.text, encoding="utf-8")
        files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(dist.iterdir())}
        sums = "".join(f"{digest}  {name}\n" for name, digest in files.items())
        (dist / SUMS).write_text(sums, encoding="utf-8")
        out.mkdir(parents=True, exist_ok=True)
        for path in dist.iterdir():
            shutil.copy(path, out / path.name)
    return Built(plan, out, files, tested, left_out)


def _generate(plan: Plan, folder: Path, tools: Tools) -> tuple[str, ...]:
    """The project; returns the operations that the generator cannot express."""
    tests = folder / "tests"
    tests.mkdir(parents=True)
    (tests / DOCUMENT).write_text(plan.text, encoding="utf-8")
    said = tools.run(
        [
            "openapi_python_client",
            "generate",
            "--path",
            str(tests / DOCUMENT),
            "--meta",
            "none",
            "--output-path",
            str(folder / plan.package),
        ],
        cwd=folder,
    )
    left_out = tuple(sorted(set(_SKIPPED.findall(said))))
    (tests / "left_out.json").write_text(json.dumps(left_out) + "\n", encoding="utf-8")
    (folder / plan.package / "py.typed").touch()
    for template in sorted(_TEMPLATES.rglob("*.tmpl")):
        text = Template(template.read_text(encoding="utf-8")).safe_substitute(plan.words())
        place = folder / template.relative_to(_TEMPLATES).with_suffix("")
        place.write_text(text, encoding="utf-8")
    return left_out


def _distribute(folder: Path, tools: Tools, epoch: int) -> Path:
    dist = folder.parent / "dist"
    command = ["hatchling", "build", "--directory", str(dist), "--target", "sdist", "--target", "wheel"]
    tools.run(command, cwd=folder, SOURCE_DATE_EPOCH=str(epoch))
    return dist


def _test(folder: Path, dist: Path, tools: Tools) -> int:
    """Test the wheel itself, and not what it was made of; returns how many tests passed."""
    (wheel,) = dist.glob("*.whl")
    installed = folder.parent / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    command = [
        "pytest",
        "--quiet",
        "--import-mode=importlib",
        "-p",
        "no:cacheprovider",
        str(folder / "tests"),
    ]
    paths = f"{installed}:{folder / 'tests'}"
    found = _PASSED.search(tools.run(command, cwd=folder.parent, PYTHONPATH=paths))
    if found is None:
        raise ContractError("the client has no test that passed", code="sdk.failed", field="--spec")
    return int(found[1])
