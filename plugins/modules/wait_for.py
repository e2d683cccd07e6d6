#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: wait_for
short_description: Wait for all slow resources of an environment together
version_added: 0.1.0
description:
  - Waits until every NAT gateway, database instance, Redis replication group, load balancer and CloudFront distribution
    whose name begins with O(prefix) is ready, or gone, and shows on the screen what it is waiting for.
  - Ends at once when one of them can no longer become ready, naming it and its status.
  - In check mode it does not wait.
author: Monay platform engineers (@monay)
options:
  prefix:
    description: Beginning of the resources' names. A hyphen at its end may be missing from a name.
    type: str
    required: true
  types:
    description: What to wait for.
    type: list
    elements: str
    choices: [cloudfront_distribution, load_balancer, nat_gateway, rds_instance, replication_group]
    required: true
  goal:
    description: Wait until the resources are ready, or until they are gone.
    type: str
    choices: [ready, gone]
    default: ready
  timeout:
    description: Seconds to wait before the task fails. That stops and undoes nothing; run again to go on waiting.
    type: int
    default: 5400
attributes:
  check_mode:
    support: full
    description: Does not wait.
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
- name: Wait for the database and Redis
  monay.platform.wait_for:
    region: eu-west-1
    prefix: monay-dev-
    types: [rds_instance, replication_group]
"""

RETURN = r"""
statuses:
  description: The resources and their statuses at the end.
  returned: always
  type: list
  elements: dict
  sample: [{type: rds_instance, name: monay-dev-postgres, status: available, verdict: ready}]
waited:
  description: Seconds that were waited.
  returned: always
  type: int
  sample: 312
"""

import typing as t
from dataclasses import asdict

from ansible_collections.monay.platform.plugins.module_utils.aws.module import PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.slow import SORTS, statuses

ARGUMENT_SPEC: dict[str, t.Any] = dict(
    prefix=dict(type="str", required=True),
    types=dict(type="list", elements="str", choices=sorted(SORTS), required=True),
    goal=dict(type="str", choices=["ready", "gone"], default="ready"),
    timeout=dict(type="int", default=5400),
)


def work(module: PlatformModule) -> t.NoReturn:
    """Look once. The action plugin of the same name looks again and again, and shows what it sees."""
    types = module.params["types"]
    apis = {service: module.api(service) for service in {SORTS[each].service for each in types}}
    found = statuses(apis, types, module.params["prefix"])
    module.exit_json(changed=False, statuses=[asdict(status) for status in found])


def main() -> None:
    PlatformModule(argument_spec=ARGUMENT_SPEC).run(work)


if __name__ == "__main__":
    main()
