#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_instance
short_description: Manage a PostgreSQL instance of RDS with its groups, replicas and replicated backups
version_added: 0.1.0
description:
  - Creates, changes and deletes one PostgreSQL instance and what belongs to it. Each section is optional; what is not
    said is left alone.
  - The storage is always encrypted, and the master password is made, kept and rotated by RDS in a secret of AWS Secrets
    Manager; this module never sees it. RV(ignore:resources) names the secret.
  - Storage that AWS has grown, and an engine that AWS has upgraded to a newer minor version, are left as they are.
author: Monay platform engineers (@monay)
options:
  name:
    description: Name of the instance.
    type: str
    required: true
  vpc:
    description: Name (tag) of the VPC in which subnets and security groups are looked for by their names.
    type: str
  part:
    description:
      - What to manage of the sections that are given.
      - V(start) are the groups and the instance, V(complete) are the replicas and the replicated backups, which wait
        for a running instance. V(all) is both.
      - With O(state=absent), V(complete) deletes the replicas and stops the replication; the others delete those too,
        because a replica would live on without its source.
    type: str
    choices: [all, start, complete]
    default: all
  subnet_group:
    description: The DB subnet group.
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
        description: Names of subnets, in at least two availability zones.
        type: list
        elements: str
        required: true
  parameter_group:
    description: The DB parameter group.
    type: dict
    suboptions:
      name:
        description: Name of the group.
        type: str
        required: true
      family:
        description: Family of the engine, such as V(postgres16).
        type: str
        required: true
      description:
        description: Description of the group. It cannot be changed.
        type: str
      parameters:
        description:
          - All parameters that differ from the engine's defaults. One that is not mentioned gets its default back.
          - Dynamic parameters are set at once, static ones when the instance is rebooted.
        type: dict
  instance:
    description: The instance.
    type: dict
    suboptions:
      engine_version:
        description: Version of PostgreSQL, V(16) for any minor version of it. An instance is never downgraded.
        type: str
        required: true
      instance_class:
        description: Class of the instance, such as V(db.t3.medium).
        type: str
        required: true
      allocated_storage:
        description: Size of the storage in GiB. It never shrinks.
        type: int
        required: true
      max_allocated_storage:
        description: Size in GiB up to which AWS lets the storage grow. V(0) keeps it from growing.
        type: int
      storage_type:
        description: Type of the storage.
        type: str
        choices: [gp2, gp3, io1, io2]
        default: gp3
      iops:
        description: Provisioned IOPS. With V(gp3), only from 400 GiB.
        type: int
      storage_throughput:
        description: Throughput of V(gp3) storage in MiB/s, only from 400 GiB.
        type: int
      kms_key:
        description: Alias of the KMS key that encrypts storage and snapshots. AWS's own key if it is not said.
        type: str
      master_secret_kms_key:
        description: Alias of the KMS key that encrypts the secret with the master password.
        type: str
      database_name:
        description: Name of the first database.
        type: str
        required: true
      master_username:
        description: Name of the master user.
        type: str
        required: true
      multi_az:
        description: Keep a standby in another availability zone.
        type: bool
      port:
        description: TCP port of the database.
        type: int
      subnet_group:
        description: Name of the DB subnet group. That of the section O(subnet_group) if it is not said.
        type: str
      parameter_group:
        description: Name of the DB parameter group. That of the section O(parameter_group) if it is not said.
        type: str
      security_groups:
        description: Names of security groups.
        type: list
        elements: str
        required: true
      publicly_accessible:
        description: Give the instance a public address.
        type: bool
        default: false
      iam_authentication:
        description: Let database users log in with IAM.
        type: bool
      ca_certificate:
        description: Certificate authority of the server's certificate.
        type: str
      monitoring_interval:
        description: Seconds between the metrics of Enhanced Monitoring. V(0) turns it off.
        type: int
        choices: [0, 1, 5, 10, 15, 30, 60]
      monitoring_role:
        description: Name of the IAM role that writes those metrics.
        type: str
      performance_insights:
        description: Collect Performance Insights.
        type: bool
      performance_insights_retention_days:
        description: Days to keep them, V(7), V(731) or a multiple of 31.
        type: int
      performance_insights_kms_key:
        description: Alias of the KMS key that encrypts them.
        type: str
      database_insights_mode:
        description: Mode of CloudWatch Database Insights. V(advanced) wants 465 days or more of Performance Insights.
        type: str
        choices: [standard, advanced]
      backup_retention_days:
        description: Days to keep automated backups. V(0) turns them off.
        type: int
      backup_window:
        description: When backups begin, in UTC, such as V(03:00-04:00).
        type: str
      maintenance_window:
        description: When maintenance takes place, in UTC, such as V(sun:05:00-sun:06:00).
        type: str
      copy_tags_to_snapshot:
        description: Give snapshots the tags of the instance.
        type: bool
      deletion_protection:
        description: Refuse to delete the instance.
        type: bool
      auto_minor_version_upgrade:
        description: Let AWS upgrade to newer minor versions in the maintenance window.
        type: bool
      log_exports:
        description: Logs to send to CloudWatch.
        type: list
        elements: str
        choices: [postgresql, upgrade, iam-db-auth-error]
      tags:
        description: Tags of the instance.
        type: dict
  replicas:
    description:
      - All read replicas of the instance in this region, which take their other settings from O(instance).
      - A replica that is not mentioned is deleted if it has the same tag C(ManagedBy) as this task gives.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the replica.
        type: str
        required: true
      instance_class:
        description: Class of the replica. That of the instance if it is not said.
        type: str
      availability_zone:
        description: Availability zone of the replica. AWS chooses if it is not said.
        type: str
      multi_az:
        description: Keep a standby of the replica.
        type: bool
        default: false
      tags:
        description: Tags of this replica.
        type: dict
  backup_replication:
    description: Replication of the automated backups to another region.
    type: dict
    suboptions:
      region:
        description: The region that receives the backups. An empty string stops every replication.
        type: str
        required: true
      retention_days:
        description: Days to keep the backups there.
        type: int
        default: 7
      kms_key:
        description: Alias of the KMS key of that region that encrypts them. Required for an encrypted instance.
        type: str
  apply_immediately:
    description:
      - Change the instance at once, also by what others left for the maintenance window. Some changes restart it.
      - V(false) leaves such changes to the maintenance window; until then they count as made.
    type: bool
    default: true
  allow_major_version_upgrade:
    description: Allow O(instance.engine_version) to be a new major version.
    type: bool
    default: false
  final_snapshot:
    description:
      - With O(state=absent), take a last snapshot, named after the instance and its resource id, and keep the automated
        backups for their retention.
    type: bool
    default: true
  force_unprotect:
    description: With O(state=absent), delete an instance although it is protected from deletion.
    type: bool
    default: false
  state:
    description: Whether the things in the sections exist.
    type: str
    choices: [present, absent]
    default: present
