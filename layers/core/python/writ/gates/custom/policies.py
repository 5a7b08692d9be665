"""The policies that a repository keeps for itself: which files they are, and what they may not do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from writ.contracts.errors import ContractError
from writ.gates.tree import Tree, text
from writ.policy.bundle import Bundle, is_data
from writ.policy.errors import BundleError

FOLDER: Final = ".gates/policies/"
RULE: Final = "violations"
_PACKAGE: Final = re.compile(r"gates/custom/([a-z][a-z0-9_]{0,19})")
_MOST: Final = 50
_LARGEST: Final = 256 * 1024
# They look outside of what is given, or answer otherwise elsewhere or tomorrow: `http.send`, `opa.runtime`,
# `time.now_ns` and the like, also as `opa["runtime"]`, which rego-cpp calls too.
_REFUSED: Final = re.compile(
    r"(?<![.\w])(?:(?:http|opa|rand|uuid|providers)\s*[.\[]"
    r"|time\s*(?:\[|\.\s*now_ns\b)|net\s*(?:\[|\.\s*lookup_ip_addr\b))"
)
# Strings and comments, in which nothing is called; a template string has calls inside.
_NO_CODE: Final = re.compile(r'\$["`]|"(?:\\.|[^"\\])*"|`[^`]*`|#[^\n]*', re.DOTALL)


@dataclass(frozen=True)
class Policies:
    """Files by path inside the folder; `names` are those of packages, whose rule `violations` is asked."""

    bundle: Bundle
    files: Mapping[str, str]
    names: tuple[str, ...]

    @property
    def digest(self) -> str:
        return self.bundle.digest

    def mention(self, word: str) -> bool:
        """Whether a policy may read this part of its input."""
        return any(re.search(rf"\b{word}\b", module.source) for module in self.bundle.modules)

    def path_of(self, name: str) -> str:
        """The first file of a package, for people."""
        modules = (module for module in self.bundle.modules if module.package == f"gates/custom/{name}")
        return FOLDER + next(modules).path


def entrypoint(name: str) -> str:
    return f"gates/custom/{name}/{RULE}"


def of_tree(tree: Tree) -> Policies | None:
    """The policies as they are now, None where there are none. Raises ContractError; its field is a file."""
    return _made({path: tree.read(path) for path in tree.paths() if path.startswith(FOLDER)})


def of_base(tree: Tree) -> Policies | None:
    """Those of the base where a change touches them, else None. What is broken there says nothing."""
    if not rewritten(tree):
        return None
    files = {path: tree.read(path) for path in tree.paths() if path.startswith(FOLDER)}
    files |= {change.path: change.before for change in tree.changes() or () if change.path.startswith(FOLDER)}
    try:
        return _made({path: content for path, content in files.items() if content is not None})
    except ContractError:
        return None


def rewritten(tree: Tree) -> list[str]:
    """Files of the folder that the change touches."""
    return [change.path for change in tree.changes() or () if change.path.startswith(FOLDER)]


def _made(contents: Mapping[str, bytes | None]) -> Policies | None:
    files: dict[str, str] = {}
    for path, content in contents.items():
        if not path.endswith(".rego") and not is_data(path):
            continue
        written = text(content)
        if written is None or len(written) > _LARGEST:
            raise ContractError(f"is no text of at most {_LARGEST // 1024} KiB", field=path)
        files[path.removeprefix(FOLDER)] = written
    if not any(path.endswith(".rego") and not path.endswith("_test.rego") for path in files):
        return None
    if len(files) > _MOST:
        raise ContractError(f"there are more than {_MOST} files", field=FOLDER)
    try:
        bundle = Bundle.of(files)
    except BundleError as error:
        raise ContractError(error.message, field=FOLDER) from None
    return Policies(bundle, files, _names(bundle))


def _names(bundle: Bundle) -> tuple[str, ...]:
    if taken := sorted({"gates", "writ"} & bundle.data.keys()):
        raise ContractError(f"data.{taken[0]} is no name for data", field=f"{FOLDER}data.json")
    names: dict[str, bool] = {}
    for module in bundle.modules:
        found = _PACKAGE.fullmatch(module.package)
        if found is None:
            raise ContractError(
                "its package is gates.custom.<name>, of at most 20 small letters, digits and underscores",
                field=FOLDER + module.path,
            )
        if problem := _refused(module.source):
            raise ContractError(problem, field=FOLDER + module.path)
        names[found[1]] = names.get(found[1], False) or RULE in module.rules
    if silent := sorted(name for name, asked in names.items() if not asked and name != "lib"):
        raise ContractError(f"package gates.custom.{silent[0]} has no rule {RULE}", field=FOLDER)
    return tuple(sorted(name for name, asked in names.items() if asked))


def _refused(source: str) -> str | None:
    """Why a policy may not run, None where it may."""
    if any(found[0].startswith("$") for found in _NO_CODE.finditer(source)):
        return "template strings are not for policies of a repository: concat or sprintf"
    if found := _REFUSED.search(_NO_CODE.sub('""', source)):
        return f"what begins with {found[0].strip()} is not for policies of a repository"
    return None
