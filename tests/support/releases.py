"""A forge, files and releases in memory, behind the ports of the release bot."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from functions.release.store import Upload
from writ.contracts.errors import ConflictError, NotFoundError, PermanentError, TransientError
from writ.contracts.events.releases import ReleaseFile
from writ.ports.forge import Content, GitRef
from writ.ports.forge_releases import Asset, BuildRun, Comparison, ForgeRelease, HistoryCommit, NewRelease
from writ.release.record import Record

REPOSITORY = "acme/shop"
SETTINGS = """\
on_push: true
build:
  command: [make, dist]
  artifacts: ["dist/*"]
  workflow: release.yml
boms: [requirements.lock]
"""
LOCK = "left-pad==1.3.0 --hash=sha256:00\nrequests==2.32.0\n"


def sha(text: str) -> str:
    """A digest of a commit that tests can name."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


@dataclass
class MemoryForge:
    """One line of commits, the oldest first, each with all its files; what releases make of it."""

    line: list[HistoryCommit] = field(default_factory=list)
    files: dict[str, dict[str, str]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    objects: dict[str, str] = field(default_factory=dict)
    pages: dict[int, ForgeRelease] = field(default_factory=dict)
    uploaded: dict[int, dict[int, tuple[str, bytes]]] = field(default_factory=dict)
    runs: list[BuildRun] = field(default_factory=list)
    last: int = 0

    def commit_of(self, message: str, *touched: str, **files: str) -> str:
        """One more commit on the default branch."""
        parent = self.line[-1].sha if self.line else None
        made = HistoryCommit(sha(f"{parent}{message}"), message, (parent,) if parent else (), touched)
        named = {name.replace("_", "."): text for name, text in files.items()}
        self.files[made.sha] = {**(self.files[parent] if parent else {}), **named}
        self.line.append(made)
        return made.sha

    def _next(self) -> int:
        self.last += 1
        return self.last

    def _at(self, ref: str) -> int:
        name = ref.removeprefix("heads/")
        if name in ("HEAD", "main"):
            return len(self.line) - 1
        target = self.refs.get(f"refs/{ref}", ref)
        target = self.objects.get(target, target)
        return next((place for place, one in enumerate(self.line) if one.sha == target), -1)

    def commit(self, _repository: str, ref: str) -> HistoryCommit | None:
        place = self._at(ref)
        return self.line[place] if place >= 0 else None

    def tags(self, _repository: str) -> Mapping[str, str]:
        names = [name for name in self.refs if name.startswith("refs/tags/")]
        return {
            name.removeprefix("refs/tags/"): self.objects.get(self.refs[name], self.refs[name])
            for name in names
        }

    def compare(self, _repository: str, base: str, head: str) -> Comparison:
        one, two = self._at(base), self._at(head)
        if one < 0:  # of another branch
            return Comparison((), 1)
        return Comparison(tuple(self.line[one + 1 : two + 1]), max(0, one - two))

    def log(self, _repository: str, sha: str) -> Sequence[HistoryCommit]:
        return self.line[: self._at(sha) + 1]

    def content(self, _repository: str, path: str, ref: str) -> Content | None:
        text = self.files.get(ref, {}).get(path)
        return None if text is None else Content(path, sha(text), text.encode())

    def ref(self, _repository: str, ref: str) -> GitRef | None:
        found = self.refs.get(f"refs/{ref}")
        return None if found is None else GitRef(f"refs/{ref}", found)

    def create_ref(self, _repository: str, ref: str, sha: str) -> GitRef:
        if f"refs/{ref}" in self.refs:
            raise PermanentError("it exists", code="forge.invalid")
        self.refs[f"refs/{ref}"] = sha
        return GitRef(f"refs/{ref}", sha)

    def update_ref(self, _repository: str, ref: str, sha: str) -> GitRef:
        raise AssertionError(f"a release moves no ref: {ref} to {sha}")

    def create_tag(self, _repository: str, tag: str, message: str, commit: str) -> str:
        made = sha(f"{tag}{message}{self._next()}")
        self.objects[made] = commit
        return made

    def releases_of(self, _repository: str, tag: str) -> Sequence[ForgeRelease]:
        return [page for page in self.pages.values() if page.tag == tag]

    def create_draft(self, repository: str, release: NewRelease) -> ForgeRelease:
        id = self._next()
        url = f"https://forge.example/{repository}/releases/{id}"
        made = ForgeRelease(id, release.tag, release.name, release.body, True, release.prerelease, url)
        self.pages[id], self.uploaded[id] = made, {}
        return made

    def publish(self, _repository: str, id: int) -> ForgeRelease:
        page = self._page(id)
        if any(other.id != id and not other.draft and other.tag == page.tag for other in self.pages.values()):
            raise PermanentError("already_exists", code="forge.invalid")
        self.pages[id] = replace(page, draft=False)
        return self.pages[id]

    def delete_release(self, _repository: str, id: int) -> None:
        page = self.pages.pop(id, None)
        assert page is None or page.draft, "a page that everybody sees was removed"

    def assets(self, _repository: str, id: int) -> Sequence[Asset]:
        self._page(id)
        kept = self.uploaded[id].items()
        return [Asset(number, name, len(data), True) for number, (name, data) in kept]

    def upload(self, _repository: str, id: int, name: str, data: bytes) -> Asset:
        self._page(id)
        if any(name == other for other, _ in self.uploaded[id].values()):
            raise PermanentError("already_exists", code="forge.invalid")
        number = self._next()
        self.uploaded[id][number] = (name, data)
        return Asset(number, name, len(data), True)

    def delete_asset(self, _repository: str, id: int) -> None:
        for files in self.uploaded.values():
            files.pop(id, None)

    def start_build(self, _repository: str, workflow: str, ref: str, inputs: Mapping[str, str]) -> None:
        assert f"refs/tags/{ref}" in self.refs
        title = f"Release {inputs['release']}"
        self.runs.append(BuildRun(self._next(), title, "queued", None, f"https://forge.example/{workflow}"))

    def builds(self, _repository: str, _workflow: str, _sha: str) -> Sequence[BuildRun]:
        return list(self.runs)

    def _page(self, id: int) -> ForgeRelease:
        if id not in self.pages:
            raise PermanentError("no such page", code="forge.not_found")
        return self.pages[id]


@dataclass
class MemoryReleases:
    """See functions.release.store.Releases."""

    kept: dict[str, Record] = field(default_factory=dict)
    locks: dict[tuple[str, str], str] = field(default_factory=dict)

    def read(self, id: str) -> Record | None:
        return self.kept.get(id)

    def holder(self, repository: str, package: str | None) -> str | None:
        return self.locks.get((repository.lower(), package or ""))

    def start(self, record: Record) -> None:
        if record.id in self.kept or self.holder(record.repository, record.package):
            raise ConflictError("one is open for this package", code="conflict.release", field="package")
        self.kept[record.id] = record
        self.locks[record.repository.lower(), record.package or ""] = record.id

    def write(self, before: Record, after: Record) -> None:
        if self.kept[before.id] != before:
            raise ConflictError(f"{after.id} is not what it was")
        place = (after.repository.lower(), after.package or "")
        if before.final is None and after.final is not None:
            del self.locks[place]
        elif before.final is not None and after.final is None:
            if place in self.locks:
                raise ConflictError("another is open", code="conflict.release", field="id")
            self.locks[place] = after.id
        self.kept[after.id] = after

    def open(self) -> Sequence[Record]:
        return [record for record in self.kept.values() if record.final is None]

    def newest(self, limit: int, before: str | None) -> tuple[Sequence[Record], str | None]:
        ids = sorted((id for id in self.kept if before is None or id < before), reverse=True)[:limit]
        return [self.kept[id] for id in ids], ids[-1] if len(ids) == limit else None


@dataclass
class MemoryVault:
    """See functions.release.store.Vault; `put` is what a build does with an address."""

    files: dict[str, bytes] = field(default_factory=dict)

    def upload(self, path: str, file: ReleaseFile, valid: timedelta) -> Upload:
        return Upload(
            f"https://files.example/{path}?for={int(valid.total_seconds())}", {"size": str(file.size)}
        )

    def link(self, path: str, name: str, valid: timedelta) -> str:
        return f"https://files.example/{path}?for={int(valid.total_seconds())}&as={name}"

    def get(self, url: str) -> bytes:
        return self.files[url.removeprefix("https://files.example/").partition("?")[0]]

    def put(self, url: str, data: bytes) -> None:
        self.files[url.removeprefix("https://files.example/").partition("?")[0]] = data

    def has(self, path: str, file: ReleaseFile) -> bool:
        return len(self.files.get(path, b"")) == file.size

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def keep(self, path: str, data: bytes) -> None:
        if self.files.setdefault(path, data) != data:
            raise ConflictError("kept already", code="conflict.artifact", field="name")


@dataclass
class MemoryResults:
    """Results of gates, the newest last."""

    kept: list[dict[str, Any]] = field(default_factory=list)

    def newest(
        self, repository: str, limit: int, before: str | None
    ) -> tuple[Sequence[Mapping[str, Any]], str | None]:
        assert before is None
        return [one for one in reversed(self.kept) if one["repository"] == repository][:limit], None


@dataclass
class MemoryProofs:
    """A proof that another checkpoint makes another one, once the ledger has the entry."""

    entries: Mapping[str, Any]
    size: int = 0

    def covers(self, entry_id: str) -> bool:
        return entry_id in self.entries

    def bundle(self, entry_id: str) -> bytes:
        if entry_id not in self.entries:
            raise TransientError("the log does not cover it yet", code="dependency.log")
        self.size += 1
        return f"proof of {entry_id} under {self.size}".encode()


def found(record: Record | None) -> Record:
    """Raises NotFoundError for none."""
    if record is None:
        raise NotFoundError("there is no such release")
    return record
