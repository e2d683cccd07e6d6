#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: log_subscription
short_description: Forward CloudWatch log groups
version_added: 0.1.0
description:
  - Creates, updates and deletes subscription filters, which forward what is written into a log group to a Firehose or
    Kinesis stream, or to a Lambda function. AWS allows two a log group.
author: Monay platform engineers (@monay)
options:
  subscriptions:
    description: The subscriptions. What is left out has AWS's default.
    type: list
    elements: dict
    required: true
    suboptions:
      log_group:
        description: Name of the log group.
        type: str
        required: true
      name:
        description: Name of the subscription filter within its group.
        type: str
        required: true
      destination_arn:
        description: ARN of the stream or function. It must exist, and a function must allow CloudWatch Logs to call it.
        type: str
      role:
        description: Name of the IAM role that CloudWatch Logs takes to write into a stream. Functions need none.
        type: str
        default: ""
      pattern:
        description: What is forwarded. An empty string is every line.
        type: str
        default: ""
      distribution:
        description: How lines are spread over a Kinesis stream.
        type: str
        choices: [ByLogStream, Random]
        default: ByLogStream
  state:
    description: Whether the subscriptions exist.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
"""

EXAMPLES = r"""
- name: Forward the logs of the admin to Datadog
  monay.platform.log_subscription:
    region: eu-west-1
    subscriptions:
      - log_group: /monay/dev/admin
        name: datadog
        destination_arn: arn:aws:firehose:eu-west-1:111111111111:deliverystream/datadog
        role: monay-dev-log-forwarding
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: subscription filter, name: datadog in /monay/dev/admin, fields: []}]
resources:
  description: Each subscription that exists at the end, by kind and name.
  returned: always
  type: dict
  sample: {subscription filter: {datadog in /monay/dev/admin: {id: datadog in /monay/dev/admin}}}
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.data_names import role_finder
from ansible_collections.monay.platform.plugins.module_utils.aws.log_filters import SubscriptionFilters
from ansible_collections.monay.platform.plugins.module_utils.aws.module import PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Request
from ansible_collections.monay.platform.plugins.module_utils.core.log_filter import key
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused

SUBSCRIPTION_SPEC = dict(
    log_group=dict(type="str", required=True),
    name=dict(type="str", required=True),
    destination_arn=dict(type="str"),
    role=dict(type="str", default=""),
    pattern=dict(type="str", default=""),
    distribution=dict(type="str", choices=["ByLogStream", "Random"], default="ByLogStream"),
)
FIELDS = ("destination_arn", "role", "pattern", "distribution")


def work(module: PlatformModule) -> t.NoReturn:
    kind = SubscriptionFilters(module.api("logs"), role_finder(lambda: module.api("iam")))
    items = {key(item["log_group"], item["name"]): item for item in module.params["subscriptions"]}
    if module.params["state"] == "absent":
        module.reconcile(Request(kind, absent=frozenset(items)))
    nowhere = sorted(name for name, item in items.items() if not item["destination_arn"])
    if nowhere:
        raise PlanRefused(f"subscription {nowhere[0]} has no destination_arn")
    module.reconcile(Request(kind, {name: {field: item[field] for field in FIELDS} for name, item in items.items()}))


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            subscriptions=dict(type="list", elements="dict", required=True, options=SUBSCRIPTION_SPEC),
            state=dict(type="str", choices=["present", "absent"], default="present"),
        )
    ).run(work)


if __name__ == "__main__":
    main()
