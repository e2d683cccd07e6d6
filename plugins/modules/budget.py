#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: budget
short_description: Manage budgets of AWS Budgets and their alerts
version_added: 0.1.0
description:
  - Creates, updates and deletes monthly cost budgets of the account, with alerts on what was spent and on what will
    have been spent by the end of the month.
  - Budgets are global. The region of the task has no meaning for them.
  - A budget that counts by a tag sees nothing until that tag is activated as a cost allocation tag in the Billing
    console, by the management account where there is an organization. This module does not do that.
  - The caller needs C(budgets:ViewBudget), C(budgets:ModifyBudget) and C(budgets:ListTagsForResource), and for tags
    C(budgets:TagResource) and C(budgets:UntagResource).
author: Monay platform engineers (@monay)
options:
  budgets:
    description: The budgets.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the budget, unique in the account.
        type: str
        required: true
      limit:
        description:
          - Dollars a month.
          - Needed unless O(state=absent).
        type: float
      cost_tag:
        description:
          - One tag, key and value, of the resources that count. Empty for all of the account.
        type: dict
        default: {}
      alerts:
        description:
          - When somebody is told. Other alerts of the budget are deleted.
          - An alert that is to tell others is made anew; one that told this month already tells again.
        type: list
        elements: dict
        default: []
        suboptions:
          type:
            description: V(actual) for what was spent, V(forecasted) for what AWS expects by the end of the month.
            type: str
            choices: [actual, forecasted]
            default: actual
          threshold:
            description: Per cent of the limit beyond which the alert tells.
            type: float
            required: true
      topic_arn:
        description:
          - SNS topic that is told. Its policy has to let C(budgets.amazonaws.com) publish, and the policy of its key
            has to let it encrypt.
        type: str
        default: ""
      emails:
        description: Mail addresses that are told.
        type: list
        elements: str
        default: []
      tags:
        description: Tags of this budget.
        type: dict
  state:
    description: Whether the budgets exist.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
"""

EXAMPLES = r"""
- name: Tell when dev costs more than it may
  monay.platform.budget:
    region: us-east-1
    budgets:
      - name: monay-dev
        limit: 355
        cost_tag: {Environment: dev}
        alerts:
          - {type: actual, threshold: 80}
          - {type: forecasted, threshold: 100}
        emails: [platform@monay.example]
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: budget, name: monay-dev, fields: []}]
resources:
  description: >-
    Each budget that exists at the end. Those that existed before have what AWS says was spent, and will be, in dollars
    and up to a day old.
  returned: always
  type: dict
  sample:
    budget:
      monay-dev:
        id: "arn:aws:budgets::111111111111:budget/monay-dev"
        arn: "arn:aws:budgets::111111111111:budget/monay-dev"
        actual_spend: "101.25"
        forecasted_spend: "240.1"
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.account import caller_identity
from ansible_collections.monay.platform.plugins.module_utils.aws.budgets import BUDGETS_REGION, Budgets
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.core.budget import wanted_budget

ALERT_SPEC = dict(
    type=dict(type="str", choices=["actual", "forecasted"], default="actual"),
    threshold=dict(type="float", required=True),
)
BUDGET_SPEC = dict(
    name=dict(type="str", required=True),
    limit=dict(type="float"),
    cost_tag=dict(type="dict", default={}),
    alerts=dict(type="list", elements="dict", default=[], options=ALERT_SPEC),
    topic_arn=dict(type="str", default=""),
    emails=dict(type="list", elements="str", default=[]),
    tags=dict(type="dict"),
)


def work(module: PlatformModule) -> t.NoReturn:
    account, _arn = caller_identity(module.api("sts", BUDGETS_REGION))
    kind = Budgets(module.api("budgets", BUDGETS_REGION), account)
    module.reconcile(module.listed(kind, "budgets", wanted_budget))


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            budgets=dict(type="list", elements="dict", required=True, options=BUDGET_SPEC),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
        )
    ).run(work)


if __name__ == "__main__":
    main()
