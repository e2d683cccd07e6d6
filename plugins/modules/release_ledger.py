#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: release_ledger
short_description: Write down the releases of a service, and bring back one that ECS has forgotten
version_added: 0.2.0
description:
  - Keeps a ledger in a bucket of S3, with an object for each deployment of the service that is over. It says what was
    deployed (images and the whole task definition), when, by which strategy, how it ended, what gates said, and who
    wrote it down.
  - Each entry holds the hash of the one before, and S3 takes it only where there is none of its number yet. Two writers
    therefore cannot make two chains.
  - Verdicts of gates are kept as soon as they are given, beside the entries. The entry of their deployment holds all of
    them, whoever asked the gates.
  - A task definition names secrets and does not hold them. Its environment variables are in the ledger as they are.
author: Monay platform engineers (@monay)
options:
  service:
    description: Name of the service.
    type: str
    required: true
  cluster:
    description: Name of the cluster.
    type: str
    required: true
  bucket:
    description: Name of the bucket, which exists. It should keep versions.
    type: str
    required: true
  state:
    description:
      - V(present) writes down those of the newest 20 deployments that are over and not in the ledger.
      - V(restored) gets the task definition of O(release) to be there. The revision is used while it is ACTIVE;
        where it is not, one of the same content that is in use or the newest, and where there is none, it is registered
        from the ledger.
    type: str
    choices: [present, restored]
    default: present
  deployment:
    description: ARN of the deployment that O(gates) were asked in.
    type: str
    default: ""
  gates:
    description: Verdicts of gates, each with C(stage), C(kind), C(name), C(verdict) and C(reason).
    type: list
    elements: dict
    default: []
  release:
    description: Number of the entry, needed for O(state=restored). Only a release that succeeded is brought back.
    type: int
extends_documentation_fragment:
  - monay.platform.platform
seealso:
  - module: monay.platform.release_ledger_info
"""

EXAMPLES = r"""
- name: Write down what became of the last deployments
  monay.platform.release_ledger:
    region: eu-west-1
    cluster: monay-dev
    service: monay-dev-admin
    bucket: monay-dev-111111111111-ledger

- name: Bring back the task definition of release 3
  monay.platform.release_ledger:
    region: eu-west-1
    cluster: monay-dev
    service: monay-dev-admin
    bucket: monay-dev-111111111111-ledger
    state: restored
    release: 3
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: release, name: monay-dev-admin-h4kR, fields: []}]
task_definition:
  description: Family and revision of the release, with O(state=restored); in check mode that of a real run.
  returned: always
  type: str
  sample: monay-dev-admin:9
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.account import caller_identity
from ansible_collections.monay.platform.plugins.module_utils.aws.api import AwsError
from ansible_collections.monay.platform.plugins.module_utils.aws.ecs_task_definitions import TaskDefinitions
from ansible_collections.monay.platform.plugins.module_utils.aws.module import PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Request, reconcile
from ansible_collections.monay.platform.plugins.module_utils.aws.release_ledger import ENTRIES, Ledger, Releases
from ansible_collections.monay.platform.plugins.module_utils.core.ecs_task_definition import (
    revision_of,
    task_definition_state,
)
from ansible_collections.monay.platform.plugins.module_utils.core.ledger import release
from ansible_collections.monay.platform.plugins.module_utils.core.plan import Change, Plan

ARGUMENT_SPEC: dict[str, t.Any] = dict(
    service=dict(type="str", required=True),
    cluster=dict(type="str", required=True),
    bucket=dict(type="str", required=True),
    state=dict(type="str", choices=["present", "restored"], default="present"),
    deployment=dict(type="str", default=""),
    gates=dict(type="list", elements="dict", default=[]),
    release=dict(type="int"),
)


def work(module: PlatformModule) -> t.NoReturn:
    params = module.params
    ledger = Ledger(module.api("s3"), params["bucket"], params["cluster"], params["service"])
    if params["state"] == "restored":
        restore(module, ledger)
    try:
        plan = write_down(module, ledger)
    except AwsError as error:
        raise AwsError(
            f"The ledger of releases of service {ledger.service} is not up to date; the deployment is as ECS says."
            f" {error}. Run the same again to write it down",
            error.code,
        ) from error
    module.exit_planned(plan, task_definition="")


def write_down(module: PlatformModule, ledger: Ledger) -> Plan:
    """Keep what gates said, and append what is over and not in the ledger, oldest first."""
    params = module.params
    releases = Releases(module.api("ecs"), ledger.cluster, ledger.service)
    unknown = ledger.unknown(params["deployment"], params["gates"])
    if not module.check_mode:
        ledger.keep(unknown)
    written = {each.get("deployment") for each in ledger.read(ledger.numbers()[-ENTRIES:]).values()}
    missing = [arn for arn in releases.over() if arn not in written]
    who = caller_identity(module.api("sts"))[1] if missing else ""
    changes = [Change("create", "verdict", f"{each['name']} before {each['stage']}") for each in unknown.values()]
    for arn in missing:
        content = releases.content(arn, ledger.verdicts(arn), who)
        if module.check_mode or ledger.append(content):
            name = f"{ledger.service}-{revision_of(arn)}"
            changes.append(Change("create", "release", name, {}, content))
    return Plan(tuple(changes))


def restore(module: PlatformModule, ledger: Ledger) -> t.NoReturn:
    """Get the task definition of a release to be ACTIVE."""
    entry = release(ledger.read(ledger.numbers()), module.params["release"])
    ecs = module.api("ecs")
    family = entry["task_definition"].partition(":")[0]
    kind = TaskDefinitions(ecs, lambda role: role, (ledger.cluster, ledger.service))
    kind.sending = {family: {name: value for name, value in entry["definition"].items() if name != "family"}}
    wanted = {**task_definition_state(entry["definition"]), "tags": entry["tags"]}
    for revision in (entry["task_definition"], kind.target(family, wanted)):
        if kind.is_active(revision):
            module.exit_planned(Plan(), task_definition=revision)
    plan, scope = reconcile([Request(kind, {family: wanted})], check_mode=module.check_mode)
    if plan.changed and module.check_mode:
        module.exit_planned(plan, task_definition=kind.target(family, wanted))
    module.exit_planned(plan, task_definition=scope.of_kind(kind.kind)[family].facts["revision"])


def main() -> None:
    PlatformModule(
        argument_spec=ARGUMENT_SPEC,
        required_if=[("state", "restored", ("release",))],
    ).run(work)


if __name__ == "__main__":
    main()
