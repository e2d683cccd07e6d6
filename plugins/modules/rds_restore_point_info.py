#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_restore_point_info
short_description: The moment to which an RDS instance can be restored, before something is done that cannot be undone
version_added: 0.1.0
description:
  - Names the present moment as the one to which the instance can be restored, and says how, so that whoever runs a
    destructive step knows the way back.
  - Fails where the instance has no automated backups, or none that has come far enough.
  - RDS restores into a new instance, to any second of the retention period up to about five minutes ago. So the present
    moment can be restored to a few minutes from now, as long as the backups are kept.
author: Monay platform engineers (@monay)
options:
  name:
    description: Name of the instance.
    type: str
    required: true
attributes:
  check_mode:
    support: full
    description: Reads only.
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
- name: Find the moment to which the database can be restored
  monay.platform.rds_restore_point_info:
    region: eu-west-1
    name: monay-dev-postgres
  register: point
"""

RETURN = r"""
time:
  description: The moment, in UTC.
  returned: success
  type: str
  sample: "2026-11-27T06:00:00Z"
latest_restorable_time:
  description: To which moment RDS could restore it just now.
  returned: success
  type: str
  sample: "2026-11-27T05:56:12Z"
retention_days:
  description: For how many days the moment stays within reach.
  returned: success
  type: int
  sample: 7
restore:
  description: How to restore, in a sentence.
  returned: success
  type: str
  sample: "Until 7 days from now, RestoreDBInstanceToPointInTime makes monay-dev-postgres as it was at
    2026-11-27T06:00:00Z, in a new instance"
"""

import datetime as dt
import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.module import PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused

GONE = {"DBInstanceNotFound", "DBInstanceNotFoundFault"}


def described(module: PlatformModule) -> dict[str, t.Any]:
    """RDS's description of the instance. Raises PlanRefused where there is none, or none that can be restored."""
    name = module.params["name"]
    answer = module.api("rds").read(
        "describe_db_instances", f"find RDS instance {name}", GONE, DBInstanceIdentifier=name
    )
    if answer is None:
        raise PlanRefused(f"RDS instance {name} does not exist; create it first (role database), or correct its name")
    instance: dict[str, t.Any] = answer["DBInstances"][0]
    if not instance.get("BackupRetentionPeriod") or not instance.get("LatestRestorableTime"):
        raise PlanRefused(
            f"RDS instance {name} cannot be restored to a moment: it has no automated backups, or its first one is not"
            " done. Set database_backup_retention_days, and wait for the first backup, before you run a step that"
            " cannot be undone"
        )
    return instance


def work(module: PlatformModule) -> t.NoReturn:
    instance = described(module)
    now, days = stamp(dt.datetime.now(dt.UTC)), instance["BackupRetentionPeriod"]
    module.exit_json(
        changed=False,
        time=now,
        latest_restorable_time=stamp(instance["LatestRestorableTime"]),
        retention_days=days,
        restore=f"Until {days} days from now, RestoreDBInstanceToPointInTime makes {module.params['name']} as it was at"
        f" {now}, in a new instance",
    )


def stamp(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def main() -> None:
    PlatformModule(argument_spec=dict(name=dict(type="str", required=True))).run(work)


if __name__ == "__main__":
    main()
