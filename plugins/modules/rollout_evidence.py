#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: rollout_evidence
short_description: Write down why a rollout failed, as a page and as JSON
version_added: 0.2.0
description:
  - Reads what AWS still tells of a deployment of an ECS service, and writes it to two files. They begin with the cause.
  - They hold the timeline, the reasons and exit codes of the tasks that stopped, the last lines of their logs, the
    health of the targets, the alarms, the verdicts of gates, and what ECS went back to.
  - ECS forgets stopped tasks within an hour, so it is to be run at once. M(monay.platform.ecs_rollout) does so.
  - Environment variables and secrets of a task definition are not read. What looks like a password, a token or a key in
    a log is replaced by C(***); an application that logs secrets in another form leaves them there.
  - It reads AWS, and writes nothing but the files, on the machine where it runs.
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
  deployment:
    description: ARN of the service deployment. Empty for the newest.
    type: str
    default: ""
  directory:
    description: Folder for the files. It is made where it does not exist.
    type: path
    required: true
  log_lines:
    description: How many lines of each log are read, from its end.
    type: int
    default: 50
  gates:
    description: Verdicts of gates, each with C(stage), C(kind), C(name), C(verdict) and C(reason).
    type: list
    elements: dict
    default: []
  ledger_bucket:
    description:
      - Bucket of the ledger of releases, where M(monay.platform.release_ledger) keeps the verdicts of gates that other
        runs asked. Empty for none.
    type: str
    default: ""
  timeline:
    description: What a run saw of the rollout, each with C(at) (ISO 8601) and C(text).
    type: list
    elements: dict
    default: []
extends_documentation_fragment:
  - monay.platform.platform
seealso:
  - module: monay.platform.ecs_rollout
"""

EXAMPLES = r"""
- name: Write down what became of the newest deployment
  monay.platform.rollout_evidence:
    region: eu-west-1
    cluster: monay-dev
    service: monay-dev-admin
    directory: /var/log/rollouts
"""

RETURN = r"""
changes:
  description: Files that were written, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: evidence, name: monay-dev-admin-h4kR, fields: []}]
headline:
  description: The cause in one line.
  returned: always
  type: str
  sample: "monay-dev-admin:8: container app ends with exit code 1: no DATABASE_URL"
page:
  description: Path of the page.
  returned: always
  type: str
  sample: /var/log/rollouts/monay-dev-admin-h4kR.html
json:
  description: Path of the same as JSON.
  returned: always
  type: str
  sample: /var/log/rollouts/monay-dev-admin-h4kR.json
"""

import json
import os
import typing as t
from dataclasses import replace
from pathlib import Path

from ansible_collections.monay.platform.plugins.module_utils.aws.api import AwsError
from ansible_collections.monay.platform.plugins.module_utils.aws.ecs_evidence import Evidence
from ansible_collections.monay.platform.plugins.module_utils.aws.module import PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.release_ledger import Ledger
from ansible_collections.monay.platform.plugins.module_utils.core.evidence import evidence
from ansible_collections.monay.platform.plugins.module_utils.core.evidence_html import page
from ansible_collections.monay.platform.plugins.module_utils.core.ledger import Entry, together
from ansible_collections.monay.platform.plugins.module_utils.core.plan import Change, Plan

ARGUMENT_SPEC: dict[str, t.Any] = dict(
    service=dict(type="str", required=True),
    cluster=dict(type="str", required=True),
    deployment=dict(type="str", default=""),
    directory=dict(type="path", required=True),
    log_lines=dict(type="int", default=50),
    gates=dict(type="list", elements="dict", default=[]),
    ledger_bucket=dict(type="str", default=""),
    timeline=dict(type="list", elements="dict", default=[]),
)


def work(module: PlatformModule) -> t.NoReturn:
    params = module.params
    reader = Evidence(module.api, params["cluster"], params["service"], params["deployment"], params["log_lines"])
    found = reader.find(params["timeline"])
    document = evidence(replace(found, gates=verdicts(module, found.deployment["serviceDeploymentArn"])))
    name = f"{params['service']}-{document['deployment'].rpartition('/')[2]}"
    base = Path(params["directory"])
    files = {
        base / f"{name}.json": json.dumps(document, indent=2, ensure_ascii=False) + "\n",
        base / f"{name}.html": page(document),
    }
    outdated = {path: text for path, text in files.items() if not path.is_file() or path.read_text("utf-8") != text}
    if outdated and not module.check_mode:
        write(module, outdated)
    data, html = (str(path) for path in files)
    plan = (
        Plan((Change("create", "evidence", name, {}, {"files": sorted(map(str, outdated))}),)) if outdated else Plan()
    )
    module.exit_planned(plan, headline=document["headline"], page=html, json=data)


def verdicts(module: PlatformModule, deployment: str) -> list[Entry]:
    """What gates said in this run and in others. There is a page without the others, too."""
    params = module.params
    given: list[Entry] = params["gates"]
    if not params["ledger_bucket"]:
        return given
    ledger = Ledger(module.api("s3"), params["ledger_bucket"], params["cluster"], params["service"])
    try:
        return together(ledger.verdicts(deployment), given)
    except AwsError as error:
        module.warn(f"The evidence lacks verdicts of gates that other runs asked: {error}")
        return given


def write(module: PlatformModule, files: dict[Path, str]) -> None:
    """Write the files, each whole or not at all, for the user alone: logs are in them."""
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f".{path.name}.{os.getpid()}")
            part.touch(mode=0o600)
            part.write_text(text, encoding="utf-8")
            part.replace(path)
    except OSError as error:
        module.fail_json(
            msg=f"cannot write {error.filename}: {error.strerror}; choose another rollout_evidence_directory"
        )


def main() -> None:
    PlatformModule(argument_spec=ARGUMENT_SPEC).run(work)


if __name__ == "__main__":
    main()
