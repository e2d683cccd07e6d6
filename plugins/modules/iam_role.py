#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_role
short_description: Manage IAM roles with their policies
version_added: 0.1.0
description:
  - Creates, updates and deletes IAM roles together with their trust policy, inline policies, attached managed
    policies and permissions boundary.
  - Policies are compared by meaning. Order, a string in place of a list of one, and the way an account is written
    make no difference.
  - What an option of a role says is all that the role has of it. Inline and managed policies that somebody else gave
    to the role are removed.
author: Monay platform engineers (@monay)
options:
  roles:
    description: The roles. What is left out of a role is left alone.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the role, unique in the account. At most 64 characters.
        type: str
        required: true
      path:
        description: Path of the role, such as V(/monay/dev/). AWS cannot change it later, and uses V(/) without it.
        type: str
      description:
        description: What the role is for.
        type: str
      trust_policy:
        description:
          - The policy document that says who may assume the role. Required for a role that does not exist.
          - Without C(Version) it gets V(2012-10-17).
        type: dict
      inline_policies:
        description: Policy documents by name. Together at most 10240 characters. An empty dictionary removes all.
        type: dict
      managed_policies:
        description: ARNs of managed policies to attach. An empty list detaches all.
        type: list
        elements: str
      permissions_boundary:
        description: ARN of the policy that limits what the role can be allowed. An empty string removes it.
        type: str
      max_session_duration:
        description: Longest session in seconds, from 3600 to 43200.
        type: int
      tags:
        description: Tags of this role.
        type: dict
  state:
    description:
      - Whether the roles exist.
      - V(absent) takes a role out of its instance profiles, detaches and deletes its policies, and deletes it.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
"""

EXAMPLES = r"""
- name: Let RDS write its enhanced monitoring
  monay.platform.iam_role:
    region: us-east-1
    roles:
      - name: monay-dev-rds-monitoring
        path: /monay/dev/
        trust_policy:
          Statement:
            - Effect: Allow
              Principal: {Service: monitoring.rds.amazonaws.com}
              Action: sts:AssumeRole
        managed_policies:
          - arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole
    tags:
      Project: monay

- name: Delete it with all that hangs on it
  monay.platform.iam_role:
    region: us-east-1
    roles:
      - name: monay-dev-rds-monitoring
    state: absent
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: update, kind: IAM role, name: monay-dev-rds-monitoring, fields: [managed_policies]}]
resources:
  description: Each role that exists at the end, by kind and name.
  returned: always
  type: dict
  sample:
    IAM role:
      monay-dev-rds-monitoring:
        id: arn:aws:iam::111111111111:role/monay/dev/monay-dev-rds-monitoring
        arn: arn:aws:iam::111111111111:role/monay/dev/monay-dev-rds-monitoring
        role_id: AROAEXAMPLE
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.iam import Roles
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.core.iam import role_state

ROLE_SPEC = dict(
    name=dict(type="str", required=True),
    path=dict(type="str"),
    description=dict(type="str"),
    trust_policy=dict(type="dict"),
    inline_policies=dict(type="dict"),
    managed_policies=dict(type="list", elements="str"),
    permissions_boundary=dict(type="str"),
    max_session_duration=dict(type="int"),
    tags=dict(type="dict"),
)


def work(module: PlatformModule) -> t.NoReturn:
    module.reconcile(module.listed(Roles(module.api("iam")), "roles", role_state))


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            roles=dict(type="list", elements="dict", required=True, options=ROLE_SPEC),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
        )
    ).run(work)


if __name__ == "__main__":
    main()
