"""Task tokens on a deployed plane: who is waited for sends them back, at once or with a person's answer."""

from __future__ import annotations

import json
from typing import Any

from stacks.flows import WAIT
from tests.e2e.conftest import Person, World, eventually

TRUST = {"Principal": {"Service": "states.amazonaws.com"}, "Effect": "Allow", "Action": "sts:AssumeRole"}


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def waiting(world: World, bot: str, name: str, type: str, data: dict[str, Any]) -> str:
    """Start a machine of one step, which waits for a bot by a token; the ARN of its execution."""
    step = {
        "flow": "asking",
        "execution": "{% $states.context.Execution.Name %}",
        "state": "Ask",
        "type": type,
        "data": data,
        "token": "{% $states.context.Task.Token %}",
    }
    arguments = {"FunctionName": world.plane.thing(bot), "Payload": {"step": step}}
    ask = {"Type": "Task", "Resource": WAIT, "Arguments": arguments, "TimeoutSeconds": 300, "End": True}
    definition = {"QueryLanguage": "JSONata", "StartAt": "Ask", "States": {"Ask": ask}}
    role = world.plane.aws("iam").create_role(RoleName=f"e2e-{name}", AssumeRolePolicyDocument=policy(TRUST))
    states = world.plane.aws("stepfunctions")
    machine = states.create_state_machine(
        name=f"e2e-{name}", definition=json.dumps(definition), roleArn=role["Role"]["Arn"]
    )["stateMachineArn"]
    return str(states.start_execution(stateMachineArn=machine, name=name, input="{}")["executionArn"])


def ended(world: World, arn: str) -> Any:
    shown = world.plane.aws("stepfunctions").describe_execution(executionArn=arn)
    return shown if shown["status"] != "RUNNING" else None


def test_step_that_needs_nobody_sends_its_token_back_at_once_by_the_rights_of_its_bot(world: World) -> None:
    pack = {"pack": f"pack-{'0' * 32}", "part": 0, "last": True}  # there is none: it fails, and says so
    arn = waiting(world, "packs", "at-once", "EvidencePackAdvanced.v1", pack)
    shown = eventually(lambda: ended(world, arn), 60)
    report = json.loads(shown["output"])
    assert (shown["status"], report["status"]) == ("SUCCEEDED", "failed")
    assert report["actions"][0]["code"] == "pack.gone"


def test_step_that_a_person_decides_goes_on_with_the_outcome(world: World, operator: Person) -> None:
    may = {"Effect": "Allow", "Action": "states:SendTaskSuccess", "Resource": "*"}
    role = world.plane.thing("erasures")  # no flow of the plane waits for this bot
    world.plane.aws("iam").put_role_policy(RoleName=role, PolicyName="e2e", PolicyDocument=policy(may))
    hold = {"id": "by-token", "scope": "https://writ.example/nothing/v1", "reason": "to see"}
    arn = waiting(world, "erasures", "person", "HoldRequested.v1", hold)

    def asked() -> Any:
        found = operator("GET", "v1/actions", bot="erasures", state="waiting").json()["items"]
        return next((action for action in found if action["target"]["id"] == "by-token"), None)

    action = eventually(asked, 60)
    assert ended(world, arn) is None
    answered = operator("POST", f"v1/actions/{action['id']}/approve", {"reason": "looked at it"})
    assert answered.status_code in (200, 202), answered.text
    shown = eventually(lambda: ended(world, arn), 60)
    report = json.loads(shown["output"])
    assert (shown["status"], report["status"]) == ("SUCCEEDED", "succeeded")
    [done] = report["actions"]
    assert (done["id"], done["observed"]["scope"]) == (action["id"], hold["scope"])
