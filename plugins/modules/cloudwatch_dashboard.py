#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudwatch_dashboard
short_description: Manage CloudWatch dashboards
version_added: 0.1.0
description:
  - Creates, updates and deletes dashboards. Bodies are data and are compared as such.
  - In metrics of widgets, the values of C(LoadBalancer), C(TargetGroup), C(NatGatewayId), C(CertificateArn) and
    C(DistributionId) are names, as M(monay.platform.cloudwatch_alarm) takes them. What does not exist yet shows
    no data, and is corrected by the next run after it came.
  - AWS has no tags for dashboards.
author: Monay platform engineers (@monay)
options:
  dashboards:
    description: The dashboards.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the dashboard.
        type: str
        required: true
      body:
        description:
          - The dashboard as CloudWatch describes it, with C(widgets), and C(start) or C(periodOverride) where wanted.
          - Needed unless O(state=absent).
        type: dict
  expect_all:
    description:
      - Everything that the dashboards show exists by the time of the real run. A check run then announces that what
        stands there by its name will be corrected.
    type: bool
    default: false
  state:
    description: Whether the dashboards exist.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
"""

EXAMPLES = r"""
- name: Show how the admin does
  monay.platform.cloudwatch_dashboard:
    region: eu-west-1
    dashboards:
      - name: monay-dev
        body:
          widgets:
            - type: metric
              x: 0
              y: 0
              width: 12
              height: 6
              properties:
                title: CPU
                region: eu-west-1
                metrics:
                  - [AWS/ECS, CPUUtilization, ClusterName, monay-dev, ServiceName, monay-dev-admin]
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: dashboard, name: monay-dev, fields: []}]
resources:
  description: Each dashboard that exists at the end, by kind and name.
  returned: always
  type: dict
  sample: {dashboard: {monay-dev: {id: "arn:aws:cloudwatch::111111111111:dashboard/monay-dev"}}}
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.cloudwatch import Dashboards
from ansible_collections.monay.platform.plugins.module_utils.aws.module import PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.monitored import DimensionNames
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Request
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused

DASHBOARD_SPEC = dict(name=dict(type="str", required=True), body=dict(type="dict"))


def work(module: PlatformModule) -> t.NoReturn:
    expected = module.check_mode and module.params["expect_all"]
    names = DimensionNames(module.api, lenient=True, expected=expected)
    kind = Dashboards(module.api("cloudwatch"), names, module.warn)
    items = {item["name"]: item["body"] for item in module.params["dashboards"]}
    if module.params["state"] == "absent":
        module.reconcile(Request(kind, absent=frozenset(items)))
    bodiless = sorted(name for name, body in items.items() if body is None)
    if bodiless:
        raise PlanRefused(f"dashboard {bodiless[0]} has no body")
    module.reconcile(Request(kind, {name: {"body": body} for name, body in items.items()}))


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            dashboards=dict(type="list", elements="dict", required=True, options=DASHBOARD_SPEC),
            expect_all=dict(type="bool", default=False),
            state=dict(type="str", choices=["present", "absent"], default="present"),
        )
    ).run(work)


if __name__ == "__main__":
    main()
