"""`writ synth` and `writ deploy`: the templates of an environment, and an environment on AWS."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer
from rich.text import Text

from cli.ledger.witnesses import Site
from cli.local import cdk, lifecycle
from cli.output import CommandError, JsonFlag, Output, facts, reporting
from cli.plane import ROOT, RunFile
from cli.progress import Bars

Env = Annotated[
    Literal["local", "dev", "staging", "prod", "witness"],
    typer.Argument(help="local, dev, staging, prod, or witness: a witness alone."),
]


def synth(env: Env = "local", as_json: JsonFlag = False) -> None:
    """Make the templates of an environment, without access to AWS."""
    with reporting(as_json) as output:
        with Bars(output) as bars:
            bars.step(f"synthesizing {env}")
            assembly = cdk.synthesize(env)
        names = sorted(path.name for path in assembly.glob("*.template.json"))
        folder = assembly.relative_to(ROOT).as_posix()
        output.show({"assembly": folder, "templates": names}, Text(f"{len(names)} templates in {folder}"))


def deploy(env: Env, as_json: JsonFlag = False) -> None:
    """Deploy an environment with the AWS credentials of this shell; local is `writ up`."""
    with reporting(as_json) as output:
        if env == "witness":
            _witness_to_aws(output, env)
            return
        file = lifecycle.up(output).file if env == "local" else _to_aws(output, env)
        output.show(file.model_dump(mode="json"), facts("", {"API": f"{file.api_url}/v1/"}))


def _witness_to_aws(output: Output, env: str) -> None:
    """Deploy a witness alone, and show the line that a log's policy needs of it."""
    import boto3

    _region()
    url = _outputs(output, env)[f"writ-{env}"]["WitnessUrl"]
    make: Any = boto3.client
    key = Site(env, make).verifier()
    line = f"witness {env} {key.encode()} {url}"
    document = {"name": key.name, "key": key.encode(), "url": url, "policy_line": line}
    output.show(document, facts("", {"witness": key.name, "URL": url, "policy line": line}))


def _outputs(output: Output, env: str) -> dict[str, dict[str, str]]:
    with Bars(output) as bars:
        bars.step(f"synthesizing {env}")
        assembly = cdk.synthesize(env)
        return cdk.deploy(assembly, {}, lambda done, total: bars.step(f"deploying {env}", done, total))


def _to_aws(output: Output, env: str) -> RunFile:
    region = _region()
    outputs = _outputs(output, env)
    file = RunFile(
        env=env,
        api_url=outputs[f"writ-{env}-api"]["ApiUrl"].rstrip("/"),
        region=region,
        bus_name=f"writ-{env}",
        log_origin="",
        user_pool_client_id=outputs[f"writ-{env}-identity"]["ClientId"],
    )
    return lifecycle.remember(file)


def _region() -> str:
    import boto3

    session: Any = boto3.Session()
    if session.region_name is None or session.get_credentials() is None:
        raise CommandError(
            "there are no AWS credentials, or no region, in this shell",
            code="deploy.credentials",
            hint="set AWS_PROFILE or AWS_REGION and keys; cdk bootstrap prepares an account once",
        )
    return str(session.region_name)
