#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: kms_key
short_description: Manage KMS keys by their aliases
version_added: 0.1.0
description:
  - Creates, updates and deletes symmetric KMS keys. A key is found by its alias.
  - A key also gets its alias as C(Name) tag. A key that has the tag but no alias, as an interrupted run leaves it, is
    given the alias. No second key is created.
  - A key whose deletion is scheduled is taken back and enabled when it is wanted again and its C(Name) tag is ours.
    The diff says so.
author: Monay platform engineers (@monay)
options:
  keys:
    description: The keys. What is left out of a key is left alone.
    type: list
    elements: dict
    required: true
    suboptions:
      alias:
        description: Alias of the key, beginning with C(alias/).
        type: str
        required: true
      description:
        description: What the key is for.
        type: str
      policy:
        description:
          - The key policy. Without it a new key gets AWS's default one.
          - Without C(Version) it gets V(2012-10-17).
        type: dict
      enabled:
        description: Whether the key can be used.
        type: bool
        default: true
      rotation:
        description: Whether AWS rotates the key material.
        type: bool
        default: true
      rotation_period:
        description: Days from one rotation to the next, from 90 to 2560.
        type: int
        default: 365
      deletion_window:
        description: Days for which a deleted key can be taken back, from 7 to 30.
        type: int
        default: 30
      multi_region:
        description: Whether the key can be replicated to other regions. AWS cannot change it later.
        type: bool
      tags:
        description: Tags of this key.
        type: dict
  state:
    description:
      - Whether the keys exist.
      - V(absent) schedules their deletion. Until O(keys[].deletion_window) is over they can be taken back with
        O(state=present). After it, everything that they encrypted is lost.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
"""

EXAMPLES = r"""
- name: Encrypt the logs with a key of our own
  monay.platform.kms_key:
    region: us-east-1
    keys:
      - alias: alias/monay-dev-logs
        description: Logs of monay-dev
        policy:
          Statement:
            - Sid: AdministerThroughIam
              Effect: Allow
              Principal: {AWS: "111111111111"}
              Action: kms:*
              Resource: "*"
    tags:
      Project: monay

- name: Delete it a week from now
  monay.platform.kms_key:
    region: us-east-1
    keys:
      - alias: alias/monay-dev-logs
        deletion_window: 7
    state: absent
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: KMS key, name: alias/monay-dev-logs, fields: []}]
resources:
  description: Each key that exists at the end, by kind and alias.
  returned: always
  type: dict
  sample:
    KMS key:
      alias/monay-dev-logs:
        id: 1234abcd-12ab-34cd-56ef-1234567890ab
        arn: arn:aws:kms:us-east-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.kms import Keys
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Request
from ansible_collections.monay.platform.plugins.module_utils.core.kms import key_state

KEY_SPEC = dict(
    alias=dict(type="str", required=True),
    description=dict(type="str"),
    policy=dict(type="dict"),
    enabled=dict(type="bool", default=True),
    rotation=dict(type="bool", default=True),
    rotation_period=dict(type="int", default=365),
    deletion_window=dict(type="int", default=30),
    multi_region=dict(type="bool"),
    tags=dict(type="dict"),
)


def work(module: PlatformModule) -> t.NoReturn:
    keys = {item["alias"]: {**item, "name": item["alias"]} for item in module.params["keys"]}
    states = {alias: key_state(item) for alias, item in keys.items()}
    deleting = module.params["state"] == "absent"
    windows = {alias: item["deletion_window"] for alias, item in keys.items()}
    kind = Keys(module.api("kms"), deletion_windows=windows, deleting=deleting)
    if deleting:
        module.reconcile(Request(kind, absent=frozenset(keys)))
    wanted = {alias: {**state, "tags": module.tags_of(kind, keys[alias])} for alias, state in states.items()}
    module.reconcile(Request(kind, wanted, keep_tags=not module.params["purge_tags"]))


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            keys=dict(type="list", elements="dict", required=True, no_log=False, options=KEY_SPEC),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
        )
    ).run(work)


if __name__ == "__main__":
    main()
