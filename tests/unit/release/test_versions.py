"""Versions and tags, as the two specifications and real repositories write them."""

from __future__ import annotations

import random

import pytest

from writ.contracts.errors import ContractError
from writ.release.versions import (
    Bump,
    TagPattern,
    difference,
    parse_version,
    prerelease,
    raised,
    write_version,
)

# semver.org, 11: the order that the specification gives as examples.
ORDERED = (
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
)


def test_versions_are_ordered_as_the_specification_says() -> None:
    versions = [parse_version(text) for text in [*ORDERED, "1.0.1", "1.1.0", "2.0.0"]]
    mixed = versions[:]
    random.Random(1).shuffle(mixed)
    assert sorted(mixed) == versions


@pytest.mark.parametrize(
    "text", ["", "1", "1.2", "01.2.3", "1.2.3-01", "v1.2.3", "1.2.3 ", "1.2.٣", "1.2.3-", "9" * 300]
)
def test_what_is_no_version_is_refused_with_the_field(text: str) -> None:
    with pytest.raises(ContractError) as caught:
        parse_version(text)
    assert caught.value.field == "version"


@pytest.mark.parametrize(
    ("python", "semver"),
    [("1.2.3", "1.2.3"), ("1.2", "1.2.0"), ("1.2.0rc1", "1.2.0-rc.1"), ("1.2.0a2", "1.2.0-alpha.2")],
)
def test_a_version_by_pep440_is_one_by_semver(python: str, semver: str) -> None:
    version = parse_version(python, "pep440")
    assert str(version) == semver
    assert parse_version(write_version(version, "pep440"), "pep440") == version


@pytest.mark.parametrize("text", ["1!1.0", "1.2.3.4", "1.0.post1", "1.0.dev1", "1.0+local", "x"])
def test_what_semver_cannot_say_is_refused(text: str) -> None:
    with pytest.raises(ContractError):
        parse_version(text, "pep440")


def test_what_pep440_cannot_say_is_refused() -> None:
    for text in ("1.0.0-nightly", "1.0.0+build"):
        with pytest.raises(ContractError):
            write_version(parse_version(text), "pep440")


def test_a_bump_raises_one_number_and_ends_the_pre_release() -> None:
    version = parse_version("1.2.3")
    assert [str(raised(version, bump)) for bump in Bump] == ["1.2.3", "1.2.4", "1.3.0", "2.0.0"]
    assert all(difference(version, raised(version, bump)) is bump for bump in Bump)
    assert prerelease(parse_version("1.0.0-beta.11")) == ("beta", 11)
    assert prerelease(parse_version("1.0.0-nightly.1")) == (None, 0)


@pytest.mark.parametrize(
    ("pattern", "tag", "package", "version"),
    [
        ("v{version}", "v1.2.3", None, "1.2.3"),
        ("v{version}", "1.2.3", None, None),
        ("v{version}", "v1.2.3.4", None, None),
        ("v{version}", "core-v1.2.3", None, None),
        ("{version}", "1.2.3-rc.1", None, "1.2.3-rc.1"),
        ("{package}-v{version}", "core-v1.2.3", "core", "1.2.3"),
        ("{package}-v{version}", "core-v1.2.3", "re", None),
        ("{package}@{version}", "@scope/core@1.2.3", "@scope/core", "1.2.3"),
        ("release/{package}/{version}", "release/a/1.0.0", "a", "1.0.0"),
    ],
)
def test_a_tag_names_a_version_of_a_package(
    pattern: str, tag: str, package: str | None, version: str | None
) -> None:
    tags = TagPattern(pattern)
    read = tags.read(tag, package)
    assert (None if read is None else str(read)) == version
    if read is not None:
        assert tags.write(read, package) == tag


@pytest.mark.parametrize(
    "text", ["v", "{version}{version}", "{version}-{other}", "{package}{package}{version}", "v {version}"]
)
def test_a_pattern_without_its_version_is_refused(text: str) -> None:
    with pytest.raises(ContractError) as caught:
        TagPattern(text)
    assert caught.value.field == "tag"
