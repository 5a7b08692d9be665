"""Registries as they answer by their specifications: read, bounded, and believed no further than that."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from writ.adapters.npm_registry import NpmRegistry
from writ.adapters.pypi_index import SimpleIndex, repository_of
from writ.adapters.registries import Registries
from writ.adapters.registry_http import LARGEST, RegistryHttp
from writ.contracts.errors import PermanentError, TransientError, WritError
from writ.dependencies.versions import package
from writ.ports.registry import Ecosystem, Package

BASE = "https://index.example/simple"
ALPHA, KIT = package(Ecosystem.PYPI, "Alpha_Kit"), package(Ecosystem.NPM, "@acme/kit")
METADATA = (
    b"Metadata-Version: 2.4\nName: alpha-kit\nRequires-Dist: beta>=1\nRequires-Dist: gamma; extra == 'x'\n"
)
METADATA += b"Project-URL: Source Code, https://github.com/acme/alpha.git\nProject-URL: Docs, https://x.example\n\nbody\n"


def file(name: str, time: str | None = "2026-01-02T03:04:05.678Z", /, **given: Any) -> dict[str, Any]:
    made = {
        "filename": name,
        "url": f"../../files/{name}",
        "hashes": {"sha256": name.encode().hex()[:64].ljust(64, "0")},
    }
    return {**made, **({"upload-time": time} if time else {}), **given}


DIGEST = {"sha256": hashlib.sha256(METADATA).hexdigest()}
WHEEL = {**file("alpha_kit-1.1.0-py3-none-any.whl"), "core-metadata": DIGEST}
PAGE = {
    "meta": {"api-version": "1.1"},
    "name": "alpha-kit",
    "versions": ["1.0.0", "1.1.0", "1.2.0", "1.3.0"],
    "files": [
        file("alpha_kit-1.0.0.tar.gz", "2025-01-01T00:00:00Z", **{"requires-python": ">=3.9"}),
        WHEEL,
        file("alpha_kit-1.1.0.tar.gz", "2026-02-01T00:00:00Z"),
        file("alpha_kit-1.2.0.tar.gz", yanked="broken"),
        file("alpha_kit-1.3.0.tar.gz", None),
        file("alpha-kit.exe"),
    ],
}
PACKUMENT = {
    "name": "@acme/kit",
    "time": {
        "created": "2020-01-01T00:00:00Z",
        "1.0.0": "2025-01-01T00:00:00.000Z",
        "1.1.0": "2026-02-01T00:00:00.000Z",
    },
    "versions": {
        "1.0.0": {"version": "1.0.0", "dist": {"integrity": "sha512-a"}, "deprecated": "use 1.1"},
        "1.1.0": {
            "version": "1.1.0",
            "dist": {"integrity": "sha512-b", "tarball": "https://registry.example/kit.tgz"},
            "dependencies": {"left": "^1.0.0"},
            "engines": {"node": ">=20"},
            "scripts": {"postinstall": "node x.js"},
            "repository": {"type": "git", "url": "git+https://github.com/acme/kit.git"},
        },
        "1.2.0": {"version": "1.2.0"},
    },
}
Answer = Callable[[httpx.Request], httpx.Response]


def http(answers: Mapping[str, Any], asked: list[httpx.Request] | None = None) -> RegistryHttp:
    def answer(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request)
        found = answers.get(request.url.path)
        if found is None:
            return httpx.Response(404)
        return (
            httpx.Response(200, content=found)
            if isinstance(found, bytes)
            else httpx.Response(200, json=found)
        )

    return RegistryHttp(httpx.MockTransport(answer))


PAGES = {"/simple/alpha-kit/": PAGE, "/files/alpha_kit-1.1.0-py3-none-any.whl.metadata": METADATA}


def test_a_simple_index_says_what_releases_are_made_of() -> None:
    asked: list[httpx.Request] = []
    found = SimpleIndex(BASE + "/", http(PAGES, asked)).listing(ALPHA)
    releases = {each.version: each for each in found.releases}
    assert list(releases) == ["1.0.0", "1.1.0", "1.2.0", "1.3.0"]
    # A release is as young as the newest of its files.
    assert releases["1.1.0"].published_at == datetime(2026, 2, 1, tzinfo=UTC)
    assert len(releases["1.1.0"].hashes) == 2
    assert (releases["1.0.0"].requires_python, releases["1.2.0"].yanked) == (">=3.9", True)
    assert releases["1.3.0"].published_at is None
    assert asked[0].headers["accept"] == "application/vnd.pypi.simple.v1+json"


def test_metadata_beside_a_wheel_says_what_it_needs_and_where_it_comes_from() -> None:
    asked: list[httpx.Request] = []
    index = SimpleIndex(BASE, http(PAGES, asked))
    assert index.requires(ALPHA, "1.1") == ("beta>=1", "gamma; extra == 'x'")
    assert index.source(ALPHA, "1.1.0") == "acme/alpha"
    assert index.requires(ALPHA, "1.0.0") is None  # no wheel, and so nobody says
    assert [request.url.path for request in asked].count("/simple/alpha-kit/") == 1


def test_metadata_of_another_hash_is_not_believed() -> None:
    changed = {**PAGES, "/files/alpha_kit-1.1.0-py3-none-any.whl.metadata": METADATA + b"x"}
    with pytest.raises(TransientError, match=r"registry\.digest"):
        SimpleIndex(BASE, http(changed)).requires(ALPHA, "1.1.0")


def test_metadata_is_not_fetched_without_tls() -> None:
    page = {**PAGE, "files": [{**WHEEL, "url": "http://elsewhere.example/x.whl"}]}
    asked: list[httpx.Request] = []
    assert SimpleIndex(BASE, http({"/simple/alpha-kit/": page}, asked)).requires(ALPHA, "1.1.0") is None
    assert len(asked) == 1


def test_npm_says_when_and_what_a_lock_repeats() -> None:
    asked: list[httpx.Request] = []
    registry = NpmRegistry("https://registry.example", http({"/@acme/kit": PACKUMENT}, asked))
    old, new, unknown = registry.listing(KIT).releases
    assert asked[0].url.raw_path == b"/@acme%2Fkit"
    assert (old.yanked, new.yanked) == (True, False)
    assert (new.published_at, new.hashes) == (datetime(2026, 2, 1, tzinfo=UTC), ("sha512-b",))
    assert new.fields == {
        "dependencies": {"left": "^1.0.0"},
        "engines": {"node": ">=20"},
        "hasInstallScript": True,
    }
    assert (unknown.published_at, unknown.hashes) == (None, ())
    assert registry.source(KIT, "1.1.0") == "acme/kit"
    assert registry.requires(KIT, "1.1.0") == ("left ^1.0.0",)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(404), "registry.not_found"),
        (httpx.Response(403), "registry.refused"),
        (httpx.Response(302, headers={"location": "https://elsewhere.example"}), "registry.refused"),
        (httpx.Response(429), "registry.unavailable"),
        (httpx.Response(503), "registry.unavailable"),
        (httpx.Response(200, content=b"<html>"), "registry.answer"),
        (httpx.Response(200, json={"files": "none"}), "registry.answer"),
        (httpx.Response(200, content=b" " * (LARGEST + 1)), "registry.too_large"),
        (httpx.ConnectError("no route to a secret"), "registry.unavailable"),
    ],
)
def test_refusals_are_told_apart(answer: httpx.Response | Exception, code: str) -> None:
    def reply(_request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(WritError) as refused:
        SimpleIndex(BASE, RegistryHttp(httpx.MockTransport(reply))).listing(ALPHA)
    assert refused.value.code == code
    assert "secret" not in str(refused.value)


def test_an_index_that_nobody_configured_is_named() -> None:
    with pytest.raises(PermanentError) as refused:
        Registries({}).listing(Package(Ecosystem.NPM, "left"))
    assert (refused.value.code, refused.value.field) == ("registry.unset", "npm")


@pytest.mark.parametrize(
    ("url", "repository"),
    [
        ("https://github.com/acme/shop", "acme/shop"),
        ("git+ssh://git@github.com/acme/shop.git", "acme/shop"),
        ("git@github.com:acme/shop.git", "acme/shop"),
        ("https://github.com/acme/shop/tree/main/x", "acme/shop"),
        ("https://github.com/acme", None),
        ("https://github.com.elsewhere.example/acme/shop", None),
        ("https://elsewhere.example/acme/shop", None),
        ("", None),
    ],
)
def test_where_code_lies_is_read_from_an_address(url: str, repository: str | None) -> None:
    assert repository_of(url) == repository
