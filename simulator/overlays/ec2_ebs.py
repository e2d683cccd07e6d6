# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""EBS encryption by default: the account's default key, which moto lacks."""

from __future__ import annotations

from typing import Any

from simulator.overlay import Context, answers

AWS_KEY = "alias/aws/ebs"


class EbsDefaults:
    """The default key of an account and region."""

    def __init__(self) -> None:
        self.key = AWS_KEY


@answers("ec2", "GetEbsDefaultKmsKeyId", "ModifyEbsDefaultKmsKeyId", "ResetEbsDefaultKmsKeyId")
def default_key(context: Context) -> dict[str, Any]:
    """The key as it was given; AWS's own key under its alias."""
    defaults = context.store(EbsDefaults)
    if context.call.operation.startswith("Modify"):
        defaults.key = context.parameters["KmsKeyId"]
    elif context.call.operation.startswith("Reset"):
        defaults.key = AWS_KEY
    return {"KmsKeyId": defaults.key}


@answers("ec2", "GetEbsEncryptionByDefault")
def encryption_by_default(context: Context) -> dict[str, Any]:
    return {**context.moto(), "SseType": "sse-ebs"}
