# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.evidence import Found, alarm_names, evidence, redacted
from ansible_collections.monay.platform.plugins.module_utils.core.evidence_html import page

ARN = "arn:aws:ecs:us-east-1:111111111111"
NOW, BEFORE, LATER = "2026-11-26T20:00:00Z", "2026-11-26T19:58:00Z", "2026-11-26T20:02:00Z"
REVISIONS = {
    "new": {
        "taskDefinition": f"{ARN}:task-definition/monay-dev-admin:8",
        "containerImages": [{"containerName": "app", "image": "repo@sha256:8"}],
    },
    "old": {"taskDefinition": f"{ARN}:task-definition/monay-dev-admin:7"},
}


def deployment(**more: Any) -> dict[str, Any]:
    return {
        "serviceDeploymentArn": f"{ARN}:service-deployment/monay-dev/monay-dev-admin/h4kR",
        "status": "ROLLBACK_SUCCESSFUL",
        "statusReason": "ECS says so",
        "createdAt": NOW,
        "targetServiceRevision": {"arn": "new"},
        "rollback": {"serviceRevisionArn": "old"},
        **more,
    }


def task(code: str, reason: str = "", exit_code: int | None = None) -> dict[str, Any]:
    return {
        "taskArn": f"{ARN}:task/monay-dev/t1",
        "stopCode": code,
        "stoppedReason": reason,
        "stoppedAt": NOW,
        "containers": [{"name": "app", "exitCode": exit_code}],
    }


def found(**more: Any) -> Found:
    told = {"deployment": deployment(), "revisions": REVISIONS, **more}
    return Found("monay-dev", {"serviceName": "monay-dev-admin", "events": told.pop("events", ())}, **told)


LOG = {
    "task": "t1",
    "container": "app",
    "lines": [{"at": "", "text": "starting"}, {"at": "", "text": "no DATABASE_URL"}],
}
ALARM = {"AlarmName": "errors", "StateValue": "ALARM", "StateReason": "1.2 is above 1", "StateUpdatedTimestamp": NOW}
TRIGGERED = deployment(alarms={"triggeredAlarmNames": ["errors"]})
GATE = {"stage": "test_traffic", "kind": "smoke", "name": "", "verdict": "fail", "reason": "GET /health answers 500"}
HOOK = {"hookId": "before-bake", "status": "TIMED_OUT"}
CAUSES = {
    "exit code and last line": (
        {"tasks": [task("EssentialContainerExited", "Essential container in task exited", 1)], "logs": [LOG]},
        "container app ends with exit code 1: no DATABASE_URL",
    ),
    "exit code without a log": (
        {"tasks": [task("EssentialContainerExited", "Essential container in task exited", 137)]},
        "container app ends with exit code 137",
    ),
    "a log in JSON": (
        {
            "tasks": [task("EssentialContainerExited", "Essential container in task exited", 1)],
            "logs": [{**LOG, "lines": [{"at": "", "text": '{"level": "error", "message": "no DATABASE_URL"}'}]}],
        },
        "container app ends with exit code 1: no DATABASE_URL",
    ),
    "never started": (
        {"tasks": [task("TaskFailedToStart", "CannotPullContainerError: no such image")]},
        "a task does not start: CannotPullContainerError: no such image",
    ),
    "unhealthy": (
        {"tasks": [task("ServiceSchedulerInitiated", "Task failed container health checks", 0)]},
        "a task fails its health check: Task failed container health checks",
    ),
    "alarm": ({"deployment": TRIGGERED, "alarms": [ALARM]}, "alarm errors: 1.2 is above 1"),
    "an alarm goes before the tasks that it stopped": (
        {"deployment": TRIGGERED, "alarms": [ALARM], "tasks": [task("EssentialContainerExited", "", 1)]},
        "alarm errors: 1.2 is above 1",
    ),
    "a gate goes before everything": (
        {"deployment": TRIGGERED, "alarms": [ALARM], "gates": [GATE]},
        "gate smoke: GET /health answers 500",
    ),
    "a gate that was passed is no cause": ({"gates": [{**GATE, "verdict": "pass"}]}, "ECS says so"),
    "scaled in, as every old task": (
        {"tasks": [task("ServiceSchedulerInitiated", "Scaling activity", 143)]},
        "ECS says so",
    ),
    "pause": ({"deployment": deployment(lifecycleHookDetails=[HOOK])}, "nobody promoted it in time: before-bake"),
    "hook": (
        {"deployment": deployment(lifecycleHookDetails=[{**HOOK, "status": "FAILED", "targetArn": "a:lambda"}])},
        "lifecycle hook a:lambda failed",
    ),
    "only ECS's words": ({}, "ECS says so"),
    "nothing at all": ({"deployment": deployment(statusReason="")}, "ECS does not say why"),
}


