"""What the files are called that a release makes itself, and where they are kept."""

from __future__ import annotations

from typing import Final

from writ.contracts.errors import PermanentError
from writ.release.record import Record

CHECKSUMS: Final = "SHA256SUMS"
PROOF: Final = "provenance.sigstore.json"
OWN_FILES: Final = (CHECKSUMS, PROOF)


def bom_name(record: Record) -> str:
    """The bill of materials, by a name that tools know: https://cyclonedx.org/specification/overview/"""
    version = "" if record.planned is None else f"-{record.planned.version}"
    return f"{record.name}{version}.cdx.json"


def names_of(record: Record) -> tuple[str, ...]:
    """Every file of a release: what was built, and what the release itself makes of that."""
    return (*(file.name for file in record.files), bom_name(record), CHECKSUMS, PROOF)


def place_of(record: Record, name: str) -> str:
    """Where a file of a release is kept for good: `<owner>/<repository>/<tag>/<name>`."""
    if record.planned is None:
        raise PermanentError(f"{record.id} has no plan yet", code="release.out_of_order")
    return f"releases/{record.repository.lower()}/{record.planned.tag}/{name}"
