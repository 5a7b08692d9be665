"""Short service models: the same operations, shapes and endpoints as botocore's own, in fewer bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.regions import EndpointResolver
from botocore.session import get_session
from pydantic_core import from_json

from stacks.service_models import SERVICES, short_models, shortened, undocumented
from writ.adapters import service_models
from writ.adapters.service_models import ServiceModels


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("models")
    for name, content in short_models().items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content)
    (release,) = place.iterdir()
    return release


@pytest.fixture
def short(layer: Path, monkeypatch: pytest.MonkeyPatch) -> ServiceModels:
    monkeypatch.setattr(service_models, "SHORT", layer)
    return ServiceModels()


@pytest.mark.parametrize("service", SERVICES)
def test_a_short_model_lacks_only_prose(service: str, short: ServiceModels) -> None:
    whole = Loader().load_service_model(service, "service-2")
    assert short.load_service_model(service, "service-2") == shortened(whole)
    assert set(whole["shapes"]) == set(shortened(whole)["shapes"])


@pytest.mark.parametrize("service", SERVICES)
def test_botocore_finds_in_it_what_it_resolves_endpoints_by(service: str, short: ServiceModels) -> None:
    found, known = (
        ServiceModel(loader.load_service_model(service, "service-2"), service) for loader in (short, Loader())
    )
    names = [(each.name, each.type) for each in known.client_context_parameters]
    assert [(each.name, each.type) for each in found.client_context_parameters] == names
    assert {each.documentation for each in found.client_context_parameters} <= {""}


def test_a_short_model_is_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (edited,) = (name for name in short_models() if "/sqs/" in name)
    release, below = edited.split("/", 1)
    (tmp_path / below).parent.mkdir(parents=True)
    (tmp_path / below).write_bytes(b'{"metadata": {"endpointPrefix": "edited"}}')
    monkeypatch.setattr(service_models, "SHORT", tmp_path)
    assert release == botocore.__version__
    model = ServiceModels().load_service_model("sqs", "service-2")
    assert model == {"metadata": {"endpointPrefix": "edited"}}


def test_what_the_layer_lacks_is_read_from_botocore(short: ServiceModels) -> None:
    assert short.load_service_model("athena", "service-2") == Loader().load_service_model(
        "athena", "service-2"
    )
    assert short.load_data("_retry") == Loader().load_data("_retry")


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1", "eu-new-9"])
def test_endpoints_are_the_same_in_every_partition(region: str, short: ServiceModels) -> None:
    found, known = (EndpointResolver(loader.load_data("endpoints")) for loader in (short, Loader()))
    for service in SERVICES:
        model = short.load_service_model(service, "service-2")
        prefix = model["metadata"]["endpointPrefix"]
        assert found.construct_endpoint(prefix, region) == known.construct_endpoint(prefix, region)


@pytest.mark.parametrize(
    ("service", "call", "asked"),
    [
        ("dynamodb", "get_item", {"TableName": "orders", "Key": {"id": {"S": "1"}}, "ConsistentRead": True}),
        ("s3", "get_object", {"Bucket": "a-log", "Key": "checkpoint"}),
        ("kms", "get_public_key", {"KeyId": "alias/log"}),
    ],
)
def test_a_client_signs_and_sends_as_with_the_whole_model(
    service: str, call: str, asked: dict[str, Any], short: ServiceModels
) -> None:
    def sent(loader: Loader) -> Any:
        session = get_session()
        session.register_component("data_loader", loader)
        session.set_credentials("key", "secret")
        client: Any = session.create_client(service, region_name="eu-central-1")
        seen: list[Any] = []

        def stop(request: Any, **_: Any) -> Any:
            seen.append((request.method, request.url, request.body, request.headers.get("X-Amz-Target")))
            raise ConnectionAbortedError

        client.meta.events.register("before-send", stop)
        with pytest.raises(ConnectionAbortedError):
            getattr(client, call)(**asked)
        return seen

    assert sent(short) == sent(Loader()) != []


def test_models_are_less_than_half_as_long() -> None:
    models = {name: content for name, content in short_models().items() if name.endswith("service-2.json")}
    assert len(models) == len(SERVICES)
    for name, content in models.items():
        assert b'"documentation":"' not in content.replace(b'"documentation":""', b""), name
        assert from_json(content)["operations"], name


def test_a_member_called_documentation_is_kept() -> None:
    member = {"shape": "Text", "documentation": "prose"}
    shape = {"documentation": "prose", "members": {"documentation": member}}
    assert undocumented([shape]) == [{"members": {"documentation": {"shape": "Text"}}}]
