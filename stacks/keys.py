"""The keys of an environment: those that sign, generation after generation, and those that wrap data keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from stacks.manifest import BotFolder
from stacks.names import Names
from stacks.settings import Settings
from stacks.tables import ED25519_KEYS
from writ.contracts.retirement import KeyKind, Retirement


class Keys:
    """Makes keys in the stack that keeps them."""

    def __init__(self, stack: Stack, settings: Settings, folders: Sequence[BotFolder]) -> None:
        self._stack = stack
        self._settings = settings
        self._names = Names.of(settings)
        self._folders = folders

    def signing(self, name: str) -> kms.Key:
        """The key in use, under the alias of its name; those that it replaced are kept beside it."""
        retired = self._settings.retired.get(cast(KeyKind, name), ())
        made = [
            self._generation(name, number, spent=retired[number - 1] if number <= len(retired) else None)
            for number in range(1, len(retired) + 2)
        ]
        # Where the first key made it, whichever it points to: an alias that moves in the tree is made anew.
        kms.Alias(made[0], "Alias", alias_name=self._names.alias(name), target_key=made[-1])
        for key, spent in zip(made, retired, strict=False):
            kms.Alias(key, "Retired", alias_name=self._names.retired_alias(name, spent.id), target_key=key)
            self._stack.export_value(key.key_arn)  # others still import it while they are deployed
        return made[-1]

    def _generation(self, name: str, number: int, spent: Retirement | None) -> kms.Key:
        """Who signs with a retired key until his own stack is deployed goes on; not if others may have it."""
        denied = spent is not None and spent.compromised
        suffix, which = (str(number), f", generation {number}") if number > 1 else ("", "")
        key = kms.Key(
            self._stack,
            f"Key{name.capitalize()}{suffix}",
            description=f"Writ {self._settings.env}: signs for {name}{which}",
            enabled=False if denied else None,
            key_spec=kms.KeySpec.ECC_NIST_EDWARDS25519 if name in ED25519_KEYS else kms.KeySpec.ECC_NIST_P256,
            key_usage=kms.KeyUsage.SIGN_VERIFY,
            removal_policy=self._settings.removal,
        )
        signers = [
            self._principal(function)
            for folder in self._folders
            if "sign" in folder.manifest.needs.keys.get(name, ()) and not denied
            for function in folder.functions
        ]
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="OnlyItsSigners",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["kms:Sign"],
                resources=["*"],
                conditions={"ArnNotLike": {"aws:PrincipalArn": signers}} if signers else None,
            )
        )
        return key

    def wrapping(self, name: str) -> kms.Key:
        """Wraps data keys; who may use it is said by the roles, and by nobody else in the account."""
        return kms.Key(
            self._stack,
            f"Key{name.capitalize()}",
            alias=self._names.alias(name),
            description=f"Writ {self._settings.env}: wraps the data keys of {name}",
            enable_key_rotation=True,
            removal_policy=self._settings.removal,
        )

    def _principal(self, function: str) -> str:
        """What `aws:PrincipalArn` is for a function, by the target it runs on."""
        if self._settings.target.session_principals:
            return self._names.session_arn(function)
        return self._names.role_arn(function)
