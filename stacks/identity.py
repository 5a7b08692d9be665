"""Who people are: a Cognito user pool and the client that the `writ` command signs in through."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from stacks.acknowledge import acknowledge
from stacks.names import Names
from stacks.settings import Settings


class IdentityStack(Stack):
    """Operators are invited, never self-registered; a second factor wherever it is more than a laptop."""

    def __init__(self, scope: Construct, id: str, *, settings: Settings, **props: Any) -> None:
        super().__init__(scope, id, **props)
        names = Names.of(settings)
        self.pool = cognito.UserPool(
            self,
            "Pool",
            user_pool_name=names.thing("operators"),
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(username=True),
            sign_in_case_sensitive=False,
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            mfa=cognito.Mfa.REQUIRED if settings.second_factor else cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(sms=False, otp=True),
            password_policy=cognito.PasswordPolicy(
                min_length=14,
                require_digits=True,
                require_lowercase=True,
                require_symbols=True,
                require_uppercase=True,
                temp_password_validity=Duration.days(2),
            ),
            feature_plan=cognito.FeaturePlan.PLUS,
            standard_threat_protection_mode=cognito.StandardThreatProtectionMode.FULL_FUNCTION,
            deletion_protection=settings.protected,
            removal_policy=settings.removal,
        )
        if not settings.second_factor:
            acknowledge(self.pool, "AwsSolutions-COG2", "`make run` signs its operator in by itself.")
        self.client = self.pool.add_client(
            "Command",
            user_pool_client_name=names.thing("command"),
            auth_flows=cognito.AuthFlow(user_password=True, user_srp=True),
            generate_secret=False,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=Duration.hours(1),
            id_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.days(1),
        )
        CfnOutput(self, "UserPoolId", value=self.pool.user_pool_id)
        CfnOutput(self, "ClientId", value=self.client.user_pool_client_id)
