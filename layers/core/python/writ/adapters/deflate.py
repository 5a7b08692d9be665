"""Statements and index rows as they are stored: deflated (RFC 1950), against text that they share."""

from __future__ import annotations

import zlib
from typing import Final

_LEVEL: Final = 9
# What statements of ours say in these words, in the order of canonical JSON; the most common last, where a
# reference to it is shortest. It never changes: what is stored with it is read with it, and names it by its
# Adler-32. Another one is another constant, beside this.
_SHARED: Final = (
    b'"approval":{"approved":true,"at":"2026-","by":"","reason":""},"entry":"act-.approval","phase":"approval",'
    b'"prev":{"entry":"act-.approval","sha256":""},"predicateType":"https://writ.example/approval/v1"'
    b'"outcome":{"code":null,"message":null,"observed":{"digest":"","sha256":"","version":1},'
    b'"status":"succeeded"},"phase":"outcome","prev":{"entry":"act-.intent","sha256":""},"salt":""'
    b'"event":{"by":"","id":"github-","type":"CheckFailed.v1"},"phase":"intent","prev":null,"salt":""'
    b'"decision":{"bundle_digest":"","decided_at":"2026-","exceptions":[],"obligations":[{"counter":"hour",'
    b'"kind":"reserve","limit":5000}],"reasons":[],"verdict":"allow"},"entry":"act-.outcome"'
    b'"name":"record-occurrence","parameters":{"at":"2026-","repository":""},"reason":"'
    b'{"_type":"https://in-toto.io/Statement/v1","predicate":{"action":{"blast_radius":1,"bot":"backlog",'
    b'"effect_key":"","id":"act-","name":"","target":{"digest":"","id":"task-","kind":"task"}},'
    b'"actor":{"bot":"backlog","code":"","version":"0.1.0"},"entry":"act-.intent","stream":"act-",'
    b'"time":"2026-01-01T00:00:00.000Z"},"predicateType":"https://writ.example/action/v1",'
    b'"subject":[{"digest":{"sha256":""},"name":"task:task-"}]}'
)


def deflated(data: bytes) -> bytes:
    """The data, deflated against the shared text."""
    deflate = zlib.compressobj(_LEVEL, zdict=_SHARED)
    return deflate.compress(data) + deflate.flush()


def inflated(data: bytes) -> bytes:
    """What was deflated, with the shared text or without; damaged bytes as they are.

    Verification then names the entry they belong to.
    """
    inflate = zlib.decompressobj(zdict=_SHARED)
    try:
        found = inflate.decompress(data)
    except zlib.error:
        return data
    return found if inflate.eof and not inflate.unused_data else data
