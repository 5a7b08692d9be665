"""Records of CloudTrail as AWS documents them, for calls that a test makes up.

https://docs.aws.amazon.com/kms/latest/developerguide/ct-sign.html
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/0987dcba-09fe-87dc-65ba-ab0987654321"


def record(
    number: int, at: datetime, role: str = "sequencer", key: str = KEY, **changes: Any
) -> dict[str, Any]:
    """A call of kms:Sign by a session of a role."""
    made = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": f"AROAEXAMPLE:{role}",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{role}",
            "accountId": ACCOUNT,
            "accessKeyId": "ASIAEXAMPLE",
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": "AROAEXAMPLE",
                    "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}",
                    "accountId": ACCOUNT,
                    "userName": role,
                },
            },
        },
        "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": "kms.amazonaws.com",
        "eventName": "Sign",
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "192.0.2.0",
        "userAgent": "Botocore/1.40",
        "requestParameters": {
            "keyId": "alias/writ-test-log",
            "messageType": "RAW",
            "signingAlgorithm": "ECDSA_SHA_256",
        },
        "responseElements": None,
        "requestID": str(UUID(int=number + 10**6)),
        "eventID": str(UUID(int=number)),
        "readOnly": True,
        "resources": [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": key}],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    }
    return {**made, **changes}


def delivered(*records: dict[str, Any]) -> bytes:
    """A log file as CloudTrail puts it into a bucket, before gzip."""
    return json.dumps({"Records": records}).encode()


def looked_up(*records: dict[str, Any]) -> bytes:
    """The same as `aws cloudtrail lookup-events` answers."""
    return json.dumps({"Events": [{"CloudTrailEvent": json.dumps(item)} for item in records]}).encode()
