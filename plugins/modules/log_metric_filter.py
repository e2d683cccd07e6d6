#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: log_metric_filter
short_description: Count what is written into CloudWatch log groups
version_added: 0.1.0
description:
  - Creates, updates and deletes metric filters, which make a metric of the lines of a log group that match a pattern.
author: Monay platform engineers (@monay)
options:
  filters:
    description: The filters. What is left out has AWS's default.
    type: list
    elements: dict
    required: true
    suboptions:
      log_group:
        description: Name of the log group. A filter of a group that does not exist cannot be made.
        type: str
        required: true
      name:
        description: Name of the filter within its group.
        type: str
        required: true
      pattern:
        description: What matches, as in V({ $.level = "error" }). An empty string is every line.
        type: str
      namespace:
        description: Namespace of the metric.
        type: str
      metric:
        description: Name of the metric.
        type: str
      value:
        description: What a match counts, or where in it the value is, as in V($.milliseconds).
        type: str
        default: "1"
      default_value:
        description: The value of a minute with lines of which none matches. Without it there is no value then.
        type: float
      unit:
        description: Unit of the metric.
        type: str
        default: None
      dimensions:
        description: Where in a match the values of dimensions are, by name. Not together with a default value.
        type: dict
  state:
    description: Whether the filters exist.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
"""

EXAMPLES = r"""
- name: Count the errors of the admin
  monay.platform.log_metric_filter:
    region: eu-west-1
    filters:
      - log_group: /monay/dev/admin
        name: errors
        pattern: '{ $.level = "error" }'
        namespace: monay/dev
        metric: monay-dev-admin-log-errors
        default_value: 0
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: metric filter, name: errors in /monay/dev/admin, fields: []}]
resources:
  description: Each filter that exists at the end, by kind and name.
  returned: always
  type: dict
  sample: {metric filter: {errors in /monay/dev/admin: {id: errors in /monay/dev/admin}}}
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.log_filters import MetricFilters
from ansible_collections.monay.platform.plugins.module_utils.aws.module import PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Request
from ansible_collections.monay.platform.plugins.module_utils.core.log_filter import key, wanted_metric_filter

FILTER_SPEC = dict(
    log_group=dict(type="str", required=True),
    name=dict(type="str", required=True),
    pattern=dict(type="str"),
    namespace=dict(type="str"),
    metric=dict(type="str"),
    value=dict(type="str", default="1"),
    default_value=dict(type="float"),
    unit=dict(type="str", default="None"),
    dimensions=dict(type="dict"),
)


def work(module: PlatformModule) -> t.NoReturn:
    kind = MetricFilters(module.api("logs"))
    items = {key(item["log_group"], item["name"]): item for item in module.params["filters"]}
    if module.params["state"] == "absent":
        module.reconcile(Request(kind, absent=frozenset(items)))
    module.reconcile(Request(kind, {name: wanted_metric_filter(item) for name, item in items.items()}))


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            filters=dict(type="list", elements="dict", required=True, options=FILTER_SPEC),
            state=dict(type="str", choices=["present", "absent"], default="present"),
        )
    ).run(work)


if __name__ == "__main__":
    main()
