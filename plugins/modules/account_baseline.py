#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: account_baseline
short_description: Guard an account and manage its basic security settings
version_added: 0.1.0
description:
  - Fails unless the credentials belong to the account that is meant, before anything else is asked or changed.
  - Manages settings that an account has once. What is left out is left alone; with O(account_id) alone the module
    only reads.
author: Monay platform engineers (@monay)
options:
  account_id:
    description: The 12 digits of the account that is meant. In quotes, because YAML takes leading zeros away.
    type: str
    required: true
  availability_zones:
    description: Zones that the region must have and that must be available to the account.
    type: list
    elements: str
  ebs_encryption_by_default:
    description: Whether new EBS volumes of the region are encrypted.
    type: bool
  ebs_default_kms_key:
    description: Alias of the KMS key that does it, such as V(alias/monay-dev-data) or V(alias/aws/ebs).
    type: str
  s3_public_access_block:
    description: Whether S3 keeps every bucket of the account from being public, by all four switches.
    type: bool
  access_analyzer:
    description:
      - An IAM Access Analyzer that reports what is shared with the outside of the account.
      - Where the region has none of this service, or the account has an analyzer of its own, a warning says so. AWS
        allows one for each region.
    type: dict
    suboptions:
      name:
        description: Name of the analyzer.
        type: str
        required: true
  password_policy:
    description: Rules for the passwords of IAM users. What is left out of an existing policy stays as it is.
    type: dict
    suboptions:
      minimum_length:
        description: Characters of the shortest password, from 6 to 128.
        type: int
      require_symbols:
        description: Whether a symbol is required.
        type: bool
      require_numbers:
        description: Whether a digit is required.
        type: bool
      require_uppercase:
        description: Whether a capital letter is required.
        type: bool
      require_lowercase:
        description: Whether a small letter is required.
        type: bool
      max_age_days:
        description: Days after which a password must be changed. V(0) means never.
        type: int
      remember:
        description: How many former passwords cannot be used again. V(0) means that all can.
        type: int
  state:
    description: V(absent) deletes the analyzer of this name. The settings protect the whole account and stay.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
"""

EXAMPLES = r"""
- name: Make sure that this is the right account
  monay.platform.account_baseline:
    region: us-east-1
    account_id: "111111111111"

- name: Keep what is private private
  monay.platform.account_baseline:
    region: us-east-1
    account_id: "111111111111"
    availability_zones: [us-east-1a, us-east-1b]
    ebs_encryption_by_default: true
    s3_public_access_block: true
    access_analyzer:
      name: monay-dev
"""

RETURN = r"""
account:
  description: Whose credentials these are.
  returned: success
  type: dict
  sample: {account_id: "111111111111", caller: "arn:aws:iam::111111111111:user/deploy"}
changes:
  description: What was changed, or would be in check mode.
  returned: success
  type: list
  elements: dict
  sample: [{action: update, kind: EBS encryption by default, name: us-east-1, fields: [enabled]}]
resources:
  description: The settings that the task manages, by kind and name.
  returned: success
  type: dict
  sample: {EBS encryption by default: {us-east-1: {id: us-east-1}}}
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.account import caller_identity, zones
from ansible_collections.monay.platform.plugins.module_utils.aws.account_analyzer import (
    Analyzers,
    Unavailable,
    list_analyzers,
)
from ansible_collections.monay.platform.plugins.module_utils.aws.account_settings import (
    EbsEncryption,
    PasswordPolicy,
    PublicAccessBlock,
)
from ansible_collections.monay.platform.plugins.module_utils.aws.api import Api
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Request, side_by_side
from ansible_collections.monay.platform.plugins.module_utils.core.account import check_account, check_zones

PASSWORD_SPEC = dict(
    minimum_length=dict(type="int"),
    require_symbols=dict(type="bool"),
    require_numbers=dict(type="bool"),
    require_uppercase=dict(type="bool"),
    require_lowercase=dict(type="bool"),
    max_age_days=dict(type="int"),
    remember=dict(type="int"),
)


def guard(module: PlatformModule) -> dict[str, str]:
    """Whose credentials these are. Raises PlanRefused when the account or its zones are not those that are meant."""
    account, names, sts = module.params["account_id"], module.params["availability_zones"], module.api("sts")
    # Side by side, and the account first: what is wrong with it is said before anything about zones.
    checks: dict[str, t.Callable[[], t.Any]] = {"caller": lambda: _checked_caller(sts, account)}
    if names:
        ec2 = module.api("ec2")
        checks["zones"] = lambda: check_zones(names, zones(ec2), ec2.region)
    return {"account_id": account, "caller": side_by_side(checks)["caller"]}


def _checked_caller(sts: Api, expected: str) -> str:
    account, caller = caller_identity(sts)
    check_account(expected, account, caller)
    return caller


def settings(module: PlatformModule) -> list[Request]:
    """The requests for those settings that the task says something about."""
    said, account = module.params, module.params["account_id"]
    requests = []
    ebs = {"enabled": said["ebs_encryption_by_default"], "kms_key": said["ebs_default_kms_key"]}
    if any(value is not None for value in ebs.values()):
        ec2 = module.api("ec2")
        kind = EbsEncryption(ec2, module.api("kms"), with_key=ebs["kms_key"] is not None)
        requests.append(Request(kind, {ec2.region: ebs}))
    if said["s3_public_access_block"] is not None:
        wanted = PublicAccessBlock.wanted(said["s3_public_access_block"])
        requests.append(Request(PublicAccessBlock(module.api("s3control")), {account: wanted}))
    if said["password_policy"] is not None:
        requests.append(Request(PasswordPolicy(module.api("iam")), {account: said["password_policy"]}))
    return requests


def analyzer(module: PlatformModule) -> list[Request]:
    """The request for the analyzer; none, with a warning, where there cannot be one."""
    name = (module.params["access_analyzer"] or {}).get("name")
    if not name:
        return []
    api = module.api("accessanalyzer")
    try:
        found = list_analyzers(api)
    except Unavailable as error:
        module.warn(f"{api.region} has no IAM Access Analyzer for this account, so none is managed: {error}")
        return []
    kind = Analyzers(api, found)
    if module.params["state"] == "absent":
        return [Request(kind, absent=frozenset({name}))]
    others = sorted(each["name"] for each in found)
    if others and name not in others:
        module.warn(f"IAM Access Analyzer {others[0]} watches this account already, so {name} is not created")
        return []
    wanted = {name: {"tags": module.tags_of(kind, {"name": name})}}
    return [Request(kind, wanted, keep_tags=not module.params["purge_tags"])]


def work(module: PlatformModule) -> t.NoReturn:
    account = guard(module)
    present = module.params["state"] == "present"
    module.reconcile(*(settings(module) if present else []), *analyzer(module), account=account)


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            account_id=dict(type="str", required=True),
            availability_zones=dict(type="list", elements="str"),
            ebs_encryption_by_default=dict(type="bool"),
            ebs_default_kms_key=dict(type="str", no_log=False),
            s3_public_access_block=dict(type="bool"),
            access_analyzer=dict(type="dict", options=dict(name=dict(type="str", required=True))),
            password_policy=dict(type="dict", no_log=False, options=PASSWORD_SPEC),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
        )
    ).run(work)


if __name__ == "__main__":
    main()
