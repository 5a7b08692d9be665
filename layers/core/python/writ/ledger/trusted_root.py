"""The trust root as stock Sigstore clients read it.

`trusted_root.json` and, around it, the client trust configuration that `sigstore --trust-config` takes
(https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_trustroot.proto). Two things of ours
have their place there: an authority's `uri` is what the identities it certifies begin with, and the one
OIDC URL is the issuer that certificates name.
"""

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from writ.contracts.errors import from_validation
from writ.ledger.checkpoint import key_id, spki
from writ.ledger.errors import VerificationError
from writ.ledger.trust import Retired, TrustRoot, load_authority, load_key

TRUSTED_ROOT: Final = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
TRUST_CONFIG: Final = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
SIGNING_CONFIG: Final = "application/vnd.dev.sigstore.signingconfig.v0.2+json"
OPERATOR: Final = "writ"
_CODE: Final = "ledger.trust_root"
_SCHEME: Final = "https://"


def trusted_root(trust: TrustRoot) -> dict[str, Any]:
    """`trusted_root.json`, ready for JSON: every key there is and was, with the time in which it counts."""
    base = _SCHEME + trust.origin
    return {
        "mediaType": TRUSTED_ROOT,
        "tlogs": [_log(base, key, trust.began, end) for key, end in trust.every_log_key()],
        "certificateAuthorities": [
            _authority(trust.identity_base, certificate, end) for certificate, end in trust.every_authority()
        ],
        "ctlogs": [_log(trust.issuer, key, trust.began, end) for key, end in trust.every_ct_key()],
        "timestampAuthorities": [],
    }


def client_trust_config(trust: TrustRoot) -> dict[str, Any]:
    """The client trust configuration, ready for JSON. It is for verifying: nobody signs through it."""
    service = {
        "url": trust.issuer,
        "majorApiVersion": 1,
        "validFor": _period(trust.began, None),
        "operator": OPERATOR,
    }
    return {
        "mediaType": TRUST_CONFIG,
        "trustedRoot": trusted_root(trust),
        "signingConfig": {
            "mediaType": SIGNING_CONFIG,
            "caUrls": [],
            "oidcUrls": [service],
            "rekorTlogUrls": [],
            "rekorTlogConfig": {"selector": "ANY"},
            "tsaUrls": [],
            "tsaConfig": {"selector": "ANY"},
        },
    }


