#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: wafv2_web_acl
short_description: Manage a web ACL of AWS WAF with its address sets and logging
version_added: 0.1.0
description:
  - Creates, updates and deletes a web ACL, by name, with sets of allowed and denied addresses, rate limits, managed
    rule groups, and logging to CloudWatch.
  - The rules are complete, and are asked in this order. Denied addresses, allowed ones, rate limits, managed groups.
  - M(monay.platform.wafv2_association) puts it in front of a load balancer; a distribution of CloudFront names it.
author: Monay platform engineers (@monay)
options:
  name:
    description: Name of the web ACL. Its address sets are called C(<name>-allow-ipv4) and so on.
    type: str
    required: true
  scope:
    description: What it is for. V(CLOUDFRONT) lives in the region us-east-1.
    type: str
    choices: [REGIONAL, CLOUDFRONT]
    default: REGIONAL
  description:
    description: What it is for, in words.
    type: str
    default: ""
  default_action:
    description: What happens to requests that no rule decides on.
    type: str
    choices: [allow, block]
    default: allow
  allow_cidrs:
    description: Networks whose requests are let through without asking further rules.
    type: list
    elements: str
    default: []
  deny_cidrs:
    description: Networks whose requests are blocked.
    type: list
    elements: str
    default: []
  rate_limits:
    description: How many requests an address may send.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the rule, and of its metric.
        type: str
        required: true
      limit:
        description: Requests within the window, 10 at least.
        type: int
        required: true
      window:
        description: Seconds.
        type: int
        choices: [60, 120, 300, 600]
        default: 300
      path:
        description: Count requests whose path begins so. Without it, all.
        type: str
      forwarded:
        description: Count by the address in C(X-Forwarded-For), where a proxy stands before.
        type: bool
        default: false
      action:
        description: What happens to the requests beyond.
        type: str
        choices: [block, count, captcha, challenge]
        default: block
  managed_rule_groups:
    description: Groups of rules that AWS or a vendor keeps.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the group, as in V(AWSManagedRulesCommonRuleSet). Also the name of the rule and its metric.
        type: str
        required: true
      vendor:
        description: Who keeps it.
        type: str
        default: AWS
      version:
        description: Version of the group. Without it, the vendor's default.
        type: str
      count:
        description: Count what it finds, instead of doing what its rules say.
        type: bool
        default: false
      overrides:
        description: Other actions for single rules of the group, by name of the rule, C(count) for one.
        type: dict
        default: {}
  metrics:
    description: Count in CloudWatch.
    type: bool
    default: true
  sampled_requests:
    description: Keep samples of requests for the console.
    type: bool
    default: true
  logging:
    description: Log requests. Without it, they are not.
    type: dict
    suboptions:
      log_group:
        description: Name of a log group in the web ACL's region. AWS wants it to begin with C(aws-waf-logs-).
        type: str
        required: true
      redact_headers:
        description: Headers whose values are left out.
        type: list
        elements: str
        default: [authorization, cookie]
      requests:
        description: Which requests are logged, V(all) or those that were V(blocked) or counted.
        type: str
        choices: [all, blocked]
        default: all
  state:
    description: Whether it exists. V(absent) takes it from load balancers first, and deletes its address sets.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
"""

EXAMPLES = r"""
- name: Keep the load balancer from common attacks and floods
  monay.platform.wafv2_web_acl:
    region: eu-west-1
    name: monay-dev-alb
    rate_limits:
      - {name: rate-limit, limit: 2000}
    managed_rule_groups:
      - name: AWSManagedRulesCommonRuleSet
        overrides: {SizeRestrictions_BODY: count}
      - name: AWSManagedRulesKnownBadInputsRuleSet
    logging:
      log_group: aws-waf-logs-monay-dev-alb
    tags:
      Project: monay
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: update, kind: web ACL, name: monay-dev-alb, fields: [rules]}]
resources:
  description: The web ACL and its address sets that exist at the end, by kind and name.
  returned: always
  type: dict
  sample:
    web ACL:
      monay-dev-alb:
        id: arn:aws:wafv2:eu-west-1:111111111111:regional/webacl/monay-dev-alb/00000000-0000-0000-0000-000000000000
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Request
from ansible_collections.monay.platform.plugins.module_utils.aws.wafv2_web_acl import OwnIpSets, WebAcls
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused
from ansible_collections.monay.platform.plugins.module_utils.core.web_acl import (
    address_sets,
    visibility,
    wanted_logging,
    wanted_rules,
)

CLOUDFRONT_REGION = "us-east-1"
RATE_SPEC = dict(
    name=dict(type="str", required=True),
    limit=dict(type="int", required=True),
    window=dict(type="int", choices=[60, 120, 300, 600], default=300),
    path=dict(type="str"),
    forwarded=dict(type="bool", default=False),
    action=dict(type="str", choices=["block", "count", "captcha", "challenge"], default="block"),
)
MANAGED_SPEC = dict(
    name=dict(type="str", required=True),
    vendor=dict(type="str", default="AWS"),
    version=dict(type="str"),
    count=dict(type="bool", default=False),
    overrides=dict(type="dict", default={}),
)
LOGGING_SPEC = dict(
    log_group=dict(type="str", required=True),
    redact_headers=dict(type="list", elements="str", default=["authorization", "cookie"]),
    requests=dict(type="str", choices=["all", "blocked"], default="all"),
)


def work(module: PlatformModule) -> t.NoReturn:
    options, name = module.params, module.params["name"]
    waf = module.api("wafv2")
    if options["scope"] == "CLOUDFRONT" and waf.region != CLOUDFRONT_REGION:
        raise PlanRefused(f"web ACL {name}: those for CLOUDFRONT live in {CLOUDFRONT_REGION}, not in {waf.region}")
    sets, acls = OwnIpSets(waf, options["scope"], name), WebAcls(waf, options["scope"])
    if options["state"] == "absent":
        module.reconcile(Request(sets, purge=True), Request(acls, absent=frozenset({name})))
    tags = module.tags_of(acls, {"name": name})
    addresses = address_sets(name, {use: options[f"{use}_cidrs"] for use in ("allow", "deny")})
    wanted = {
        "description": options["description"],
        "default_action": options["default_action"],
        "rules": wanted_rules(name, options, addresses),
        "visibility": visibility(name, options),
        "logging": wanted_logging(name, options["logging"]),
        "tags": tags,
    }
    keep = not options["purge_tags"]
    states = {each: {"addresses": networks, "tags": tags} for each, networks in addresses.items()}
    module.reconcile(Request(sets, states, purge=True, keep_tags=keep), Request(acls, {name: wanted}, keep_tags=keep))


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            name=dict(type="str", required=True),
            scope=dict(type="str", choices=["REGIONAL", "CLOUDFRONT"], default="REGIONAL"),
            description=dict(type="str", default=""),
            default_action=dict(type="str", choices=["allow", "block"], default="allow"),
            allow_cidrs=dict(type="list", elements="str", default=[]),
            deny_cidrs=dict(type="list", elements="str", default=[]),
            rate_limits=dict(type="list", elements="dict", options=RATE_SPEC, default=[]),
            managed_rule_groups=dict(type="list", elements="dict", options=MANAGED_SPEC, default=[]),
            metrics=dict(type="bool", default=True),
            sampled_requests=dict(type="bool", default=True),
            logging=dict(type="dict", options=LOGGING_SPEC),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
        )
    ).run(work)


if __name__ == "__main__":
    main()