@pytest.mark.parametrize(("told", "cause"), CAUSES.values(), ids=CAUSES)
def test_the_headline_names_the_cause(told, cause):
    assert evidence(found(**told))["headline"] == f"monay-dev-admin:8: {cause}"


def test_what_ran_before_and_what_was_wanted():
    document = evidence(found())

    assert document["wanted"] == {"task_definition": "monay-dev-admin:8", "images": {"app": "repo@sha256:8"}}
    assert document["restored"]["task_definition"] == "monay-dev-admin:7"


def test_the_timeline_is_in_order_and_begins_with_the_deployment():
    events = [{"createdAt": LATER, "message": "last"}, {"createdAt": BEFORE, "message": "of before"}]
    seen = [{"at": "2026-11-26T20:01:00Z", "text": "IN_PROGRESS"}]

    timeline = evidence(found(events=events, timeline=seen))["timeline"]

    assert [(each["who"], each["text"]) for each in timeline] == [("run", "IN_PROGRESS"), ("ECS", "last")]


SECRETS = [
    ("postgres://monay:hunter2@db:5432/x", "postgres://monay:***@db:5432/x"),
    ("DATABASE_PASSWORD=hunter2 is set", "DATABASE_PASSWORD=*** is set"),
    ('{"api_key": "hunter2"}', '{"api_key": ***}'),
    ("password = 'hunter 2 and more' given", "password = *** given"),
    ("Authorization: Bearer hunter2", "Authorization: Bearer ***"),
    ("key AKIAABCDEFGHIJKLMNOP denied", "key *** denied"),
    ("token expired", "token expired"),
    ("GET /health 200", "GET /health 200"),
]


@pytest.mark.parametrize(("text", "shown"), SECRETS, ids=[text for text, _shown in SECRETS])
def test_secrets_are_not_shown(text, shown):
    assert redacted(text) == shown


@given(st.from_regex(r"[A-Za-z0-9!$%]{6,30}", fullmatch=True))
def test_no_secret_of_a_log_is_on_the_page(secret):
    line = f"cannot reach postgres://monay:{secret}-x@db, password={secret}-x"
    log = {"task": "t1", "container": "app", "lines": [{"at": "", "text": line}]}

    assert f"{secret}-x" not in page(evidence(found(logs=[log])))


def test_the_page_holds_the_document_and_no_markup_of_it():
    log = {"task": "t1", "container": "app", "lines": [{"at": "", "text": "</script><b>bold</b>"}]}
    document = evidence(
        found(logs=[log], tasks=[task("EssentialContainerExited", "", 1)], alarms=[ALARM], gates=[GATE])
    )

    html = page(document)

    held = re.search(r'<script type="application/json" id="report">(.*)</script>', html)
    assert held
    assert json.loads(held[1]) == document
    assert "<b>bold</b>" not in html
    assert html.count("<h2>") == 6


def test_alarms_that_went_off_are_asked_for_though_nobody_configured_them():
    configured = {"alarms": {"alarmNames": ["b"], "enable": True}}
    assert alarm_names(deployment(deploymentConfiguration=configured, alarms={"triggeredAlarmNames": ["a"]})) == [
        "a",
        "b",
    ]
