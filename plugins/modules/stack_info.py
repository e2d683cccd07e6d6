#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: stack_info
short_description: List everything that stands of an environment
version_added: 0.1.0
description:
  - Finds all resources that carry the given tags, in one or more regions, and the IAM roles below a path.
  - There is no state file; the tags in AWS are the truth.
author: Monay platform engineers (@monay)
options:
  tags:
    description: Tags that a resource must all carry.
    type: dict
    required: true
  regions:
    description: Regions to look into. Without it, the region of the task.
    type: list
    elements: str
  iam_path:
    description: Path of the IAM roles, which the tagging API does not know. Without it, no roles are listed.
    type: str
attributes:
  check_mode:
    support: full
    description: Only reads.
  diff_mode:
    support: none
    description: Changes nothing.
requirements:
  - python >= 3.11
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: List what stands of the development environment
  monay.platform.stack_info:
    region: eu-west-1
    tags:
      Project: monay
      Environment: dev
    iam_path: /monay/dev/
"""

RETURN = r"""
resources:
  description: What was found.
  returned: always
  type: list
  elements: dict
  sample:
    - arn: arn:aws:ec2:eu-west-1:111111111111:vpc/vpc-0123
      kind: ec2:vpc
      name: monay-dev
      region: eu-west-1
      component: monay-vpc
      state: live
summary:
  description: The same as a table for people.
  returned: always
  type: str
  sample: "component  kind     count  names"
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.module import PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import side_by_side
from ansible_collections.monay.platform.plugins.module_utils.aws.stack import roles, tagged, without_ghosts
from ansible_collections.monay.platform.plugins.module_utils.core.stack import summary


def work(module: PlatformModule) -> t.NoReturn:
    regions = module.params["regions"] or [module.region]
    tagging = {region: module.api("resourcegroupstaggingapi", region) for region in dict.fromkeys(regions)}
    jobs: dict[str, t.Any] = {
        region: (lambda api=api: tagged(api, module.params["tags"])) for region, api in tagging.items()
    }
    if module.params["iam_path"]:
        iam = module.api("iam")
        jobs["iam"] = lambda: roles(iam, module.params["iam_path"])
    found = [each for answers in side_by_side(jobs).values() for each in answers]
    services = ("ec2", "kms", "secretsmanager")
    apis = {service: (lambda region, service=service: module.api(service, region)) for service in services}
    resources = without_ghosts(found, apis)
    module.exit_json(changed=False, resources=resources, summary=summary(resources))


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            tags=dict(type="dict", required=True),
            regions=dict(type="list", elements="str"),
            iam_path=dict(type="str"),
        )
    ).run(work)


if __name__ == "__main__":
    main()