notes:
  - A change of an instance that AWS is busy with waits until it is ready, for at most O(wait_timeout) seconds, also
    with O(wait=false).
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
  - monay.platform.platform.wait
"""

EXAMPLES = r"""
- name: Start a small instance and go on
  monay.platform.rds_instance:
    region: eu-west-1
    name: monay-dev-postgres
    vpc: monay-dev
    subnet_group:
      name: monay-dev-postgres
      subnets: [monay-dev-data-a, monay-dev-data-b]
    parameter_group:
      name: monay-dev-postgres
      family: postgres16
      parameters:
        rds.force_ssl: 1
    instance:
      engine_version: "16"
      instance_class: db.t3.medium
      allocated_storage: 20
      max_allocated_storage: 100
      database_name: monay
      master_username: monay
      security_groups: [monay-dev-postgres]
      kms_key: alias/monay-dev-data
    wait: false

- name: Delete it with everything, and take a last snapshot
  monay.platform.rds_instance:
    region: eu-west-1
    name: monay-dev-postgres
    state: absent
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: RDS instance, name: monay-dev-postgres, fields: []}]
pending:
  description:
    - Names of slow resources that are not ready, or that the task has changed without waiting for them.
      M(monay.platform.wait_for) need not be asked where there are none.
  returned: always
  type: list
  elements: str
  sample: []
