#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecs_cluster
short_description: Manage ECS clusters
version_added: 0.1.0
description:
  - Creates, updates and deletes ECS clusters with their capacity providers, Container Insights and ECS Exec.
author: Monay platform engineers (@monay)
options:
  clusters:
    description: The clusters.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the cluster.
        type: str
        required: true
      capacity_providers:
        description: V(FARGATE), V(FARGATE_SPOT), or the names of own capacity providers.
        type: list
        elements: str
      default_strategy:
        description: Where tasks run of which nobody says it. Own capacity providers and those of Fargate do not mix.
        type: list
        elements: dict
        suboptions:
          provider:
            description: One of the capacity providers.
            type: str
            required: true
          weight:
            description: Share of the tasks beyond the base.
            type: int
            default: 0
          base:
            description: Tasks that run there first.
            type: int
            default: 0
      container_insights:
        description: How closely CloudWatch measures the containers.
        type: str
        choices: [disabled, enabled, enhanced]
      exec:
        description: Shells that administrators open in containers (ECS Exec).
        type: dict
        suboptions:
          log_group:
            description: Log group that records what is typed and answered. Without it, the log of the container does.
            type: str
          log_encrypted:
            description: Refuse a log group that is not encrypted.
            type: bool
            default: true
          kms_key:
            description: Alias of the KMS key that encrypts the session. Without it, TLS alone does.
            type: str
      service_connect_namespace:
        description: Name or ARN of the Cloud Map namespace of Service Connect. ECS creates one that does not exist.
        type: str
      tags:
        description: Tags of this cluster.
        type: dict
  purge_capacity_providers:
    description: Take out capacity providers that are not listed. ECS refuses that while a service uses one.
    type: bool
    default: true
  state:
    description: Whether the clusters exist. V(absent) needs a cluster without services and tasks.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
"""

EXAMPLES = r"""
- name: A cluster on Fargate, one task in four on spare capacity
  monay.platform.ecs_cluster:
    region: eu-west-1
    clusters:
      - name: monay-dev
        capacity_providers: [FARGATE, FARGATE_SPOT]
        default_strategy:
          - {provider: FARGATE, weight: 3, base: 1}
          - {provider: FARGATE_SPOT, weight: 1}
        container_insights: enabled
        exec:
          log_group: /monay/dev/ecs-exec
          kms_key: alias/monay-dev-logs
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: ECS cluster, name: monay-dev, fields: []}]
pending:
  description:
    - Names of slow resources that are not ready, or that the task has changed without waiting for them.
      M(monay.platform.wait_for) need not be asked where there are none.
  returned: always
  type: list
  elements: str
  sample: []
resources:
  description: Each cluster that exists at the end, by kind and name.
  returned: always
  type: dict
  sample:
    ECS cluster:
      monay-dev: {id: "arn:aws:ecs:eu-west-1:111111111111:cluster/monay-dev", status: ACTIVE}
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.ecs_clusters import Clusters
from ansible_collections.monay.platform.plugins.module_utils.aws.key_names import KeyNames
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.core.ecs_cluster import cluster_state

STRATEGY_SPEC = dict(
    provider=dict(type="str", required=True), weight=dict(type="int", default=0), base=dict(type="int", default=0)
)
EXEC_SPEC = dict(
    log_group=dict(type="str"),
    log_encrypted=dict(type="bool", default=True),
    kms_key=dict(type="str", no_log=False),
)
CLUSTER_SPEC = dict(
    name=dict(type="str", required=True),
    capacity_providers=dict(type="list", elements="str"),
    default_strategy=dict(type="list", elements="dict", options=STRATEGY_SPEC),
    container_insights=dict(type="str", choices=["disabled", "enabled", "enhanced"]),
    exec=dict(type="dict", options=EXEC_SPEC),
    service_connect_namespace=dict(type="str"),
    tags=dict(type="dict"),
)


def work(module: PlatformModule) -> t.NoReturn:
    aliases = [(each["exec"] or {}).get("kms_key") for each in module.params["clusters"]]
    kind = Clusters(
        module.api("ecs"),
        KeyNames(module.api("kms"), aliases),
        lambda: module.api("servicediscovery"),
        keep_providers=not module.params["purge_capacity_providers"],
    )
    request = module.listed(kind, "clusters", cluster_state)
    module.reconcile(request, wait=600)


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            clusters=dict(type="list", elements="dict", required=True, options=CLUSTER_SPEC),
            purge_capacity_providers=dict(type="bool", default=True),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
        )
    ).run(work)


if __name__ == "__main__":
    main()
