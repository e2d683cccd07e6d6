#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: log_group
short_description: Manage CloudWatch log groups
version_added: 0.1.0
description:
  - Creates, updates and deletes CloudWatch log groups with their retention and encryption.
author: Monay platform engineers (@monay)
options:
  log_groups:
    description: The log groups.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the log group.
        type: str
        required: true
      retention_days:
        description: Days after which AWS deletes an event. V(0) keeps events for ever.
        type: int
      kms_key:
        description: Alias or ARN of the KMS key that encrypts the events. An empty string means AWS's own key.
        type: str
      tags:
        description: Tags of this log group.
        type: dict
  state:
    description: Whether the log groups exist. V(absent) deletes them with all their events.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
"""

EXAMPLES = r"""
- name: Keep the backend's logs for a month
  monay.platform.log_group:
    region: eu-west-1
    log_groups:
      - name: /monay/dev/monay-backend-common
        retention_days: 30
    tags:
      Project: monay
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: log group, name: /monay/dev/monay-backend-common, fields: []}]
resources:
  description: Each log group that exists at the end, by kind and name.
  returned: always
  type: dict
  sample: {log group: {/monay/dev/backend: {id: "arn:aws:logs:eu-west-1:111111111111:log-group:/monay/dev/backend"}}}
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.key_names import KeyNames
from ansible_collections.monay.platform.plugins.module_utils.aws.logs import LogGroups
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, PlatformModule

LOG_GROUP_SPEC = dict(
    name=dict(type="str", required=True),
    retention_days=dict(type="int"),
    kms_key=dict(type="str", no_log=False),
    tags=dict(type="dict"),
)


def work(module: PlatformModule) -> t.NoReturn:
    aliases = [each["kms_key"] for each in module.params["log_groups"]]
    kind = LogGroups(module.api("logs"), KeyNames(module.api("kms"), aliases))
    module.reconcile(
        module.listed(
            kind, "log_groups", lambda each: {"retention_days": each["retention_days"], "kms_key": each["kms_key"]}
        )
    )


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            log_groups=dict(type="list", elements="dict", required=True, options=LOG_GROUP_SPEC),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
        )
    ).run(work)


if __name__ == "__main__":
    main()
