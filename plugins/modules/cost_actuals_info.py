#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_actuals_info
short_description: Say what an environment costs, from Cost Explorer
version_added: 0.2.0
description:
  - Reads from Cost Explorer what was spent this month and in the months before, by service and by component; what the
    whole account spent, and what of it has no tag; what will have been spent by the end of the month; and what was
    unusual.
  - Costs are unblended, without credits, refunds and taxes. AWS is up to a day late with them.
  - A tag counts from when it is activated as a cost allocation tag in the Billing console, by the management account
    where there is an organization. This module does not do that. Without it, nothing is found.
  - AWS documents no forecasts by tags, and makes none for young accounts. Where it refuses one, the end of the month is
    reckoned from the last complete days.
  - B(Each page of an answer costs 0.01 dollars), six requests or more for each run; RV(actuals.requests) says how many.
  - The caller needs C(ce:GetCostAndUsage), C(ce:GetCostForecast) and C(ce:GetAnomalies). Cost Explorer is global. The
    region of the task has no meaning for it.
author: Monay platform engineers (@monay)
options:
  cost_tag:
    description: The tag, key and value, of what belongs to the environment.
    type: dict
    required: true
  component_tag:
    description: Key of the tag that names the component.
    type: str
    default: Component
  months:
    description: Whole months before this one, 13 at most.
    type: int
    default: 1
  anomalies:
    description:
      - Read the anomalies that AWS found in the account. There are none without a monitor of Cost Anomaly Detection.
    type: bool
    default: true
extends_documentation_fragment:
  - monay.platform.platform
"""

EXAMPLES = r"""
- name: What does dev cost?
  monay.platform.cost_actuals_info:
    region: us-east-1
    cost_tag: {Environment: dev}
  register: cost
"""

RETURN = r"""
actuals:
  description: What was found, dollars as numbers.
  returned: always
  type: dict
  contains:
    month:
      description: The month that is looked at.
      type: str
      returned: always
      sample: 2026-11
    spent:
      description: Of it so far.
      type: float
      returned: always
      sample: 201.5
    expected:
      description: At its end. Null where nobody can say.
      type: float
      returned: always
      sample: 241.8
    expected_by:
      description: V(forecast) of AWS, V(run_rate) of the last seven complete days, or empty.
      type: str
      returned: always
      sample: run_rate
    no_forecast:
      description: Why AWS made no forecast.
      type: str
      returned: always
      sample: ""
    months:
      description: What was spent in each month.
      type: list
      elements: dict
      returned: always
      sample: [{month: 2026-10, spent: 240.1}, {month: 2026-11, spent: 201.5}]
    services:
      description:
        - By service, as budgets name them, or as AWS does. At the end of the month each has the share that it has now.
      type: list
      elements: dict
      returned: always
      sample: [{service: rds, spent: 60.5, expected: 72.6, before: 71.2}]
    components:
      description: By component; without a name, what has no such tag.
      type: list
      elements: dict
      returned: always
      sample: [{component: monay-postgres, spent: 60.5}]
    account:
      description: All of the account this month, what of it has no tag, and other environments.
      type: dict
      returned: always
      sample: {spent: 260.1, untagged: 58.6, other_environments: {}}
    unusual:
      description:
        - Of the last three complete days, those on which a service cost more than usual, by the median of the 28 days
          before and their deviations.
      type: list
      elements: dict
      returned: always
      sample: [{date: "2026-11-24", service: AmazonCloudWatch, usd: 12.5, usual: 1.1}]
    anomalies:
      description: What AWS's Cost Anomaly Detection found in the account.
      type: list
      elements: dict
      returned: always
      sample: [{start: "2026-11-20", end: "2026-11-21", usd: 31.5, causes: [AmazonCloudWatch in us-east-1]}]
    requests:
      description: Requests that were made, and in C(requests_usd) what AWS takes for them.
      type: int
      returned: always
      sample: 6
"""

import datetime as dt
import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.api import AwsError
from ansible_collections.monay.platform.plugins.module_utils.aws.cost_explorer import (
    COST_EXPLORER_REGION,
    CostExplorer,
    denied,
)
from ansible_collections.monay.platform.plugins.module_utils.aws.module import PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.core.cost_actuals import actuals
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused

ARGUMENT_SPEC: dict[str, t.Any] = dict(
    cost_tag=dict(type="dict", required=True),
    component_tag=dict(type="str", default="Component"),
    months=dict(type="int", default=1),
    anomalies=dict(type="bool", default=True),
)
MOST_MONTHS = 13


def work(module: PlatformModule) -> t.NoReturn:
    params = module.params
    tag, months = params["cost_tag"], params["months"]
    if len(tag) != 1:
        raise PlanRefused(f"cost_tag has to be one tag, got {len(tag)}")
    if not 0 <= months <= MOST_MONTHS:
        raise PlanRefused(f"months must be from 0 to {MOST_MONTHS}, which is how long AWS keeps costs, got {months}")
    explorer = CostExplorer(module.api("ce", COST_EXPLORER_REGION), dt.datetime.now(tz=dt.UTC).date())
    try:
        answers = explorer.answers(tag, params["component_tag"], months, params["anomalies"])
    except AwsError as error:
        raise AwsError(denied(error), error.code) from error
    (environment,) = tag.values()
    module.exit_json(changed=False, actuals=actuals(answers, explorer.month, environment))


def main() -> None:
    PlatformModule(argument_spec=ARGUMENT_SPEC).run(work)


if __name__ == "__main__":
    main()
