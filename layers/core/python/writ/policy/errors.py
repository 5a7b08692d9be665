"""What can go wrong with a policy; the caller turns every one of these into `unknown`."""

from __future__ import annotations

from writ.contracts.errors import WritError


class PolicyError(WritError):
    """The engine could not evaluate the policy, or was given what it cannot represent."""

    code = "policy_error"


class PolicyUndefinedError(PolicyError):
    """The policy has no answer for this input."""

    code = "policy_undefined"


class BundleError(WritError):
    """The files do not make a bundle that compiles."""

    code = "policy_bundle"
