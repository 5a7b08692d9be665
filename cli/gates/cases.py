"""Changes that gates must block, each with its repaired twin: what `writ demo gates` shows them with.

Packages, advisories and tokens are made up; nobody has published or issued them.
"""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from dulwich.repo import Repo

from writ.gates import exceptions
from writ.gates.slo.collector import FILE as SERVICES
from writ.policy.input import utc_text

MAIN: Final = "main"
REPOSITORY: Final = "acme/shop"
_WHO: Final = b"Ada <ada@acme.example>"
_README: Final = {"README.md": "# Shop\n"}


@dataclass(frozen=True, slots=True)
class State:
    """A repository before a change and what the change writes; `budgets` are those a control plane knows."""

    before: Mapping[str, str]
    change: Mapping[str, str]
    budgets: Mapping[str, str] = field(default_factory=dict)

    def build(self, folder: Path) -> None:
        """A repository whose main is as before and whose checked out branch has the change."""
        from dulwich import porcelain  # no other command needs it

        with Repo.init(str(folder), mkdir=True, default_branch=MAIN.encode()) as repo:
            _commit(repo, folder, self.before, "as it was")
            porcelain.branch_create(repo, "change")
            porcelain.checkout(repo, "change")
            _commit(repo, folder, self.change, "the change")


@dataclass(frozen=True, slots=True)
class Case:
    """What must be blocked by one rule alone, and its twin that must pass once what `mended` says is so.

    `expired` names the exceptions that must be told as over; `secret` is what no report may show.
    """

    name: str
    rule: str
    bad: State
    good: State
    mended: str
    expired: tuple[str, ...] = ()
    secret: str | None = None


def cases(now: datetime) -> tuple[Case, ...]:
    """All of them; `now` is when the exception ends that is over."""
    return (
        _malicious(),
        _forbidden(),
        _expired(now),
        _leaked(),
        _spent(),
    )


def sample_change() -> dict[str, str]:
    """What a pull request may change that three rules are against."""
    bom = _bom(("pad", "1.4.1", "MIT"), ("cache", "7.4.0", "SSPL-1.0"))
    return {**bom, **_leaked().bad.change}


def write_mirror(folder: Path, now: datetime) -> None:
    """A mirror of advisories as of `now`, with the one that says that a release is an attack.

    Source: https://ossf.github.io/osv-schema/
    """
    advisory = {
        "schema_version": "1.7.0",
        "id": "MAL-0000-1",
        "modified": utc_text(now),
        "summary": "Malicious code in @acme-example/pad (npm)",
        "affected": [
            {"package": {"ecosystem": "npm", "name": "@acme-example/pad"}, "versions": ["1.4.1"]},
        ],
    }
    folder.mkdir()
    (folder / "MAL-0000-1.json").write_text(json.dumps(advisory), encoding="utf-8")


def _malicious() -> Case:
    return Case(
        "malicious release",
        "security/malicious",
        State(_README, _bom(("pad", "1.4.1", "MIT"))),
        State(_README, _bom(("pad", "1.4.0", "MIT"))),
        "it is 1.4.0, which is no attack",
    )


def _forbidden() -> Case:
    return Case(
        "forbidden licence",
        "licences/forbidden",
        State(_README, _bom(("cache", "7.4.0", "SSPL-1.0"))),
        State(_README, _bom(("cache", "7.4.0", "SSPL-1.0 OR BSD-3-Clause"))),
        "it is offered under BSD-3-Clause too",
    )


def _expired(now: datetime) -> Case:
    bom = _bom(("chart", "2.0.0", "GPL-3.0-only"))
    return Case(
        "expired exception",
        "licences/strong-copyleft",
        State(_waived("chart", now), bom),
        State(_waived("chart", now + timedelta(days=30)), bom),
        "main has the exception renewed for 30 days",
        expired=("chart",),
    )


def _leaked() -> Case:
    token = "xoxb-" + "-".join((_drawn(string.digits, 12), _drawn(string.ascii_letters + string.digits, 24)))
    return Case(
        "leaked key",
        "secrets/credential",
        State(_README, {"src/chat.py": f'CHANNEL = "builds"\nTOKEN = "{token}"\n'}),
        State(_README, {"src/chat.py": 'import os\n\nTOKEN = os.environ["CHAT_TOKEN"]\n'}),
        "it is read from the environment",
        secret=token,
    )


def _spent() -> Case:
    before = {**_README, SERVICES: "services:\n  checkout: [/src/checkout/]\n"}
    change = {"src/checkout/pay.py": "RETRIES = 3\n"}
    return Case(
        "spent error budget",
        "slo/budget-spent",
        State(before, change, {"checkout": "freeze"}),
        State(before, change, {"checkout": "normal"}),
        "the service has budget left",
    )


def _bom(*components: tuple[str, str, str]) -> dict[str, str]:
    """A bill of materials. Source: https://cyclonedx.org/docs/1.6/json/"""
    listed: list[dict[str, Any]] = [
        {
            "type": "library",
            "group": "@acme-example",
            "name": name,
            "version": version,
            "purl": f"pkg:npm/%40acme-example/{name}@{version}",
            "licenses": [{"expression": licence}],
        }
        for name, version, licence in components
    ]
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": listed}
    return {"bom.json": json.dumps(document, indent=2) + "\n"}


def _waived(component: str, until: datetime) -> dict[str, str]:
    purl = f"pkg:npm/%40acme-example/{component}"
    scope = f"{{repository: '*', path: bom.json, component: '{purl}', versions: '*'}}"
    item = (
        f"exceptions:\n  - id: {component}\n    rule: licences/strong-copyleft\n    scope: {scope}\n"
        f"    owner: platform\n    reason: replaced soon\n    expires_at: {utc_text(until)}\n"
    )
    return {**_README, exceptions.FILE: item}


def _drawn(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _commit(repo: Repo, folder: Path, files: Mapping[str, str], message: str) -> None:
    from dulwich import porcelain

    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    porcelain.add(repo, [str(folder / name) for name in files])
    porcelain.commit(repo, message=message.encode(), author=_WHO, committer=_WHO)
