#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: elasticache_replication_group
short_description: Manage a Redis or Valkey replication group of ElastiCache with its groups
version_added: 0.1.0
description:
  - Creates, changes and deletes one replication group (one shard, cluster mode off) and the subnet and parameter group
    that it needs. Each section is optional; what is not said is left alone.
  - Data is always encrypted at rest and on the way.
  - The access token stands in AWS Secrets Manager. The module is told the name of the secret only, and reads the token
    when it has to give it to ElastiCache.
  - An engine that AWS has upgraded to a newer minor version is left as it is.
author: Monay platform engineers (@monay)
options:
  name:
    description: Name of the replication group.
    type: str
    required: true
  vpc:
    description: Name (tag) of the VPC in which subnets and security groups are looked for by their names.
    type: str
  subnet_group:
    description: The cache subnet group.
    type: dict
    suboptions:
      name:
        description: Name of the group.
        type: str
        required: true
      description:
        description: Description of the group.
        type: str
      subnets:
        description: Names of subnets. Multi-AZ wants them in at least two availability zones.
        type: list
        elements: str
        required: true
  parameter_group:
    description: The cache parameter group.
    type: dict
    suboptions:
      name:
        description: Name of the group.
        type: str
        required: true
      family:
        description: Family of the engine, such as V(redis7) or V(valkey8).
        type: str
        required: true
      description:
        description: Description of the group. It cannot be changed.
        type: str
      parameters:
        description:
          - All parameters that differ from the engine's defaults. One that is not mentioned gets its default back.
        type: dict
  replication_group:
    description: The replication group.
    type: dict
    suboptions:
      description:
        description: Description of the group.
        type: str
      engine:
        description: The engine.
        type: str
        choices: [redis, valkey]
        default: redis
      engine_version:
        description: Version of the engine, such as V(7.1). A group is never downgraded.
        type: str
        required: true
      node_type:
        description: Type of the nodes, such as V(cache.t3.small).
        type: str
        required: true
      nodes:
        description:
          - Number of nodes, of which one takes the writes and the others are its replicas.
          - A new group has one node if it is not said.
        type: int
      automatic_failover:
        description: Make a replica the one that takes the writes when that fails. Wants 2 nodes or more.
        type: bool
      multi_az:
        description: Keep nodes in different availability zones. Wants O(replication_group.automatic_failover).
        type: bool
      kms_key:
        description: Alias of the KMS key that encrypts data at rest. AWS's own key if it is not said.
        type: str
      auth_token_secret:
        description: Name of the secret whose whole value is the access token.
        type: str
      port:
        description: TCP port. It cannot be changed.
        type: int
      subnet_group:
        description: Name of the cache subnet group. That of the section O(subnet_group) if it is not said.
        type: str
      parameter_group:
        description: Name of the cache parameter group. That of the section O(parameter_group) if it is not said.
        type: str
      security_groups:
        description: Names of security groups.
        type: list
        elements: str
        required: true
      snapshot_retention_days:
        description: Days to keep daily snapshots. V(0) takes none.
        type: int
      snapshot_window:
        description: When snapshots are taken, in UTC, such as V(03:00-04:00).
        type: str
      maintenance_window:
        description: When maintenance takes place, in UTC, such as V(sun:05:00-sun:06:00).
        type: str
      auto_minor_version_upgrade:
        description: Let AWS upgrade to newer minor versions in the maintenance window.
        type: bool
      logs:
        description: CloudWatch log groups that receive logs, by V(slow-log) and V(engine-log).
        type: dict
      notification_topic:
        description: ARN of the SNS topic that is told of events. An empty string for none.
        type: str
      tags:
        description: Tags of the replication group.
        type: dict
  auth_token_update:
    description:
      - What to do when the secret holds another token than the group, of which only dates tell.
      - V(keep) leaves the group's token alone.
      - V(rotate) gives the group the secret's token if that is newer than the group's, and lets the old one still be
        used.
      - V(set) makes the secret's token the only one. It is done whenever it is asked for, because ElastiCache does not
        tell whether an old token is still good.
    type: str
    choices: [keep, rotate, set]
    default: keep
  apply_immediately:
    description: Change the group at once. V(false) leaves changes that interrupt it to the maintenance window.
    type: bool
    default: true
  allow_major_version_upgrade:
    description: Allow O(replication_group.engine_version) to be a new major version.
    type: bool
    default: false
  final_snapshot:
    description: With O(state=absent), take a last snapshot, named after the group and when it was created.
    type: bool
    default: true
  state:
    description: Whether the things in the sections exist.
    type: str
    choices: [present, absent]
    default: present
