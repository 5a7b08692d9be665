"""The app as a user deploys it, synthesized once an environment and process, and read as plain data."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

from aws_cdk import App

from stacks.manifest import BotFolder, load_folders
from stacks.names import Names
from stacks.plane import ControlPlane, build, build_apart, deployed
from stacks.settings import Settings, settings_for
from stacks.staging import ROOT, Staging

ENVS: Final = ("local", "dev", "staging", "prod")
ACCOUNT: Final = "111122223333"
REGION: Final = "eu-central-1"
_PSEUDO: Final = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}
# Type → the property with its physical name, and its ARN below `arn:aws:`.
_ARNS: Final = {
    "AWS::SQS::Queue": ("QueueName", "sqs:{region}:{account}:{name}"),
    "AWS::DynamoDB::Table": ("TableName", "dynamodb:{region}:{account}:table/{name}"),
    "AWS::Logs::LogGroup": ("LogGroupName", "logs:{region}:{account}:log-group:{name}:*"),
    "AWS::SecretsManager::Secret": ("Name", "secretsmanager:{region}:{account}:secret:{name}-AbCdEf"),
    "AWS::Events::EventBus": ("Name", "events:{region}:{account}:event-bus/{name}"),
    "AWS::SNS::Topic": ("TopicName", "sns:{region}:{account}:{name}"),
    "AWS::S3::Bucket": ("BucketName", "s3:::{name}"),
    "AWS::IAM::Role": ("RoleName", "iam::{account}:role/{name}"),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", "iam::{account}:policy/{name}"),
    "AWS::Lambda::Function": ("FunctionName", "lambda:{region}:{account}:function:{name}"),
}
_REFERRED_BY_ARN: Final = {"AWS::SNS::Topic", "AWS::SecretsManager::Secret", "AWS::IAM::ManagedPolicy"}


@dataclass(frozen=True)
class Resource:
    """One resource of a template."""

    stack: str
    id: str
    type: str
    properties: Mapping[str, Any]
    condition: str | None

    def __str__(self) -> str:
        return f"{self.stack}/{self.id}"


@dataclass(frozen=True)
class Templates:
    """The templates of an app, and the construct tree they came from."""

    env: str
    settings: Settings
    folders: tuple[BotFolder, ...]
    app: App
    assembly: Path

    @cached_property
    def templates(self) -> Mapping[str, Mapping[str, Any]]:
        paths = sorted(self.assembly.glob("*.template.json"))
        return {path.name.removesuffix(".template.json"): json.loads(path.read_text()) for path in paths}

    @cached_property
    def names(self) -> Names:
        return Names(self.env, self.settings.account or ACCOUNT, self.settings.region or REGION)

    @cached_property
    def asset_hashes(self) -> frozenset[str]:
        return frozenset(path.name for path in self.assembly.glob("asset.*"))

    def all(self, *types: str) -> list[Resource]:
        """Every resource of these types."""
        return [
            Resource(stack, id, body["Type"], body.get("Properties", {}), body.get("Condition"))
            for stack, template in self.templates.items()
            for id, body in template["Resources"].items()
            if body["Type"] in types
        ]

    def roles(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Physical role names with all statements of their policies, references resolved."""
        for role in self.all("AWS::IAM::Role"):
            inline = [policy["PolicyDocument"] for policy in role.properties.get("Policies", ())]
            attached = [
                policy.properties["PolicyDocument"]
                for policy in self.all("AWS::IAM::Policy")
                if policy.stack == role.stack and {"Ref": role.id} in policy.properties["Roles"]
            ]
            documents = [self.value(role.stack, document) for document in (*inline, *attached)]
            yield (
                self.value(role.stack, role.properties["RoleName"]),
                [listed(statement) for document in documents for statement in document["Statement"]],
            )

    def value(self, stack: str, node: Any) -> Any:  # noqa: PLR0911 - a case each
        """A template's value with its references resolved, as in one account and region."""
        match node:
            case list():
                return [self.value(stack, item) for item in node]
            case {"Ref": id} if len(node) == 1:
                return self._reference(stack, id, None)
            case {"Fn::GetAtt": [id, attribute]}:
                return self._reference(stack, id, attribute)
            case {"Fn::Join": [separator, parts]}:
                return separator.join(self.value(stack, part) for part in parts)
            case {"Fn::ImportValue": name}:
                return self.value(*self._exports[name])
            case dict():
                return {key: self.value(stack, item) for key, item in node.items()}
            case _:
                return node

    @cached_property
    def _exports(self) -> dict[str, tuple[str, Any]]:
        return {
            output["Export"]["Name"]: (stack, output["Value"])
            for stack, template in self.templates.items()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }

    def _reference(self, stack: str, id: str, attribute: str | None) -> str:
        if id in _PSEUDO:
            local = {"AWS::Region": self.settings.region, "AWS::AccountId": self.settings.account}
            return local.get(id) or _PSEUDO[id]
        body = self.templates[stack]["Resources"][id]
        account, region = self.names.account, self.names.region
        if body["Type"] == "AWS::KMS::Key":
            return f"arn:aws:kms:{region}:{account}:key/{id}"
        if body["Type"] not in _ARNS:
            return f"{stack}/{id}"
        property, arn = _ARNS[body["Type"]]
        name = self.value(stack, body["Properties"][property])
        if attribute == property or (attribute is None and body["Type"] not in _REFERRED_BY_ARN):
            return str(name)
        text = "arn:aws:" + arn.format(region=region, account=account, name=name)
        return f"{text}/stream/2026-01-01T00:00:00.000" if attribute == "StreamArn" else text


@dataclass(frozen=True)
class Synthesis(Templates):
    """A whole control plane."""

    plane: ControlPlane


def listed(statement: Mapping[str, Any]) -> dict[str, Any]:
    """A policy statement whose actions and resources are lists."""
    return {
        **statement,
        **{key: [statement[key]] for key in ("Action", "Resource") if isinstance(statement.get(key), str)},
    }


@cache
def synthesized(env: str) -> Synthesis:
    """The app of an environment; libraries are installed only where no one has done so before."""
    work = Path(tempfile.mkdtemp(prefix=f"writ-{env}-"))
    atexit.register(shutil.rmtree, work, ignore_errors=True)
    return synthesize(env, work)


def synthesize(env: str, work: Path) -> Synthesis:
    """Synthesize an environment into `work`, with archives of its own."""
    return synthesize_with(settings_for(env), work)


def synthesize_with(settings: Settings, work: Path) -> Synthesis:
    """The same with settings of a test's own."""
    folders = deployed(load_folders(), settings)
    app, plane = _tree(settings, work)
    app.synth()
    return Synthesis(settings.env, settings, folders, app, work / "assembly", plane)


@cache
def synthesized_apart(env: str) -> Templates:
    """What stands apart from the plane of an environment."""
    work = Path(tempfile.mkdtemp(prefix=f"writ-{env}-apart-"))
    atexit.register(shutil.rmtree, work, ignore_errors=True)
    context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = App(context=context, outdir=str(work / "assembly"))
    settings = settings_for(env)
    (stack,) = build_apart(app, settings, load_folders(), Staging(work / "stage"))
    app.synth()
    return Templates(settings.apart.env, settings.apart, (stack.bot.folder,), app, work / "assembly")


def app_of(env: str, work: Path) -> tuple[App, ControlPlane]:
    """The construct tree alone."""
    return _tree(settings_for(env), work)


def _tree(settings: Settings, work: Path) -> tuple[App, ControlPlane]:
    context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = App(context=context, outdir=str(work / "assembly"))
    return app, build(app, settings, load_folders(), Staging(work / "stage"))
