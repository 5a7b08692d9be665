"""The gate of security on Dockerfiles."""

from __future__ import annotations

import pytest

from tests.unit.gates.running import judged, rules
from writ.contracts.action import Verdict
from writ.gates.model import Report

PINNED = "python:3.13@sha256:" + "a" * 64


def found(text: str | bytes, path: str = "Dockerfile") -> Report:
    return judged({path: text}, "security")


def told(report: Report) -> list[tuple[str, int | None]]:
    return [
        (item.rule.removeprefix("security/"), item.place.line if item.place else None)
        for item in report.standing
    ]


def test_an_image_that_is_pinned_and_has_a_user_passes() -> None:
    built = f"# syntax=docker/dockerfile:1\nFROM {PINNED} AS build\nRUN make\n"
    text = f"{built}FROM scratch\nCOPY --from=build /a /a\nUSER 65532\n"
    assert found(text).verdict is Verdict.ALLOW


@pytest.mark.parametrize(
    ("base", "pinned"),
    [
        (f"FROM {PINNED}", True),
        ("FROM python", False),
        ("FROM python:3.13", False),
        ("FROM --platform=linux/arm64 python:latest", False),
        (f"ARG BASE={PINNED}\nFROM $BASE", True),
        ("ARG V=3.13\nFROM python:${V}", False),
        ("FROM ${BASE:-python:3.13}", False),
    ],
)
def test_bases_are_pinned(base: str, pinned: bool) -> None:
    names = [rule for rule, _ in told(found(f"{base}\nUSER app\n"))]
    assert names == ([] if pinned else ["unpinned-image"])


def test_what_is_copied_out_of_an_image_is_pinned() -> None:
    copied = "".join(f"COPY --from={source} /a /a\n" for source in ("one", "0", "tool:1"))
    text = f"FROM {PINNED} AS one\nFROM one\n{copied}USER 1\n"
    assert told(found(text)) == [("unpinned-image", 5)]


@pytest.mark.parametrize(
    ("lines", "stands"),
    [
        ("RUN make", [("root-user", 1)]),
        ("USER root", [("root-user", 2)]),
        ("USER 0:0", [("root-user", 2)]),
        ("USER app\nUSER root", [("root-user", 3)]),
        ("USER app", []),
        ("ARG WHO=app\nUSER ${WHO}", []),
    ],
)
def test_an_image_runs_as_somebody(lines: str, stands: list[tuple[str, int]]) -> None:
    assert told(found(f"FROM {PINNED}\n{lines}\n")) == stands


def test_a_stage_goes_on_as_the_user_of_the_stage_it_is_from() -> None:
    assert told(found(f"FROM {PINNED} AS one\nUSER app\nFROM one\nRUN make\n")) == []
    assert told(found(f"FROM {PINNED} AS one\nUSER app\nFROM {PINNED}\n")) == [("root-user", 3)]


def test_what_is_fetched_is_checked_and_its_credentials_are_not_shown() -> None:
    text = f"FROM {PINNED}\nUSER app\nADD https://user:pass@files.example/a.tgz?sig=abc /a\n"
    report = found(text)
    assert told(report) == [("unverified-download", 3)]
    assert report.violations[0].subject == "https://files.example/a.tgz"
    assert told(found(text.replace("ADD ", "ADD --checksum=sha256:00 "))) == []


@pytest.mark.parametrize(
    ("line", "stands"),
    [
        ("ENV DB_PASSWORD=hunter2", True),
        ("ENV PATH=/x \\\n    API_TOKEN='a b'", True),
        ("ENV AWS_SECRET_ACCESS_KEY hunter2", True),
        ("ARG NPM_TOKEN", True),
        ("ENV DB_PASSWORD=", False),
        ("ENV DB_PASSWORD=${DB_PASSWORD}", False),
        ("ENV PASSWORD_FILE=/run/secrets/x", False),
        ("ENV TOKENIZERS=fast", False),
        ("RUN --mount=type=secret,id=TOKEN make", False),
    ],
)
def test_no_secret_stays_in_an_image_and_none_is_shown(line: str, stands: bool) -> None:
    report = found(f"FROM {PINNED}\nUSER app\n{line}\n")
    assert told(report) == ([("secret-in-image", 3)] if stands else [])
    assert "hunter2" not in report.model_dump_json()


def test_here_documents_and_comments_are_no_instructions() -> None:
    text = (
        f"FROM {PINNED}\nUSER app\nRUN <<EOF\nFROM nothing\nUSER root\nEOF\nRUN a \\\n  # comment\n  && b\n"
    )
    assert told(found(text)) == []


def test_another_escape_character_is_known() -> None:
    text = f"# escape=`\nFROM {PINNED}\nENV A=C:\\ `\n    TOKEN=x\nUSER app\n"
    assert told(found(text)) == [("secret-in-image", 3)]


@pytest.mark.parametrize("path", ["api/Dockerfile.dev", "api.Dockerfile", "Containerfile", "dockerfile"])
def test_files_are_known_by_their_names(path: str) -> None:
    assert "security/root-user" in rules(found("FROM a\n", path))


@pytest.mark.parametrize("text", [b"\xff\xfe", b"FROM a\n" * 20_001])
def test_a_dockerfile_that_cannot_be_read_is_unknown(text: bytes) -> None:
    assert (found(text).verdict, rules(found(text))) == (Verdict.UNKNOWN, ["security/unreadable"])


@pytest.mark.parametrize(
    "text", ["", "FROM", "FROM \\", "USER", "ENV", "ADD", "COPY --from", "\\\n" * 9, "FROM $", "FROM ${"]
)
def test_a_dockerfile_of_another_shape_ends_no_run(text: str) -> None:
    assert found(text).verdict is not None
