#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecs_deployment_wait
short_description: Wait for the deployment of an ECS service
version_added: 0.1.0
description:
  - Waits until the newest deployment of a service is SUCCESSFUL with the wanted task definition, and shows on the
    screen how far it is.
  - Ends at once when ECS rolls it back or stops it, and says why in ECS's words, that is its reason, the reasons and
    exit codes of stopped tasks, failed health checks and events.
  - In check mode it does not wait.
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
  task_definition:
    description:
      - Family and revision that the deployment must be of, as M(monay.platform.ecs_task_definition) returns it.
      - An empty string takes the newest deployment, whatever it is of.
    type: str
    default: ""
  waited:
    description: Seconds that were waited before; for the action plugin of the same name.
    type: int
    default: 0
  timeout:
    description: Seconds to wait before the task fails. The deployment goes on; run again to go on waiting.
    type: int
    default: 3600
  evidence_directory:
    description:
      - Folder for what is known of a deployment that failed, as a page and as JSON; see
        M(monay.platform.rollout_evidence). Empty for none. A relative path is taken from where C(ansible-playbook) was
        started.
    type: str
    default: ""
attributes:
  check_mode:
    support: full
    description: Does not wait.
  diff_mode:
    support: none
    description: Changes nothing.
requirements:
  - python >= 3.11
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Wait for the backend
  monay.platform.ecs_deployment_wait:
    region: eu-west-1
    cluster: monay-dev
    service: monay-dev-backend-common
    task_definition: "{{ described.task_definition }}"
"""

RETURN = r"""
deployment:
  description: The deployment at the end. C(verdict) is V(ready), V(pending) or V(failed).
  returned: always
  type: dict
  sample: {verdict: ready, status: SUCCESSFUL, text: "SUCCESSFUL, 2 of 2 tasks run, production traffic 100%"}
evidence:
  description: The cause of a failure in a line, and the paths of the files that hold what AWS says about it.
  returned: when the deployment failed and O(evidence_directory) is set
  type: dict
  sample:
    headline: "monay-dev-admin:8: container app ends with exit code 1: no DATABASE_URL"
    json: /var/log/rollouts/monay-dev-admin-h4kR.json
    page: /var/log/rollouts/monay-dev-admin-h4kR.html
waited:
  description: Seconds that were waited.
  returned: always
  type: int
  sample: 95
"""

import typing as t
from dataclasses import asdict

from ansible_collections.monay.platform.plugins.module_utils.aws.ecs_deployments import Deployments
from ansible_collections.monay.platform.plugins.module_utils.aws.module import PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.core.ecs_deployment import failure

ARGUMENT_SPEC: dict[str, t.Any] = dict(
    service=dict(type="str", required=True),
    cluster=dict(type="str", required=True),
    task_definition=dict(type="str", default=""),
    waited=dict(type="int", default=0),
    timeout=dict(type="int", default=3600),
    evidence_directory=dict(type="str", default=""),
)


def work(module: PlatformModule) -> t.NoReturn:
    """Look once. The action plugin of the same name looks again and again, and shows what it sees."""
    service = module.params["service"]
    deployments = Deployments(module.api("ecs"), module.params["cluster"], service)
    found = deployments.look(module.params["task_definition"], module.params["waited"])
    if found.verdict == "failed":
        module.fail_json(msg=failure(service, found, deployments.why()), deployment=asdict(found))
    module.exit_json(changed=False, deployment=asdict(found))


def main() -> None:
    PlatformModule(argument_spec=ARGUMENT_SPEC).run(work)


if __name__ == "__main__":
    main()
