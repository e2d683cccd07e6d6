#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: application_info
short_description: Tell how applications are doing
version_added: 0.2.0
description:
  - Reads, for all applications at once, the version that runs, running and wanted tasks, the state of the latest
    deployment, the health of the targets behind the load balancer, and the alarms.
  - What is not deployed is told as such; an empty account is no error.
author: Monay platform engineers (@monay)
options:
  applications:
    description: The applications to look at.
    type: list
    elements: dict
    required: true
    suboptions:
      host:
        description: What the application is called in the inventory.
        type: str
        required: true
      name:
        description: Name of its ECS service, with which the names of its alarms begin.
        type: str
        required: true
      kind:
        description: What sort of application it is. V(static) has a distribution, all others have a service.
        type: str
        choices: [api, nextjs, static]
        required: true
      hostname:
        description: Where it is reached.
        type: str
        required: true
      container:
        description: Name of its container. Needed for all but V(static).
        type: str
      repository:
        description: ECR repository of its images. Needed for all but V(static).
        type: str
      bucket:
        description: Bucket of its files. Needed for V(static).
        type: str
  cluster:
    description: Name of the ECS cluster.
    type: str
    required: true
  alarm_prefix:
    description: What the names of all alarms of the environment begin with.
    type: str
    required: true
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
- name: Look at the admin application
  monay.platform.application_info:
    region: eu-west-1
    cluster: monay-dev
    alarm_prefix: monay-dev-
    applications:
      - host: monay-admin
        name: monay-dev-admin
        kind: nextjs
        hostname: admin.dev.monay.example
        container: admin
        repository: monay/dev/admin
"""

RETURN = r"""
applications:
  description: How each application is doing, in the order of O(applications).
  returned: always
  type: list
  elements: dict
  sample:
    - application: monay-admin
      url: https://admin.dev.monay.example/
      version: 1.4.0
      running: 2
      desired: 2
      deployment: SUCCESSFUL
      health: 2/2 healthy
      alarms: {monay-dev-admin-cpu-high: OK}
alarms:
  description: States of the alarms that belong to none of the applications, by name.
  returned: always
  type: dict
  sample: {monay-dev-postgres-storage: OK}
report:
  description: The same as a table for people.
  returned: always
  type: str
  sample: "application  version  running  deployment  health  url  alarms"
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.applications import Reader
from ansible_collections.monay.platform.plugins.module_utils.aws.module import PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.core.application_status import report

# CloudFront's metrics, and so the alarms on them, are in this region whatever the environment's is.
CLOUDFRONT_REGION = "us-east-1"
APPLICATION: dict[str, t.Any] = dict(
    host=dict(type="str", required=True),
    name=dict(type="str", required=True),
    kind=dict(type="str", choices=["api", "nextjs", "static"], required=True),
    hostname=dict(type="str", required=True),
    container=dict(type="str"),
    repository=dict(type="str"),
    bucket=dict(type="str"),
)


def work(module: PlatformModule) -> t.NoReturn:
    prefix = module.params["alarm_prefix"]
    wanted = [{**each, "static": each["kind"] == "static"} for each in module.params["applications"]]
    regions = list(dict.fromkeys([module.region, CLOUDFRONT_REGION]))
    statuses, others = Reader(module.api, module.params["cluster"], regions).statuses(wanted, prefix)
    module.exit_json(
        changed=False,
        applications=[each.summary() for each in statuses],
        alarms=others,
        report=report(statuses, prefix, others),
    )


def main() -> None:
    needed = ["container", "repository"]
    required_if = [("kind", "api", needed), ("kind", "nextjs", needed), ("kind", "static", ["bucket"])]
    PlatformModule(
        argument_spec=dict(
            applications=dict(
                type="list", elements="dict", required=True, options=APPLICATION, required_if=required_if
            ),
            cluster=dict(type="str", required=True),
            alarm_prefix=dict(type="str", required=True),
        )
    ).run(work)


if __name__ == "__main__":
    main()
