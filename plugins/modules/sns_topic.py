#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: sns_topic
short_description: Manage SNS topics and who is subscribed to them
version_added: 0.1.0
description:
  - Creates, updates and deletes standard topics with their policy, encryption and subscriptions.
  - Somebody who is subscribed by mail or web address has to confirm that. Until then the subscription counts as made,
    so that nobody is asked twice. One that is no longer wanted but was never confirmed ends by itself after two days;
    AWS does not let it be removed.
author: Monay platform engineers (@monay)
options:
  topics:
    description: The topics. What is left out of a topic is left alone.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the topic.
        type: str
        required: true
      display_name:
        description: Who mails seem to come from.
        type: str
      kms_key:
        description:
          - Alias of the KMS key that encrypts messages. An empty string means none.
          - CloudWatch cannot publish to a topic under C(alias/aws/sns); the policy of the key must allow
            C(cloudwatch.amazonaws.com) to use it.
        type: str
      policy:
        description:
          - Who may publish and subscribe. A new topic without it can be used by its account alone.
          - Without C(Version) it gets V(2012-10-17).
        type: dict
      subscriptions:
        description: Who is told. Others are unsubscribed.
        type: list
        elements: dict
        suboptions:
          protocol:
            description: How.
            type: str
            required: true
            choices: [email, email-json, http, https, sqs, lambda]
          endpoint:
            description: A mail address, a URL, or the ARN of a queue or function.
            type: str
            required: true
      tags:
        description: Tags of this topic.
        type: dict
  state:
    description: Whether the topics exist. V(absent) deletes them with their subscriptions.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
"""

EXAMPLES = r"""
- name: Tell the platform team of alarms
  monay.platform.sns_topic:
    region: eu-west-1
    topics:
      - name: monay-dev-alarms
        display_name: monay-dev
        kms_key: alias/monay-dev-alarms
        policy:
          Statement:
            - Sid: Alarms
              Effect: Allow
              Principal: {Service: cloudwatch.amazonaws.com}
              Action: sns:Publish
              Resource: arn:aws:sns:eu-west-1:111111111111:monay-dev-alarms
              Condition:
                StringEquals: {"aws:SourceAccount": "111111111111"}
        subscriptions:
          - {protocol: email, endpoint: platform@monay.example}
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: SNS topic, name: monay-dev-alarms, fields: []}]
resources:
  description: Each topic that existed before or was made, with the number of subscriptions that wait to be confirmed.
  returned: always
  type: dict
  sample:
    SNS topic:
      monay-dev-alarms:
        id: "arn:aws:sns:eu-west-1:111111111111:monay-dev-alarms"
        arn: "arn:aws:sns:eu-west-1:111111111111:monay-dev-alarms"
        pending_confirmations: 1
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.key_names import KeyNames
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.sns import Topics
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused
from ansible_collections.monay.platform.plugins.module_utils.core.policy import PolicyError, wanted_policy
from ansible_collections.monay.platform.plugins.module_utils.core.topic import wanted_subscriptions

SUBSCRIPTION_SPEC = dict(
    protocol=dict(type="str", required=True, choices=["email", "email-json", "http", "https", "sqs", "lambda"]),
    endpoint=dict(type="str", required=True),
)
TOPIC_SPEC = dict(
    name=dict(type="str", required=True),
    display_name=dict(type="str"),
    kms_key=dict(type="str", no_log=False),
    policy=dict(type="dict"),
    subscriptions=dict(type="list", elements="dict", options=SUBSCRIPTION_SPEC),
    tags=dict(type="dict"),
)


def wanted(item: dict[str, t.Any]) -> dict[str, t.Any]:
    """The state of one topic of the options. Raises PlanRefused for a policy that is none."""
    name, said = item["name"], item["subscriptions"]
    try:
        policy = (
            None if item["policy"] is None else wanted_policy(item["policy"], f"policy of {name}", on_resource=True)
        )
    except PolicyError as error:
        raise PlanRefused(f"SNS topic {name}: {error}") from error
    return {
        "display_name": item["display_name"],
        "kms_key": item["kms_key"],
        "policy": policy,
        "subscriptions": None if said is None else wanted_subscriptions(name, said),
    }


def work(module: PlatformModule) -> t.NoReturn:
    aliases = [item["kms_key"] for item in module.params["topics"]]
    kind = Topics(module.api("sns"), KeyNames(module.api("kms"), aliases))
    module.reconcile(module.listed(kind, "topics", wanted))


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            topics=dict(type="list", elements="dict", required=True, options=TOPIC_SPEC),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
        )
    ).run(work)


if __name__ == "__main__":
    main()
