#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: route53_record
short_description: Manage records of a public hosted zone
version_added: 0.1.0
description:
  - Creates, updates and deletes records with values, and aliases to load balancers and CloudFront distributions by
    their names. Records that are not listed are left alone.
  - When a load balancer or a distribution is made anew, its records are a change.
  - Records with a routing policy (weighted and the like) are refused.
author: Monay platform engineers (@monay)
options:
  zone:
    description: Domain of the public hosted zone.
    type: str
    required: true
  records:
    description: The records.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Full name of the record, inside of the zone; V(*) as a wildcard.
        type: str
        required: true
      type:
        description: Type of the record.
        type: str
        choices: [A, AAAA, CAA, CNAME, MX, NS, PTR, SRV, TXT]
        default: A
      ttl:
        description: Seconds for which resolvers may keep the values. An alias has none.
        type: int
        default: 300
      values:
        description: Values, in any order. Texts need no quotes.
        type: list
        elements: str
      alias:
        description: What the record leads to, instead of values.
        type: dict
        suboptions:
          load_balancer:
            description: Name of an application load balancer.
            type: str
          distribution:
            description: C(Name) tag of a CloudFront distribution.
            type: str
      evaluate_target_health:
        description: Do not answer with a load balancer none of whose targets is healthy. Not for distributions.
        type: bool
        default: false
  state:
    description: Whether the records exist.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
"""

EXAMPLES = r"""
- name: Lead the application's host to the load balancer
  monay.platform.route53_record:
    region: eu-west-1
    zone: dev.monay.example
    records:
      - name: admin.dev.monay.example
        alias: {load_balancer: monay-dev}
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: record, name: A admin.dev.monay.example, fields: []}]
resources:
  description: Each record that exists at the end, by kind, and type and name.
  returned: always
  type: dict
  sample: {record: {A admin.dev.monay.example: {id: A admin.dev.monay.example, name: admin.dev.monay.example}}}
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.module import PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Request
from ansible_collections.monay.platform.plugins.module_utils.aws.route53 import Zone
from ansible_collections.monay.platform.plugins.module_utils.aws.route53_record import AliasTargets, Records
from ansible_collections.monay.platform.plugins.module_utils.core.dns import alias_text, record_key, wanted_record

ALIAS_SPEC = dict(load_balancer=dict(type="str"), distribution=dict(type="str"))
RECORD_SPEC = dict(
    name=dict(type="str", required=True),
    type=dict(type="str", choices=["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SRV", "TXT"], default="A"),
    ttl=dict(type="int", default=300),
    values=dict(type="list", elements="str"),
    alias=dict(type="dict", options=ALIAS_SPEC, mutually_exclusive=[("load_balancer", "distribution")]),
    evaluate_target_health=dict(type="bool", default=False),
)


def work(module: PlatformModule) -> t.NoReturn:
    zone, records = module.params["zone"], module.params["records"]
    targets = AliasTargets(
        [alias_text(each["alias"]) for each in records],
        lambda: module.api("elbv2"),
        lambda: module.api("cloudfront"),
    )
    kind = Records(Zone(module.api("route53"), zone), targets)
    items = {record_key(each["type"], each["name"]): each for each in records}
    if module.params["state"] == "absent":
        module.reconcile(Request(kind, absent=frozenset(items)))
    module.reconcile(Request(kind, {key: wanted_record(each, zone) for key, each in items.items()}))


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            zone=dict(type="str", required=True),
            records=dict(type="list", elements="dict", required=True, options=RECORD_SPEC),
            state=dict(type="str", choices=["present", "absent"], default="present"),
        )
    ).run(work)


if __name__ == "__main__":
    main()
