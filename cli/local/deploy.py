"""Bring the local control plane up: emulator, stacks, operator; from a golden snapshot where there is one.

A golden snapshot is the emulator's data right after a deployment, kept by what was deployed and by
the emulator that holds it. Restoring one takes about a second.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import string
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cli.ledger import witnesses
from cli.local import cdk
from cli.local.emulator import ACCOUNT, REGION, ROOT_KEY, Emulator, Process, credentials

ENV: Final = "local"
OPERATOR: Final = "operator"
_QUALIFIER: Final = (
    "hnb659fds"  # the CDK's own, https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-customizing.html
)
_BOOTSTRAP_VERSION: Final = "30"
_ROLES: Final = ("deploy", "cfn-exec", "file-publishing", "image-publishing", "lookup")
_GOLDEN_KEPT: Final = 4
_PASSWORD_LENGTH: Final = 24

# A step ("deploy"), how much of it is done, and of how much; 0 of 0 when that is not known.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Deployment:
    """Where the control plane is. `fresh`: nothing had been done on it before."""

    endpoint: str
    api_url: str
    region: str
    client_id: str
    fresh: bool


@dataclass(frozen=True)
class Golden:
    """The snapshots of deployed emulators."""

    folder: Path

    def restore(self, key: str, emulator: Emulator) -> bool:
        """Lay a snapshot down as the emulator's state; whether there is one."""
        if not (self.folder / key / "data").is_dir():
            return False
        emulator.wipe()
        shutil.copytree(self.folder / key / "data", emulator.data, symlinks=True)
        return True

    def keep(self, key: str, emulator: Emulator) -> None:
        """Copy the state of a stopped emulator; only the newest few snapshots stay."""
        building = self.folder / f"{key}.part"
        shutil.rmtree(building, ignore_errors=True)
        shutil.copytree(emulator.data, building / "data", symlinks=True)
        shutil.rmtree(self.folder / key, ignore_errors=True)
        building.rename(self.folder / key)
        kept = sorted(self.folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in kept[_GOLDEN_KEPT:]:
            shutil.rmtree(old)


def up(
    emulator: Emulator | None = None, *, port: int | None = None, progress: Progress = lambda *_: None
) -> Deployment:
    """Deploy the control plane locally, doing only what has not been done.

    A running plane is updated where it differs; a stopped one goes on with its state; a killed one, and
    a first one, begin from a golden snapshot or from nothing. Planes of one checkout, which share its
    templates, are brought up one after the other. Raises CommandError.
    """
    with cdk.one_at_a_time("up"):
        return _up(emulator or Emulator(), port, progress)


def _up(emulator: Emulator, port: int | None, progress: Progress) -> Deployment:
    progress("install", 0, 0)
    emulator.install()
    key = _key(emulator)
    golden = Golden(emulator.folder.parent / "golden")
    if emulator.running() is None and not emulator.has_state():
        progress("restore", 0, 0)
        port = emulator.choose_port(port)
        snapshot = f"{key}-{port}"  # addresses of queues are part of what was deployed
        if not golden.restore(snapshot, emulator):
            _deploy(emulator, key, emulator.start(port), progress)
            emulator.stop()
            golden.keep(snapshot, emulator)
        fresh = True
    else:
        fresh = False
    progress("start", 0, 0)
    process = emulator.start(port)
    deployed = _deployed(emulator)
    if deployed.get("key") != key:
        deployed = _deploy(emulator, key, process, progress)
    return _deployment(process, deployed, fresh)


def down(emulator: Emulator | None = None) -> bool:
    """Stop the control plane and keep its state; whether it was running."""
    return (emulator or Emulator()).stop()


def clients(endpoint: str) -> Callable[[str], Any]:
    """AWS clients of an emulator, as its root user."""
    import boto3
    from botocore.config import Config

    session = boto3.Session(aws_access_key_id=ROOT_KEY, aws_secret_access_key=ROOT_KEY, region_name=REGION)
    config = Config(inject_host_prefix=False, retries={"mode": "standard"}, s3={"addressing_style": "path"})
    make: Any = session.client
    return lambda service: make(service, endpoint_url=endpoint, config=config)


def bootstrap(client: Callable[[str], Any]) -> None:
    """What `cdk bootstrap` would make, without its template: a bucket, a version, five roles."""
    client("s3").create_bucket(Bucket=f"cdk-{_QUALIFIER}-assets-{ACCOUNT}-{REGION}")
    client("ssm").put_parameter(
        Name=f"/cdk-bootstrap/{_QUALIFIER}/version", Value=_BOOTSTRAP_VERSION, Type="String", Overwrite=True
    )
    trust = _policy(
        {"Principal": {"AWS": ACCOUNT, "Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}
    )
    everything = _policy({"Action": "*", "Resource": "*"})
    iam = client("iam")
    for role in _ROLES:
        name = f"cdk-{_QUALIFIER}-{role}-role-{ACCOUNT}-{REGION}"
        with suppress(iam.exceptions.EntityAlreadyExistsException):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=everything)


def complete(client: Callable[[str], Any], templates: Iterator[Mapping[str, Any]]) -> None:
    """Set what the emulator's CloudFormation drops and the control plane relies on, as the templates say."""
    for template in templates:
        for resource in template.get("Resources", {}).values():
            properties = resource.get("Properties", {})
            if resource["Type"] == "AWS::S3::Bucket" and "ObjectLockConfiguration" in properties:
                client("s3").put_object_lock_configuration(
                    Bucket=properties["BucketName"],
                    ObjectLockConfiguration=properties["ObjectLockConfiguration"],
                )
            if resource["Type"] == "AWS::DynamoDB::Table" and "TimeToLiveSpecification" in properties:
                client("dynamodb").update_time_to_live(
                    TableName=properties["TableName"],
                    TimeToLiveSpecification=properties["TimeToLiveSpecification"],
                )


def create_operator(client: Callable[[str], Any], user_pool_id: str) -> None:
    """The person of the local plane: a user, whose random password lies in a secret."""
    vault, cognito = client("secretsmanager"), client("cognito-idp")
    name = f"writ-{ENV}-{OPERATOR}"
    with suppress(vault.exceptions.ResourceExistsException):
        operator = json.dumps({"username": OPERATOR, "password": _password()})
        vault.create_secret(Name=name, SecretString=operator)
    operator = json.loads(vault.get_secret_value(SecretId=name)["SecretString"])
    with suppress(cognito.exceptions.UsernameExistsException):
        cognito.admin_create_user(
            UserPoolId=user_pool_id,
            Username=operator["username"],
            TemporaryPassword=operator["password"],
            MessageAction="SUPPRESS",
        )
    cognito.admin_set_user_password(
        UserPoolId=user_pool_id, Username=operator["username"], Password=operator["password"], Permanent=True
    )


def deploy_to(endpoint: str, progress: Progress, *, target: str | None = None) -> dict[str, Any]:
    """Deploy to an emulator that answers; what the API and its users are called there.

    `target` names settings of what is not the embedded emulator. Raises CommandError.
    """
    progress("synthesize", 0, 0)
    assembly = cdk.synthesize(ENV, target)
    client = clients(endpoint)
    progress("bootstrap", 0, 0)
    bootstrap(client)
    outputs = cdk.deploy(assembly, credentials(endpoint), lambda done, total: progress("deploy", done, total))
    progress("complete", 0, 0)
    complete(client, cdk.templates(assembly))
    identity, api = outputs[f"writ-{ENV}-identity"], outputs[f"writ-{ENV}-api"]
    create_operator(client, identity["UserPoolId"])
    if (witness := outputs.get(f"writ-{ENV}-witness")) is not None:
        url = f"{endpoint}/_aws/execute-api/{witness['WitnessApiId']}/{witnesses.ROUTE}"
        witnesses.introduce(client, ENV, f"writ-{ENV}-log-{ACCOUNT}", url)
    return {
        "api_id": api["ApiId"],
        "api_url": api["ApiUrl"],
        "user_pool_id": identity["UserPoolId"],
        "client_id": identity["ClientId"],
    }


def _deploy(emulator: Emulator, key: str, process: Process, progress: Progress) -> dict[str, Any]:
    deployed = {"key": key, **deploy_to(process.endpoint, progress)}
    _deployed_file(emulator).write_text(json.dumps(deployed), encoding="utf-8")
    return deployed


def _key(emulator: Emulator) -> str:
    return hashlib.sha256(f"{cdk.source_digest(ENV)}{emulator.version}".encode()).hexdigest()[:16]


def _deployed_file(emulator: Emulator) -> Path:
    return emulator.data / "deployed.json"


def _deployed(emulator: Emulator) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        found: dict[str, Any] = json.loads(_deployed_file(emulator).read_text(encoding="utf-8"))
        return found
    return {}


def _deployment(process: Process, deployed: Mapping[str, Any], fresh: bool) -> Deployment:
    return Deployment(
        endpoint=process.endpoint,
        api_url=f"{process.endpoint}/_aws/execute-api/{deployed['api_id']}",
        region=REGION,
        client_id=deployed["client_id"],
        fresh=fresh,
    )


def _policy(statement: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def _password() -> str:
    """Random, with one of each kind that the pool's password policy asks for."""
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "-_.!")
    chosen = [secrets.choice(kind) for kind in kinds]
    chosen += [secrets.choice("".join(kinds)) for _ in range(_PASSWORD_LENGTH - len(kinds))]
    secrets.SystemRandom().shuffle(chosen)
    return "".join(chosen)
