#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_report
short_description: Estimate what an environment costs, from its inventory
version_added: 0.2.0
description:
  - Works out what all components of the inventory would use in a month, line by line, and what that costs. The
    variables are those that the roles would get, so that C(-e) counts too.
  - Compares the estimate with a budget, and says what a change of variables would cost.
  - Needs no connection, no AWS and no credentials. What has no price is unknown, which is not 0.
  - How much is used is assumed by the variables C(cost_usage_...) of role C(cost), which hosts may set for themselves.
author: Monay platform engineers (@monay)
options:
  environment:
    description: What the report is about, as in C(monay-dev). Names the files in O(directory).
    type: str
    required: true
  budget:
    description: Dollars a month by service. docs/cost.md lists the services. Empty for no budget.
    type: dict
    default: {}
  budget_tolerance:
    description: Per cent by which a service may differ from its budget and still be as budgeted.
    type: float
    default: 10
  gate:
    description: Fail where more is expected than the budget, or where a line without a price leaves that open.
    type: bool
    default: false
  directory:
    description: Folder on the controller that gets the report as JSON, Markdown and HTML. Empty for none.
    type: str
    default: ""
  propose:
    description: Where more is expected than the budget, say what to change so that it is kept, with the least risk.
    type: bool
    default: false
  proposal_risks:
    description:
      - What a step of each change weighs, by the names that docs/cost.md lists. What is not named, or null, is never
        proposed.
    type: dict
    default: {}
  actuals:
    description: What was spent, as M(monay.platform.cost_actuals_info) returns it, to be shown beside the estimate.
    type: dict
    default: {}
  usage:
    description:
      - How much of their sizes components use, as M(monay.platform.rightsizing_info) returns it, with C(days). The
        report then says what sizes should be. RV(targets) is what it takes to ask.
    type: dict
    default: {}
  what_if:
    description: Variables that are changed for all hosts, as C(-e) would. The report is about the changed environment.
    type: dict
    default: {}
  before:
    description: The JSON of an earlier report to compare with. Excludes O(what_if).
    type: str
    default: ""
  prices_directory:
    description: Folder with the prices, one JSON file for each region. Empty for what comes with the collection.
    type: str
    default: ""
  prices_stale_days:
    description: Days after which a price gives a warning.
    type: int
    default: 180
  prices_given:
    description: Prices by key, or by region/key, that go over those of the files.
    type: dict
    default: {}
  prices_regions:
    description: Regions that are estimated with the prices of another.
    type: dict
    default: {}
  prices_multi_az_factor:
    description:
      - A Multi-AZ database whose price no file has, in Single-AZ ones. V(0) leaves its cost unknown.
      - Where both prices are known, they are within 2% of twice.
    type: float
    default: 2
  prices_spot_discount:
    description: Per cent that Fargate Spot is cheaper than on demand. V(0) leaves its cost unknown.
    type: float
    default: 0
  free_tier:
    description: Take off what every account gets for nothing.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: Writes no file.
  diff_mode:
    support: none
    description: Changes nothing but its own reports.
seealso:
  - module: monay.platform.cost_actuals_info
    description: What was spent.
  - module: monay.platform.stack_info
    description: What stands.
"""

EXAMPLES = r"""
- name: Say what the environment costs, and fail where that is over the budget
  monay.platform.cost_report:
    environment: monay-dev
    budget:
      fargate: 200
      rds: 50
    gate: true

- name: Say what another architecture would save
  monay.platform.cost_report:
    environment: monay-dev
    what_if:
      service_architecture: ARM64
    directory: reports
"""

RETURN = r"""
verdict:
  description: Whether the budget is kept, V(no_budget), V(within), V(over) or V(unknown).
  returned: success
  type: str
  sample: within
summary:
  description: The report as a text.
  returned: always
  type: str
  sample: $238.14 a month are expected
files:
  description: The files of the report.
  returned: always
  type: list
  elements: str
  sample: [reports/cost-monay-dev.json]
targets:
  description: What M(monay.platform.rightsizing_info) is to look at, by its options.
  returned: success
  type: dict
  sample: {services: [], databases: [{name: monay-postgres, identifier: monay-dev-postgres}], caches: []}
report:
  description: The report as data, dollars as numbers.
  returned: always
  type: dict
  contains:
    total:
      description: Minimum, expected and maximum; fixed and usage; what is assumed; how many lines have no price.
      type: dict
      returned: always
      sample: {minimum: 238.14, expected: 238.14, maximum: 247.34, fixed: 215.65, usage: 22.49, unknown: 0}
    services:
      description: The same by service. Likewise C(applications) and C(components).
      type: list
      elements: dict
      returned: always
    budget:
      description: The verdict, a message, and each service beside its budget.
      type: dict
      returned: always
    change:
      description: The difference, line by line, where O(what_if) or O(before) is given.
      type: dict
      returned: always
    proposal:
      description:
        - How the budget can be kept, where O(propose) is set and it is not. V(met) says whether that is possible; each
          step has its variables by host, what it saves after those before it, its risk, and what it takes.
      type: dict
      returned: always
    actuals:
      description: What was spent, where O(actuals) is given.
      type: dict
      returned: always
    rightsizing:
      description: What sizes should be, where O(usage) is given.
      type: dict
      returned: always
    rollouts:
      description: What one rollout of each service costs.
      type: list
      elements: dict
      returned: always
    prices:
      description: Keys of prices that are old.
      type: dict
      returned: always
    lines:
      description: Each line with quantity, price, source, assumption and cost, which is null where it is unknown.
      type: list
      elements: dict
      returned: always
"""
