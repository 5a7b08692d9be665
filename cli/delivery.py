"""`writ synth` and `writ deploy`: the templates of an environment, and an environment on AWS."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer
from rich.text import Text

from cli import cdk, lifecycle
from cli.output import CommandError, JsonFlag, Output, facts, reporting
from cli.plane import ROOT, RunFile
from cli.progress import Bars

Env = Annotated[
    Literal["local", "dev", "staging", "prod"], typer.Argument(help="local, dev, staging or prod.")
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
        file = lifecycle.up(output).file if env == "local" else _to_aws(output, env)
        output.show(file.model_dump(mode="json"), facts("", {"API": f"{file.api_url}/v1/"}))


def _to_aws(output: Output, env: str) -> RunFile:
    region = _region()
    with Bars(output) as bars:
        bars.step(f"synthesizing {env}")
        assembly = cdk.synthesize(env)
        outputs = cdk.deploy(assembly, {}, lambda done, total: bars.step(f"deploying {env}", done, total))
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
