# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: alarm_plan
author: Monay platform engineers (@monay)
version_added: 0.2.0
short_description: List the alarms of a component at a monitoring level
description:
  - Every level has the alarms of the one below it. Alarms of higher levels are listed as absent.
  - An application's alarms tell nobody by themselves; its composite alarm does.
positional: _input, kind, level, region, topic, limits
options:
  _input:
    description: What there is to know of the component; the role C(alarms) fills it in.
    type: dict
    required: true
  kind:
    description: What it is.
    type: str
    choices: [service, static_site, load_balancer, database, cache, domain, network]
    required: true
  level:
    description: Monitoring level.
    type: str
    choices: [basic, enhanced, full]
    required: true
  region:
    description: Region of the platform. What CloudFront measures is watched in us-east-1.
    type: str
    required: true
  topic:
    description: Name of the SNS topic that is told. Empty for nobody.
    type: str
    default: ""
  limits:
    description: Thresholds that differ from the default ones.
    type: dict
    default: {}
"""

EXAMPLES = r"""
plan: "{{ {'name': 'monay-dev-redis', 'nodes': 1}
  | monay.platform.alarm_plan('cache', 'basic', 'eu-west-1', 'monay-dev-alarms') }}"
"""

RETURN = r"""
_value:
  description: One entry for each region, with the options of M(monay.platform.cloudwatch_alarm#module).
  type: list
  elements: dict
  sample:
    - region: eu-west-1
      alarms: [{name: monay-dev-redis-memory}]
      composite_alarms: []
      absent: [monay-dev-redis-hit-rate]
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.monay.platform.plugins.plugin_utils.core_filter import core_filter


class FilterModule:
    """C(monay.platform.alarm_plan)."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"alarm_plan": core_filter("alarms", "alarm_plan")}