notes:
  - A change of a group that AWS is busy with waits until it is ready, for at most O(wait_timeout) seconds, also with
    O(wait=false). So does each but the last of several changes that AWS takes only one by one.
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
  - monay.platform.platform.wait
"""

EXAMPLES = r"""
- name: Start a small cache and go on
  monay.platform.elasticache_replication_group:
    region: eu-west-1
    name: monay-dev-redis
    vpc: monay-dev
    subnet_group:
      name: monay-dev-redis
      subnets: [monay-dev-data-a, monay-dev-data-b]
    parameter_group:
      name: monay-dev-redis
      family: redis7
      parameters:
        maxmemory-policy: allkeys-lru
    replication_group:
      engine_version: "7.1"
      node_type: cache.t3.small
      security_groups: [monay-dev-redis]
      kms_key: alias/monay-dev-data
      auth_token_secret: monay/dev/redis-auth
    wait: false

- name: Delete it, and take a last snapshot
  monay.platform.elasticache_replication_group:
    region: eu-west-1
    name: monay-dev-redis
    state: absent
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: replication group, name: monay-dev-redis, fields: []}]
pending:
  description:
    - Names of slow resources that are not ready, or that the task has changed without waiting for them.
      M(monay.platform.wait_for) need not be asked where there are none.
  returned: always
  type: list
  elements: str
  sample: []
resources:
  description: Each thing that exists at the end, by kind and name.
  returned: always
  type: dict
  sample:
    replication group:
      monay-dev-redis:
        id: arn:aws:elasticache:eu-west-1:111111111111:replicationgroup:monay-dev-redis
        status: available
        endpoint: master.monay-dev-redis.abc.euw1.cache.amazonaws.com
        port: 6379
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.elasticache_assembly import Assembly
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, WAIT_SPEC, PlatformModule

SUBNET_GROUP_SPEC = dict(
    name=dict(type="str", required=True),
    description=dict(type="str"),
    subnets=dict(type="list", elements="str", required=True),
)
PARAMETER_GROUP_SPEC = dict(
    name=dict(type="str", required=True),
    family=dict(type="str", required=True),
    description=dict(type="str"),
    parameters=dict(type="dict"),
)
REPLICATION_GROUP_SPEC = dict(
    description=dict(type="str"),
    engine=dict(type="str", choices=["redis", "valkey"], default="redis"),
    engine_version=dict(type="str", required=True),
    node_type=dict(type="str", required=True),
    nodes=dict(type="int"),
    automatic_failover=dict(type="bool"),
    multi_az=dict(type="bool"),
    kms_key=dict(type="str", no_log=False),
    auth_token_secret=dict(type="str", no_log=False),
    port=dict(type="int"),
    subnet_group=dict(type="str"),
    parameter_group=dict(type="str"),
    security_groups=dict(type="list", elements="str", required=True),
    snapshot_retention_days=dict(type="int"),
    snapshot_window=dict(type="str"),
    maintenance_window=dict(type="str"),
    auto_minor_version_upgrade=dict(type="bool"),
    logs=dict(type="dict"),
    notification_topic=dict(type="str"),
    tags=dict(type="dict"),
)
ARGUMENT_SPEC: dict[str, t.Any] = dict(
    name=dict(type="str", required=True),
    vpc=dict(type="str"),
    subnet_group=dict(type="dict", options=SUBNET_GROUP_SPEC),
    parameter_group=dict(type="dict", options=PARAMETER_GROUP_SPEC),
    replication_group=dict(type="dict", options=REPLICATION_GROUP_SPEC),
    auth_token_update=dict(type="str", choices=["keep", "rotate", "set"], default="keep", no_log=False),
    apply_immediately=dict(type="bool", default=True),
    allow_major_version_upgrade=dict(type="bool", default=False),
    final_snapshot=dict(type="bool", default=True),
    state=dict(type="str", choices=["present", "absent"], default="present"),
    **TAGS_SPEC,
    **WAIT_SPEC,
)


def work(module: PlatformModule) -> t.NoReturn:
    assembly = Assembly(module)
    requests = assembly.removal() if module.params["state"] == "absent" else assembly.requests()
    module.reconcile(*requests, wait=module.wait_seconds)


def main() -> None:
    PlatformModule(argument_spec=ARGUMENT_SPEC).run(work)


if __name__ == "__main__":
    main()
