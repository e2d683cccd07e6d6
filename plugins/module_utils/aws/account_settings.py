# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Settings that a whole account, or an account in one region, has once."""

from __future__ import annotations

import typing as t
from abc import abstractmethod
from collections.abc import Iterable

from ..core.plan import Observed, State
from .account import leave_ip_hosts_alone
from .api import Api
from .reconcile import Kind, Scope

# AWS's defaults for what UpdateAccountPasswordPolicy leaves out; the call replaces the whole policy.
PASSWORD_DEFAULTS = {
    "minimum_length": 6,
    "require_symbols": False,
    "require_numbers": False,
    "require_uppercase": False,
    "require_lowercase": False,
    "max_age_days": 0,
    "remember": 0,
}
PASSWORD_FIELDS = {
    "minimum_length": "MinimumPasswordLength",
    "require_symbols": "RequireSymbols",
    "require_numbers": "RequireNumbers",
    "require_uppercase": "RequireUppercaseCharacters",
    "require_lowercase": "RequireLowercaseCharacters",
    "max_age_days": "MaxPasswordAge",
    "remember": "PasswordReusePrevention",
}
PUBLIC_ACCESS_FIELDS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


class Setting(Kind):
    """Something that exists once, under a name that we give it. It is never deleted."""

    @abstractmethod
    def read(self, name: str) -> State | None:
        """The state, or None where it was never set."""

    @abstractmethod
    def write(self, name: str, before: State, wanted: State) -> None:
        """Bring the fields in `wanted` about. `before` is {} where it was never set."""

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        states = {name: self.read(name) for name in names}
        return {name: Observed(name, state) for name, state in states.items() if state is not None}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        self.write(name, {}, wanted)
        return Observed(name, dict(wanted))

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        self.write(name, before.state, {field: wanted[field] for field in fields})

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        raise NotImplementedError(f"{self.kind} is a setting of the account; it is changed, never deleted")


class EbsEncryption(Setting):
    """By region. State: `enabled`, `kms_key` (an alias, or an ARN that has none)."""

    kind = "EBS encryption by default"

    def __init__(self, ec2: Api, kms: Api, *, with_key: bool) -> None:
        """`with_key`: the task says which key; otherwise it is not asked for."""
        self.ec2 = ec2
        self.kms = kms
        self.with_key = with_key

    def read(self, name: str) -> State:
        answer = self.ec2.read("get_ebs_encryption_by_default", f"read EBS encryption by default of {name}")
        state = {"enabled": answer["EbsEncryptionByDefault"]}
        return {**state, "kms_key": self._key(name)} if self.with_key else state

    def _key(self, region: str) -> str:
        answer = self.ec2.read("get_ebs_default_kms_key_id", f"read the default EBS key of {region}")
        key = answer["KmsKeyId"]
        if ":alias/" in key:
            return str(key).partition(":")[2].rpartition(":")[2]
        aliases = self.kms.pages("list_aliases", "Aliases", "list KMS aliases")
        names = [each["AliasName"] for each in aliases if each.get("TargetKeyId") == key.rpartition("/")[2]]
        return str(min(names, default=key))

    def write(self, name: str, before: State, wanted: State) -> None:
        if "enabled" in wanted:
            operation = "enable_ebs_encryption_by_default" if wanted["enabled"] else "disable_ebs_encryption_by_default"
            self.ec2.write(operation, f"switch EBS encryption by default of {name}")
        if "kms_key" in wanted:
            doing = f"make {wanted['kms_key']} the default EBS key of {name}"
            self.ec2.write("modify_ebs_default_kms_key_id", doing, KmsKeyId=wanted["kms_key"])


class PublicAccessBlock(Setting):
    """By account. State: S3's four switches under AWS's names."""

    kind = "S3 public access block of the account"

    def __init__(self, s3control: Api) -> None:
        self.s3control = leave_ip_hosts_alone(s3control)

    @staticmethod
    def wanted(block: bool) -> State:
        return dict.fromkeys(PUBLIC_ACCESS_FIELDS, block)

    def read(self, name: str) -> State | None:
        doing, never_set = f"read S3 public access block of account {name}", {"NoSuchPublicAccessBlockConfiguration"}
        answer = self.s3control.read("get_public_access_block", doing, never_set, AccountId=name)
        if answer is None:
            return None
        return {field: answer["PublicAccessBlockConfiguration"].get(field, False) for field in PUBLIC_ACCESS_FIELDS}

    def write(self, name: str, before: State, wanted: State) -> None:
        self.s3control.write(
            "put_public_access_block",
            f"set S3 public access block of account {name}",
            AccountId=name,
            PublicAccessBlockConfiguration={**before, **wanted},
        )


class PasswordPolicy(Setting):
    """By account. State: the keys of PASSWORD_FIELDS; 0 days and 0 passwords mean "no limit"."""

    kind = "IAM password policy of the account"

    def __init__(self, iam: Api) -> None:
        self.iam = iam

    def read(self, name: str) -> State | None:
        answer = self.iam.read(
            "get_account_password_policy", f"read password policy of account {name}", {"NoSuchEntity"}
        )
        if answer is None:
            return None
        policy = answer["PasswordPolicy"]
        return {field: policy.get(key, PASSWORD_DEFAULTS[field]) for field, key in PASSWORD_FIELDS.items()}

    def write(self, name: str, before: State, wanted: State) -> None:
        state = {**PASSWORD_DEFAULTS, **before, **wanted}
        # AWS takes no 0 for the two limits; what is left out is "no limit".
        policy: dict[str, t.Any] = {
            PASSWORD_FIELDS[field]: value for field, value in state.items() if value or isinstance(value, bool)
        }
        self.iam.write("update_account_password_policy", f"set password policy of account {name}", **policy)
