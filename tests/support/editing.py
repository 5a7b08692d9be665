"""How a bundle is edited: by a member of its JSON."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.support.forged_world import INDEX, INTEGRATED, Case, Json, World

Make = Callable[[World], Case]


def entry_of(document: Json) -> Json:
    found: Json = document["verificationMaterial"]["tlogEntries"][0]
    return found


def proof_of(document: Json) -> Json:
    found: Json = entry_of(document)["inclusionProof"]
    return found


def flipped(text: str, position: int = 8) -> str:
    data = bytearray(b64decode(text))
    data[position] ^= 1
    return b64encode(data).decode()


def setting(place: Callable[[Json], Any], key: Any, change: Any) -> Make:
    """An edit of one member; `change` is its new value, or makes it of the old one."""

    def edit(document: Json) -> None:
        at = place(document)
        at[key] = change(at[key]) if callable(change) else change

    return lambda world: world.edited(edit)


def envelope_of(document: Json) -> Json:
    found: Json = document["dsseEnvelope"]
    return found


def signature_of(document: Json) -> Json:
    found: Json = document["dsseEnvelope"]["signatures"][0]
    return found


def material_of(document: Json) -> Json:
    found: Json = document["verificationMaterial"]
    return found


def rewritten(world: World) -> bytes:
    return world.bundle.envelope.payload.replace(b'"succeeded"', b'"failed"')


def promised(world: World, *, index: int = INDEX, at: datetime = INTEGRATED, top: int = INDEX) -> Case:
    """A promise that the log really signed, of another index or time."""
    bundle = world.bundle
    promise = world.forge.promise(bundle.leaf, index, at)
    return world.case(replace(bundle, index=top, integrated_at=at, promise=promise))