def read_trust(data: bytes) -> TrustRoot:
    """A trust root from either of its files: `trust-root.json` of a log, or a client trust configuration.

    Raises
    ------
    VerificationError
        `ledger.trust_root`: neither, or not of the form that `client_trust_config` gives it.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise VerificationError("the trust root is not JSON", code=_CODE) from None
    if not isinstance(document, dict) or "mediaType" not in document:
        return TrustRoot.decode(data)
    try:
        config = _Config.model_validate_json(data)
    except ValidationError as error:
        problem = from_validation(error, "trust configuration")
        raise VerificationError(problem.message, code=_CODE, field=problem.field) from None
    return _read(config, document)


def _log(base: str, key: ec.EllipticCurvePublicKey, start: datetime, end: datetime | None) -> dict[str, Any]:
    return {
        "baseUrl": base,
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            "rawBytes": _text(spki(key)),
            "keyDetails": "PKIX_ECDSA_P256_SHA_256",
            "validFor": _period(start, end),
        },
        "logId": {"keyId": _text(key_id(key))},
    }


def _authority(uri: str, certificate: x509.Certificate, end: datetime | None) -> dict[str, Any]:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return {
        "subject": {"organization": OPERATOR, "commonName": str(names[0].value) if names else ""},
        "uri": uri,
        "certChain": {"certificates": [{"rawBytes": _text(certificate.public_bytes(Encoding.DER))}]},
        "validFor": _period(certificate.not_valid_before_utc, end),
    }


def _period(start: datetime, end: datetime | None) -> dict[str, str]:
    return {"start": _instant(start)} | ({} if end is None else {"end": _instant(end)})


def _instant(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _text(data: bytes) -> str:
    return b64encode(data).decode()


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, defer_build=True)


class _Period(_Part):
    start: AwareDatetime
    end: AwareDatetime | None = None


class _Key(_Part):
    raw_bytes: Base64Bytes
    key_details: Literal["PKIX_ECDSA_P256_SHA_256"]
    valid_for: _Period


class _LogId(_Part):
    key_id: Base64Bytes


class _Log(_Part):
    base_url: Annotated[str, Field(pattern=r"^https://.")]
    hash_algorithm: Literal["SHA2_256"]
    public_key: _Key
    log_id: _LogId


class _RawBytes(_Part):
    raw_bytes: Base64Bytes


class _Chain(_Part):
    certificates: Annotated[list[_RawBytes], Field(min_length=1, max_length=1)]


class _Authority(_Part):
    subject: dict[str, str]
    uri: Annotated[str, Field(min_length=1)]
    cert_chain: _Chain
    valid_for: _Period


class _Root(_Part):
    media_type: Literal["application/vnd.dev.sigstore.trustedroot+json;version=0.1"]
    tlogs: Annotated[list[_Log], Field(min_length=1)]
    certificate_authorities: Annotated[list[_Authority], Field(min_length=1)]
    ctlogs: Annotated[list[_Log], Field(min_length=1)]
    timestamp_authorities: Annotated[list[Any], Field(max_length=0)] = []


class _Service(_Part):
    model_config = ConfigDict(extra="ignore", alias_generator=to_camel, defer_build=True)

    url: Annotated[str, Field(min_length=1)]


class _Signing(_Part):
    model_config = ConfigDict(extra="ignore", alias_generator=to_camel, defer_build=True)

    oidc_urls: Annotated[list[_Service], Field(min_length=1, max_length=1)]


class _Config(_Part):
    media_type: Literal["application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"]
    trusted_root: _Root
    signing_config: _Signing


def _read(config: _Config, document: dict[str, Any]) -> TrustRoot:
    root = config.trusted_root
    logs = [(load_key(log.public_key.raw_bytes), log.public_key.valid_for.end) for log in root.tlogs]
    cts = [(load_key(log.public_key.raw_bytes), log.public_key.valid_for.end) for log in root.ctlogs]
    authorities = [
        (load_authority(item.cert_chain.certificates[0].raw_bytes), item.valid_for.end)
        for item in root.certificate_authorities
    ]
    in_use = [certificate for certificate, end in authorities if end is None]
    trust = TrustRoot(
        origin=root.tlogs[0].base_url.removeprefix(_SCHEME),
        log_key=_in_use(logs, "tlogs"),
        ct_key=_in_use(cts, "ctlogs"),
        authorities=tuple(in_use),
        identity_base=root.certificate_authorities[0].uri,
        issuer=config.signing_config.oidc_urls[0].url,
        retired=Retired(
            tuple((key, end) for key, end in logs if end is not None),
            tuple((key, end) for key, end in cts if end is not None),
            tuple((certificate, end) for certificate, end in authorities if end is not None),
        ),
    )
    # What this reader does not carry must not be lost unseen: another start of a key, a log of its own.
    if not in_use or not _same(trusted_root(trust), document["trustedRoot"]):
        raise VerificationError("not a trust configuration as Writ makes it", code=_CODE)
    return trust


def _in_use(
    keys: list[tuple[ec.EllipticCurvePublicKey, datetime | None]], field: str
) -> ec.EllipticCurvePublicKey:
    found = [key for key, end in keys if end is None]
    if len(found) != 1:
        raise VerificationError("exactly one key must have no end", code=_CODE, field=field)
    return found[0]


def _same(made: dict[str, Any], given: dict[str, Any]) -> bool:
    """Whether both say the same, in whatever order keys are listed."""
    kinds = ("tlogs", "certificateAuthorities", "ctlogs")
    return all(_ordered(made[kind]) == _ordered(given.get(kind, [])) for kind in kinds)


def _ordered(items: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(item, sort_keys=True) for item in items)
