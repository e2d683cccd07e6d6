#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: acm_certificate
short_description: Request a certificate of ACM, validate it in Route 53 and wait until it is issued
version_added: 0.1.0
description:
  - Requests a public certificate, which is found again by its C(Name) tag, and writes the records that validate it into
    a hosted zone.
  - A certificate for other names or with another key is requested beside the old one, which serves until what uses it
    has moved. O(state=tidied) deletes it then.
  - With O(arn) a certificate that somebody else takes care of (an imported one, say) is checked and returned instead.
author: Monay platform engineers (@monay)
options:
  name:
    description: Name of the certificate, its C(Name) tag.
    type: str
    required: true
  domain_name:
    description: A name that the certificate is for. Required with O(state=present).
    type: str
  subject_alternative_names:
    description: Further names, V(*) as the first part for all hosts of a domain. Their order means nothing.
    type: list
    elements: str
    default: []
  key_algorithm:
    description: Sort of its key. CloudFront takes V(RSA_2048), V(EC_prime256v1) and larger keys of RSA.
    type: str
    choices: [RSA_2048, EC_prime256v1, EC_secp384r1]
    default: RSA_2048
  transparency_logging:
    description: Publish the certificate in transparency logs; browsers distrust those that are not.
    type: bool
    default: true
  arn:
    description: ARN of a certificate to use instead. It must be issued, and good for all names.
    type: str
  validation_zone:
    description:
      - Domain of the public hosted zone into which the validation records are written.
      - Without it, RV(resources) tells which records are to be written elsewhere.
    type: str
  state:
    description:
      - Whether the certificate exists.
      - V(tidied) deletes certificates of the same C(Name) tag that another one took the place of and that nothing
        serves. It changes nothing else.
      - V(absent) deletes its validation records too where O(validation_zone) is said. Certificates of the same domain
        in other regions are renewed by the same records, so say it for the last one only.
    type: str
    choices: [present, absent, tidied]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
  - monay.platform.platform.wait
"""

EXAMPLES = r"""
- name: Request a certificate for the environment, and go on
  monay.platform.acm_certificate:
    region: eu-west-1
    name: monay-dev
    domain_name: dev.monay.example
    subject_alternative_names: ["*.dev.monay.example"]
    validation_zone: dev.monay.example
    wait: false
    tags:
      Project: monay

- name: Use an imported one
  monay.platform.acm_certificate:
    region: eu-west-1
    name: monay-dev
    domain_name: dev.monay.example
    arn: arn:aws:acm:eu-west-1:111111111111:certificate/00000000-0000-0000-0000-000000000000
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: certificate, name: monay-dev, fields: []}]
pending:
  description:
    - Names of slow resources that are not ready, or that the task has changed without waiting for them.
      M(monay.platform.wait_for) need not be asked where there are none.
  returned: always
  type: list
  elements: str
  sample: []
resources:
  description: The certificate where it exists at the end, by kind and name, and the records that validate it.
  returned: always
  type: dict
  sample:
    certificate:
      monay-dev:
        id: arn:aws:acm:eu-west-1:111111111111:certificate/00000000-0000-0000-0000-000000000000
        status: ISSUED
        validation:
          - domain: dev.monay.example
            name: _0123456789abcdef.dev.monay.example
            value: _fedcba9876543210.acm-validations.aws
            status: SUCCESS
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.acm import (
    Certificates,
    Superseded,
    ValidationRecords,
    describe,
)
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, WAIT_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Request
from ansible_collections.monay.platform.plugins.module_utils.aws.route53 import Zone
from ansible_collections.monay.platform.plugins.module_utils.core.certificate import (
    check_given,
    names_of,
    validated_domains,
)
from ansible_collections.monay.platform.plugins.module_utils.core.plan import State


def given(module: PlatformModule, names: list[str]) -> t.NoReturn:
    """Answer with a certificate that is somebody else's."""
    options, acm = module.params, module.api("acm")
    found = describe(acm, options["arn"])
    if options["state"] == "present":
        check_given(options["arn"], found, names, acm.region)
    facts = {"id": options["arn"], "arn": options["arn"], "status": (found or {}).get("Status"), "validation": []}
    resources = {"certificate": {options["name"]: facts}}
    module.exit_json(changed=False, diff=[], changes=[], pending=[], resources=resources)


def work(module: PlatformModule) -> t.NoReturn:
    options, name = module.params, module.params["name"]
    names = names_of(options["domain_name"], options["subject_alternative_names"]) if options["domain_name"] else []
    if options["arn"]:
        given(module, names)
    absent = options["state"] == "absent"
    zone = Zone(module.api("route53"), options["validation_zone"]) if options["validation_zone"] else None
    kind = Certificates(module.api("acm"), {name: names}, zone)
    superseded = Request(Superseded(kind, name, all_of_them=absent), purge=True)
    if options["state"] == "tidied":
        module.reconcile(superseded)
    wanted = {
        "names": names,
        "key_algorithm": options["key_algorithm"],
        "transparency_logging": options["transparency_logging"],
        "tags": module.tags_of(kind, {"name": name}),
    }
    requests = [
        Request(kind, absent=frozenset({name}))
        if absent
        else Request(kind, {name: wanted}, keep_tags=not options["purge_tags"])
    ]
    if zone:
        domains: dict[str, State] = {} if absent else {each: {} for each in validated_domains(names, zone.name)}
        requests.append(Request(ValidationRecords(kind.acm, name, zone), domains, purge=absent))
    if absent:
        requests.append(superseded)
    module.reconcile(*requests, wait=0 if absent else module.wait_seconds)


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            name=dict(type="str", required=True),
            domain_name=dict(type="str"),
            subject_alternative_names=dict(type="list", elements="str", default=[]),
            key_algorithm=dict(
                type="str",
                choices=["RSA_2048", "EC_prime256v1", "EC_secp384r1"],
                default="RSA_2048",
                no_log=False,
            ),
            transparency_logging=dict(type="bool", default=True),
            arn=dict(type="str"),
            validation_zone=dict(type="str"),
            state=dict(type="str", choices=["present", "absent", "tidied"], default="present"),
            **TAGS_SPEC,
            **WAIT_SPEC,
        ),
        required_if=[("state", "present", ["domain_name"]), ("state", "tidied", ["domain_name"])],
    ).run(work)


if __name__ == "__main__":
    main()
