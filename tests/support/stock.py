"""The stock Sigstore clients, unmodified and without a network: what each says of a bundle."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

from sigstore.models import Bundle, ClientTrustConfig
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity

from cli.local.cdk import install
from cli.plane import ROOT
from tests.support.forged_world import Case
from writ.ledger.trusted_root import client_trust_config

_LOCK: Final = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
VERSIONS: Final = {
    "sigstore": version("sigstore"),
    "@sigstore/verify": _LOCK["packages"]["node_modules/@sigstore/verify"]["version"],
}
_SCRIPT: Final = Path(__file__).with_name("stock_verify.cjs")
_UNSHARE: Final = ("unshare", "--net", "--map-root-user")


@cache
def cut_off() -> tuple[str, ...]:
    """What to put before a command so that it gets a network namespace of its own, where that is allowed."""
    allowed = shutil.which("unshare") is not None and (
        subprocess.run([*_UNSHARE, "true"], capture_output=True, check=False).returncode == 0
    )
    return _UNSHARE if allowed else ()


def run_sigstore(*words: str) -> subprocess.CompletedProcess[str]:
    """The `sigstore` command, cut off from every network.

    Where namespaces are not to be had, the process itself is kept from opening sockets.
    """
    program = "import sys; from sigstore._cli import main; sys.argv[0] = 'sigstore'; main()"
    if not cut_off():
        program = "import pytest_socket; pytest_socket.disable_socket(); " + program
    command = [*cut_off(), sys.executable, "-c", program, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def python_verdict(case: Case) -> str | None:
    """What `sigstore` says against a bundle, or None when it accepts it."""
    logging.getLogger("sigstore").setLevel(logging.ERROR)
    try:
        config = ClientTrustConfig.from_json(json.dumps(client_trust_config(case.trust)))
        verifier = Verifier(trusted_root=config.trusted_root)
        identity = Identity(identity=_identity(case), issuer=_issuer(case))
        verifier.verify_dsse(Bundle.from_json(case.data), identity)
    except Exception as error:  # noqa: BLE001 - it lets errors of its libraries through for malformed input
        return f"{type(error).__name__}: {error}".split("\n")[0]
    return None


def npm_verdicts(cases: Sequence[Case]) -> list[str | None]:
    """What `@sigstore/verify` says against each bundle, or None where it accepts it."""
    install(tests=True)
    given = [
        {
            "bundle": case.data.decode(errors="replace"),
            "trust": client_trust_config(case.trust),
            "identity": _identity(case),
            "issuer": _issuer(case),
        }
        for case in cases
    ]
    result = subprocess.run(
        [*cut_off(), "node", str(_SCRIPT)],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    verdicts: list[str | None] = json.loads(result.stdout)
    return verdicts


def _identity(case: Case) -> str:
    return case.trust.identity_base + case.policy.bot


def _issuer(case: Case) -> str:
    return case.policy.issuer or case.trust.issuer
