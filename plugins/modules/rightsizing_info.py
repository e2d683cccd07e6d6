#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: rightsizing_info
short_description: Say how much of their sizes components use
version_added: 0.2.0
description:
  - Reads from CloudWatch how much CPU, memory and connections services of ECS, instances of RDS and nodes of
    ElastiCache used at their peaks in the last days, and from Compute Optimizer what it recommends, where the account
    has opted in.
  - M(monay.platform.cost_report) makes hints of it.
  - The caller needs C(cloudwatch:GetMetricData), for which AWS takes 0.01 dollars for 1000 metrics, and for Compute
    Optimizer C(compute-optimizer:GetEnrollmentStatus), C(compute-optimizer:GetECSServiceRecommendations),
    C(compute-optimizer:GetRDSDatabaseRecommendations), C(ecs:ListServices), C(ecs:ListClusters),
    C(rds:DescribeDBInstances) and C(rds:DescribeDBClusters). Without the latter only its recommendations are missing.
author: Monay platform engineers (@monay)
options:
  services:
    description: Services of ECS.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What the answer calls it.
        type: str
        required: true
      cluster:
        description: Name of the cluster.
        type: str
        required: true
      service:
        description: Name of the service.
        type: str
        required: true
  databases:
    description: Instances of RDS.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What the answer calls it.
        type: str
        required: true
      identifier:
        description: Identifier of the instance.
        type: str
        required: true
  caches:
    description: Caches of ElastiCache.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What the answer calls it.
        type: str
        required: true
      nodes:
        description: Identifiers of the nodes.
        type: list
        elements: str
        required: true
  days:
    description: Days that are looked at, an hour each. CloudWatch keeps hours for 455 days.
    type: int
    default: 14
extends_documentation_fragment:
  - monay.platform.platform
"""

EXAMPLES = r"""
- name: Is the database too large?
  monay.platform.rightsizing_info:
    region: us-east-1
    databases:
      - {name: database, identifier: monay-dev-postgres}
  register: found
"""

RETURN = r"""
usage:
  description:
    - By name, the peaks of the days. C(cpu) is the highest 99th percentile of an hour, C(memory) the most, both in per
      cent; C(free_memory) the least in bytes, C(connections) the most. C(hours) are those that CloudWatch has values
      for. What was not measured is null.
  returned: always
  type: dict
  sample:
    database: {kind: database, hours: 336, cpu: 21.5, free_memory: 2345678912, connections: 35}
recommendations:
  description: What Compute Optimizer found, and what it recommends first. C(saves) are dollars a month.
  returned: always
  type: list
  elements: dict
  sample: [{component: database, finding: Overprovisioned, recommended: db.t4g.small, saves: 23.4}]
optimizer:
  description: Why something of Compute Optimizer is missing. Empty where nothing is.
  returned: always
  type: str
  sample: the account has not opted in (it is Inactive)
"""

import datetime as dt
import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.module import PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.usage import ComputeOptimizer, measured
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused
from ansible_collections.monay.platform.plugins.module_utils.core.usage import targets

NAME = dict(type="str", required=True)
SERVICE_SPEC = dict(name=NAME, cluster=dict(type="str", required=True), service=dict(type="str", required=True))
DATABASE_SPEC = dict(name=NAME, identifier=dict(type="str", required=True))
CACHE_SPEC = dict(name=NAME, nodes=dict(type="list", elements="str", required=True))
ARGUMENT_SPEC: dict[str, t.Any] = dict(
    services=dict(type="list", elements="dict", default=[], options=SERVICE_SPEC),
    databases=dict(type="list", elements="dict", default=[], options=DATABASE_SPEC),
    caches=dict(type="list", elements="dict", default=[], options=CACHE_SPEC),
    days=dict(type="int", default=14),
)
MOST_DAYS = 455


def work(module: PlatformModule) -> t.NoReturn:
    params = module.params
    if not 1 <= params["days"] <= MOST_DAYS:
        raise PlanRefused(f"days must be from 1 to {MOST_DAYS}, got {params['days']}")
    found = targets(params["services"], params["databases"], params["caches"])
    usage = measured(module.api("cloudwatch"), found, params["days"], dt.datetime.now(tz=dt.UTC))
    optimizer = ComputeOptimizer(module.api("compute-optimizer"))
    recommended = optimizer.recommendations(found)
    module.exit_json(changed=False, usage=usage, recommendations=recommended, optimizer=optimizer.status)


def main() -> None:
    PlatformModule(argument_spec=ARGUMENT_SPEC).run(work)


if __name__ == "__main__":
    main()