resources:
  description: Each thing that exists at the end, by kind and name. The secret with the master password is named only.
  returned: always
  type: dict
  sample:
    RDS instance:
      monay-dev-postgres:
        id: arn:aws:rds:eu-west-1:111111111111:db:monay-dev-postgres
        status: available
        endpoint: monay-dev-postgres.abc.eu-west-1.rds.amazonaws.com
        port: 5432
        master_secret_arn: arn:aws:secretsmanager:eu-west-1:111111111111:secret:rds!db-1
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, WAIT_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.rds_assembly import Assembly

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
INSTANCE_SPEC = dict(
    engine_version=dict(type="str", required=True),
    instance_class=dict(type="str", required=True),
    allocated_storage=dict(type="int", required=True),
    max_allocated_storage=dict(type="int"),
    storage_type=dict(type="str", choices=["gp2", "gp3", "io1", "io2"], default="gp3"),
    iops=dict(type="int"),
    storage_throughput=dict(type="int"),
    kms_key=dict(type="str", no_log=False),
    master_secret_kms_key=dict(type="str", no_log=False),
    database_name=dict(type="str", required=True),
    master_username=dict(type="str", required=True),
    multi_az=dict(type="bool"),
    port=dict(type="int"),
    subnet_group=dict(type="str"),
    parameter_group=dict(type="str"),
    security_groups=dict(type="list", elements="str", required=True),
    publicly_accessible=dict(type="bool", default=False),
    iam_authentication=dict(type="bool"),
    ca_certificate=dict(type="str"),
    monitoring_interval=dict(type="int", choices=[0, 1, 5, 10, 15, 30, 60]),
    monitoring_role=dict(type="str"),
    performance_insights=dict(type="bool"),
    performance_insights_retention_days=dict(type="int"),
    performance_insights_kms_key=dict(type="str", no_log=False),
    database_insights_mode=dict(type="str", choices=["standard", "advanced"]),
    backup_retention_days=dict(type="int"),
    backup_window=dict(type="str"),
    maintenance_window=dict(type="str"),
    copy_tags_to_snapshot=dict(type="bool"),
    deletion_protection=dict(type="bool"),
    auto_minor_version_upgrade=dict(type="bool"),
    log_exports=dict(type="list", elements="str", choices=["postgresql", "upgrade", "iam-db-auth-error"]),
    tags=dict(type="dict"),
)
REPLICA_SPEC = dict(
    name=dict(type="str", required=True),
    instance_class=dict(type="str"),
    availability_zone=dict(type="str"),
    multi_az=dict(type="bool", default=False),
    tags=dict(type="dict"),
)
BACKUP_REPLICATION_SPEC = dict(
    region=dict(type="str", required=True),
    retention_days=dict(type="int", default=7),
    kms_key=dict(type="str", no_log=False),
)
ARGUMENT_SPEC: dict[str, t.Any] = dict(
    name=dict(type="str", required=True),
    vpc=dict(type="str"),
    part=dict(type="str", choices=["all", "start", "complete"], default="all"),
    subnet_group=dict(type="dict", options=SUBNET_GROUP_SPEC),
    parameter_group=dict(type="dict", options=PARAMETER_GROUP_SPEC),
    instance=dict(type="dict", options=INSTANCE_SPEC),
    replicas=dict(type="list", elements="dict", options=REPLICA_SPEC),
    backup_replication=dict(type="dict", options=BACKUP_REPLICATION_SPEC),
    apply_immediately=dict(type="bool", default=True),
    allow_major_version_upgrade=dict(type="bool", default=False),
    final_snapshot=dict(type="bool", default=True),
    force_unprotect=dict(type="bool", default=False),
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
