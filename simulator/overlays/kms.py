# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""KMS: keys that wait for their deletion, rotation periods, AWS's own keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers, guards

DEFAULT_ROTATION_DAYS = 365
# What AWS still does with a key that waits for its deletion (KMS Developer Guide, "Key states of AWS KMS keys").
WHILE_PENDING = {
    "DescribeKey",
    "CancelKeyDeletion",
    "GetKeyPolicy",
    "ListResourceTags",
    "ListGrants",
    "ListKeyPolicies",
}
WHILE_PENDING |= {"ListAliases", "DeleteAlias", "GetPublicKey"}
ON_A_KEY = (
    "CreateAlias",
    "CreateGrant",
    "Decrypt",
    "DisableKey",
    "DisableKeyRotation",
    "EnableKey",
    "EnableKeyRotation",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "GetKeyRotationStatus",
    "PutKeyPolicy",
    "ReEncrypt",
    "ScheduleKeyDeletion",
    "Sign",
    "TagResource",
    "UntagResource",
    "UpdateAlias",
    "UpdateKeyDescription",
)


@dataclass
class Rotations:
    """Days between rotations and the moment they were enabled, by key id."""

    enabled: dict[str, tuple[int, datetime]] = field(default_factory=dict)


def _key(context: Context, name: str) -> Any:
    """moto's key by id, ARN or alias; None for what moto itself has to refuse."""
    backend = context.backend("kms")
    plain = name.rpartition(":")[2] if name.startswith("arn:") else name
    if plain.startswith("alias/"):
        plain = backend.get_key_id_from_alias(plain) or plain
    return backend.keys.get(plain.removeprefix("key/"))


@guards("kms", *ON_A_KEY)
def refuse_pending(context: Context) -> None:
    """KMSInvalidStateException for what cannot be done with a key that waits for its deletion."""
    name = context.parameters.get("TargetKeyId") or context.parameters.get("KeyId")
    key = _key(context, name) if name else None
    if key is not None and key.key_state == "PendingDeletion" and context.call.operation not in WHILE_PENDING:
        raise AwsError("KMSInvalidStateException", f"{key.arn} is pending deletion.")


@guards("kms", "GetPublicKey", "Sign", "Verify")
def refuse_symmetric(context: Context) -> None:
    """A symmetric key has no public half."""
    key = _key(context, context.parameters["KeyId"])
    if key is not None and key.private_key is None:
        code = (
            "InvalidKeyUsageException" if context.call.operation != "GetPublicKey" else "UnsupportedOperationException"
        )
        raise AwsError(code, f"{key.arn} is a symmetric key")


@answers("kms", "ScheduleKeyDeletion", "CancelKeyDeletion", "EnableKey", "DisableKey")
def change_state(context: Context) -> dict[str, Any]:
    """By id or ARN; AWS names the state and the window, too."""
    key = _key(context, context.parameters["KeyId"])
    if key is None:
        raise AwsError("NotFoundException", f"Key '{context.parameters['KeyId']}' does not exist")
    answer = context.moto({**context.parameters, "KeyId": key.id})
    if context.call.operation == "ScheduleKeyDeletion":
        days = context.parameters.get("PendingWindowInDays", 30)
        return {**answer, "KeyId": key.arn, "KeyState": "PendingDeletion", "PendingWindowInDays": days}
    if context.call.operation == "CancelKeyDeletion":
        return {"KeyId": key.arn}
    return {}


@answers("kms", "DescribeKey")
def describe_key(context: Context) -> dict[str, Any]:
    """AWS's own keys are managed by AWS."""
    answer = context.moto()
    metadata = answer["KeyMetadata"]
    if metadata["Description"] == "Default key":
        metadata["KeyManager"] = "AWS"
    return answer


@answers("kms", "EnableKeyRotation")
def enable_rotation(context: Context) -> dict[str, Any]:
    context.moto()
    days = context.parameters.get("RotationPeriodInDays", DEFAULT_ROTATION_DAYS)
    if not 90 <= days <= 2560:
        raise AwsError("ValidationException", f"RotationPeriodInDays must be 90 to 2560, not {days}")
    context.store(Rotations).enabled[_key(context, context.parameters["KeyId"]).id] = (days, datetime.now(UTC))
    return {}


@answers("kms", "GetKeyRotationStatus")
def rotation_status(context: Context) -> dict[str, Any]:
    """With the period and the date of the next rotation."""
    answer = context.moto()
    key = _key(context, context.parameters["KeyId"])
    answer["KeyId"] = key.id
    if answer["KeyRotationEnabled"]:
        days, since = context.store(Rotations).enabled.get(key.id, (DEFAULT_ROTATION_DAYS, datetime.now(UTC)))
        answer |= {"RotationPeriodInDays": days, "NextRotationDate": since + timedelta(days=days)}
    return answer
