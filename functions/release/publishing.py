"""Bill of materials, provenance, and where everybody finds a release. Whatever is kept is never replaced."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from functions.release import making
from writ.contracts.errors import ConflictError, ContractError, PermanentError
from writ.contracts.events.releases import ReleaseFile
from writ.release.names import CHECKSUMS, PROOF, bom_name, names_of, place_of

if TYPE_CHECKING:
    from functions.release.ports import Forge, Ports
    from writ.contracts.action import Action
    from writ.release.record import Record

# Looked for at the root of a repository whose settings name none.
LOCK_FILES: Final = ("requirements.lock", "requirements.txt", "poetry.lock", "uv.lock", "package-lock.json")


def compose_bom(record: Record, _action: Action, ports: Ports) -> Mapping[str, Any]:
    """Write the bill of materials from the lock files at the commit."""
    from functions.release.bom import Released, components_of, compose

    planned = making.planned_of(record)
    name, forge = bom_name(record), ports.forge()
    found = {path: forge.content(record.repository, path, record.sha) for path in planned.boms or LOCK_FILES}
    if missing := [path for path in planned.boms if found[path] is None]:
        raise PermanentError(f"{missing[0]} is not there", code="release.bom", field="boms")
    try:
        files = {path: content.data.decode() for path, content in found.items() if content is not None}
        components = components_of(files)
    except (ContractError, UnicodeDecodeError) as error:
        raise PermanentError(
            f"a lock file does not read: {error}", code="release.bom", field="boms"
        ) from None
    about = Released(
        record.repository, record.name, planned.version, planned.tag, record.sha, record.started_at
    )
    data = compose(about, record.files, components)
    _keep(record, name, data, ports)
    return {"bom": ReleaseFile(name=name, sha256=sha256(data).hexdigest(), size=len(data))}


def sign(record: Record, _action: Action, ports: Ports) -> Mapping[str, Any]:
    """State in the ledger what the files were made from. A statement that is there stands."""
    from writ.contracts.provenance import Made, provenance, provenance_id
    from writ.contracts.statement import Actor, Stamp

    planned, now, identity = making.planned_of(record), ports.clock.now(), ports.identity
    if record.bom is None:
        raise PermanentError("it has no bill of materials", code="release.out_of_order")
    build, settings = record.build, planned.build
    run = None if build is None else build.run
    source = (record.page or "").partition("/releases/")[0] or record.repository
    workflow = None if settings is None else settings.workflow
    by = "" if build is None else build.by
    actor = Actor(bot=identity.bot, version=identity.version, code=identity.code_digest)
    made = Made(
        release=record.id,
        repository=record.repository,
        source=source,
        package=record.package,
        tag=planned.tag,
        sha=record.sha,
        command=() if settings is None else settings.command,
        workflow=workflow,
        builder=f"{source}/actions/workflows/{workflow}" if workflow else f"person:{by}",
        run=f"{source}/actions/runs/{run}" if run is not None else None,
        started_at=record.started_at,
        finished_at=record.started_at if build is None else build.at,
        files=(*record.files, record.bom),
    )
    statement = provenance(made, Stamp(actor=actor, time=now, salt=ports.entropy(32).hex()))
    ports.evidence.append_or_adopt(provenance_id(record.id), statement)
    return {"provenance": provenance_id(record.id)}


def publish(record: Record, _action: Action, ports: Ports) -> Mapping[str, Any]:
    """Keep everything in the bucket first; the page that everybody sees comes last."""
    forge = ports.forge()
    page = making.page_to_publish(record, forge)
    sizes = {asset.name: asset for asset in forge.assets(record.repository, page.id)}
    for name in names_of(record):
        data = _bytes(record, name, ports)
        kept = sizes.get(name)
        if kept is not None and kept.complete and kept.size == len(data):
            continue
        if kept is not None:  # an upload that was broken off
            _refuse_shown(record, page.draft, name)
            forge.delete_asset(record.repository, kept.id)
        _upload(record, page.id, name, data, forge)
    if page.draft:
        page = forge.publish(record.repository, page.id)
    return {"url": page.url}


def _bytes(record: Record, name: str, ports: Ports) -> bytes:
    """A file of the release, kept in the bucket by now."""
    for file in record.files:
        if file.name == name:
            return _keep(record, name, making.staged_file(record, file, ports.vault), ports)
    if name == CHECKSUMS:
        return _keep(record, name, checksums(record), ports)
    kept = ports.vault.read(place_of(record, name))
    if kept is not None:
        return kept  # a proof is another one under every checkpoint: the first stands
    if name != PROOF:
        raise PermanentError(f"{name} was kept and is gone", code="release.gone")
    proof = ports.proofs.bundle(record.provenance or "")
    try:
        ports.vault.keep(place_of(record, name), proof)
    except ConflictError:
        return ports.vault.read(place_of(record, name)) or proof
    return proof


def checksums(record: Record) -> bytes:
    """As `sha256sum --check` reads it."""
    files = (*record.files, *((record.bom,) if record.bom is not None else ()))
    return "".join(f"{file.sha256}  {file.name}\n" for file in sorted(files, key=lambda f: f.name)).encode()


def _keep(record: Record, name: str, data: bytes, ports: Ports) -> bytes:
    try:
        ports.vault.keep(place_of(record, name), data)
    except ConflictError as error:
        raise PermanentError(error.message, code=error.code, field=error.field) from None
    return data


def _upload(record: Record, page: int, name: str, data: bytes, forge: Forge) -> None:
    try:
        forge.upload(record.repository, page, name, data)
    except PermanentError as error:
        # An attempt before, whose answer was lost, may have been the one that sent it.
        there = {asset.name: asset.size for asset in forge.assets(record.repository, page)}
        if error.code != "forge.invalid" or there.get(name) != len(data):
            raise


def _refuse_shown(record: Record, draft: bool, name: str) -> None:
    if not draft:
        message = f"{name} of {record.id} is published with other bytes"
        raise PermanentError(message, code="release.asset", field="files")
