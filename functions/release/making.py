"""Tag, page and build of a release: each is looked for before it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from functions.release.facts import staged
from writ.contracts.errors import PermanentError, TransientError
from writ.release.record import Ending, Planned, Record

if TYPE_CHECKING:
    from functions.release.ports import Forge, Ports
    from functions.release.store import Vault
    from writ.contracts.action import Action
    from writ.contracts.events.releases import ReleaseFile
    from writ.ports.forge_releases import ForgeRelease

_INVALID: Final = "forge.invalid"


def planned_of(record: Record) -> Planned:
    """Its plan. Raises PermanentError before there is one."""
    if record.planned is None:
        raise PermanentError(f"{record.id} has no plan yet", code="release.out_of_order")
    return record.planned


def tag(record: Record, _action: Action, ports: Ports) -> Mapping[str, Any]:
    """Make the tag, annotated. Fails as `release.tag_taken` where it is there for another commit."""
    forge, name = ports.forge(), planned_of(record).tag
    if not _is_tagged(record, name, forge):
        message = f"{record.name} {planned_of(record).version}\n\n{record.id}"
        try:
            made = forge.create_tag(record.repository, name, message, record.sha)
            forge.create_ref(record.repository, f"tags/{name}", made)
        except PermanentError as error:
            # An attempt before, whose answer was lost, may have been the one that made it.
            if error.code != _INVALID or not _is_tagged(record, name, forge):
                raise
    return {"tagged": True}


def _is_tagged(record: Record, name: str, forge: Forge) -> bool:
    if forge.ref(record.repository, f"tags/{name}") is None:
        return False
    found = forge.commit(record.repository, f"tags/{name}")
    if found is None or found.sha != record.sha:
        where = "something else" if found is None else found.sha[:7]
        message = f"the tag {name} is there already, at {where}, and is not moved"
        raise PermanentError(message, code="release.tag_taken", field="tag")
    return True


def draft(record: Record, _action: Action, ports: Ports) -> Mapping[str, Any]:
    """Make the page, which nobody sees yet. Fails as `release.taken` where the tag has one that is seen."""
    from writ.ports.forge_releases import NewRelease

    forge, planned = ports.forge(), planned_of(record)
    mine = _own_page(record, forge)
    if mine is None:
        mine = forge.create_draft(
            record.repository,
            NewRelease(
                tag=planned.tag,
                sha=record.sha,
                name=f"{record.name} {planned.version}",
                body=f"{planned.notes}\n{mark_of(record)}\n",
                prerelease=planned.prerelease,
            ),
        )
    return {"draft": mine.id, "page": mine.url}


def mark_of(record: Record) -> str:
    """By this the page of a release is told from what people make."""
    return f"<!-- writ:{record.id} -->"


def _own_page(record: Record, forge: Forge) -> ForgeRelease | None:
    """The oldest page of this release, seen or not. Raises PermanentError where the tag has another's."""
    found = forge.releases_of(record.repository, planned_of(record).tag)
    mine = [page for page in found if mark_of(record) in page.body]
    shown = [page for page in found if not page.draft]
    if shown and shown[0] not in mine:
        message = f"{shown[0].tag} is published already, by somebody else"
        raise PermanentError(message, code="release.taken", field="tag")
    return shown[0] if shown else mine[0] if mine else None


def page_to_publish(record: Record, forge: Forge) -> ForgeRelease:
    """The page of a release; of several, that attempts with lost answers made, the younger are removed."""
    kept = _own_page(record, forge)
    if kept is None:
        raise PermanentError("the page of the release was removed", code="release.page_gone")
    for page in forge.releases_of(record.repository, planned_of(record).tag):
        if page.draft and page.id != kept.id and mark_of(record) in page.body:
            forge.delete_release(record.repository, page.id)
    return kept


def withdraw(record: Record, forge: Callable[[], Forge]) -> None:
    """Remove every page of this release that nobody has seen. Its tag stays: others may have it."""
    if not record.tagged or record.url is not None:
        return
    asked = forge()
    for page in asked.releases_of(record.repository, planned_of(record).tag):
        if page.draft and mark_of(record) in page.body:
            asked.delete_release(record.repository, page.id)


def ask_for_build(record: Record, forge: Forge) -> None:
    """Have the workflow run at the tag, unless a run of this release is there."""
    planned = planned_of(record)
    build = planned.build
    if build is None or build.workflow is None:
        raise PermanentError(f"{record.id} names no workflow", code="release.out_of_order")
    runs = forge.builds(record.repository, build.workflow, record.sha)
    mine = [run for run in runs if record.id in run.title.split() and run.conclusion in (None, "success")]
    if not mine:
        forge.start_build(record.repository, build.workflow, planned.tag, {"release": record.id})


def staged_file(record: Record, file: ReleaseFile, vault: Vault) -> bytes:
    """The bytes of a file, as its build reported it. Fails as `release.digest` for any others."""
    data = vault.read(staged(record.id, file.name, file.sha256))
    if data is None:
        raise TransientError(f"{file.name} is not there", code="dependency.artifact")
    if len(data) != file.size or sha256(data).hexdigest() != file.sha256:
        message = f"{file.name} is not what its build reported"
        raise PermanentError(message, code="release.digest", field="files")
    return data


def told(record: Record) -> dict[str, Any]:
    """What evidence and events say of a release."""
    planned, about = record.planned, dict[str, Any]()
    if planned is not None:
        about = {"version": planned.version, "tag": planned.tag, "bump": planned.bump}
    if record.final is not None:
        about |= {"final": record.final.value, "repository": record.repository, "sha": record.sha}
        about |= {"pushed": record.pushed}
        about |= {} if record.package is None else {"package": record.package}
        about |= {} if record.problem is None else {"code": record.problem.code}
    if record.files or record.bom:
        files = (*record.files, *((record.bom,) if record.bom else ()))
        about["files"] = [file.model_dump() for file in files]
    about |= {} if record.provenance is None else {"provenance": record.provenance}
    about |= {} if record.url is None else {"url": record.url}
    if record.final is Ending.PUBLISHED and planned is not None and record.ended_at is not None:
        about |= {"notes_on": list(planned.pulls), "at": record.ended_at.isoformat()}
        about["pulls"] = len(planned.pulls)
    return about
