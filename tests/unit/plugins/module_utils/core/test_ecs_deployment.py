# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.ecs_deployment import (
    DEPLOYMENT,
    Progress,
    Target,
    describe,
    failure,
    progress,
    reasons,
)

ARN = "arn:aws:ecs:us-east-1:111111111111:task-definition/admin"
OURS = Target("admin:7", f"{ARN}:7")
OTHERS = Target("admin:7", f"{ARN}:6")
RESTORED = Target("admin:7", f"{ARN}:8", f"{ARN}:7")


@pytest.mark.parametrize(
    ("status", "target", "late", "verdict"),
    [
        ("PENDING", OURS, False, "pending"),
        ("IN_PROGRESS", OURS, True, "pending"),
        ("SUCCESSFUL", OURS, False, "ready"),
        ("ROLLBACK_REQUESTED", OURS, False, "failed"),
        ("ROLLBACK_IN_PROGRESS", OURS, False, "failed"),
        ("ROLLBACK_SUCCESSFUL", OURS, False, "failed"),
        ("ROLLBACK_FAILED", OURS, False, "failed"),
        ("STOP_REQUESTED", OURS, False, "failed"),
        ("STOPPED", OURS, False, "failed"),
        ("SUCCESSFUL", OTHERS, False, "pending"),
        ("SUCCESSFUL", OTHERS, True, "failed"),
        ("IN_PROGRESS", OTHERS, True, "failed"),
        ("ROLLBACK_SUCCESSFUL", RESTORED, False, "ready"),
        ("ROLLBACK_FAILED", RESTORED, True, "failed"),
        ("SUCCESSFUL", Target(), False, "ready"),
        ("ROLLBACK_SUCCESSFUL", Target(), False, "failed"),
    ],
)
def test_success_is_ecss_word_for_our_revision(status, target, late, verdict):
    assert progress({"status": status}, target, late=late).verdict == verdict


def test_a_service_without_a_deployment_waits_for_one_but_not_for_ever():
    assert progress(None, OURS).verdict == "pending"
    assert progress(None, OURS, late=True).verdict == "failed"


def test_every_status_of_ecs_has_a_meaning():
    """A status that AWS adds must be put into the table, or named here as one that goes on."""
    model = boto3.client("ecs", region_name="us-east-1").meta.service_model
    known = DEPLOYMENT.ready | DEPLOYMENT.failed | {"PENDING", "IN_PROGRESS"}

    assert set(model.shape_for("ServiceDeploymentStatus").enum) == known


def test_says_how_far_it_is():
    target = {"requestedTaskCount": 2, "runningTaskCount": 1, "requestedProductionTrafficWeight": 12.5}

    text = describe({"status": "IN_PROGRESS", "lifecycleStage": "SCALE_UP", "targetServiceRevision": target})

    assert text == "IN_PROGRESS, stage SCALE_UP, 1 of 2 tasks run, production traffic 12.5%"


def test_tells_why_in_ecss_words():
    deployment = {
        "createdAt": 10,
        "statusReason": "Service deployment rolled back because the circuit breaker threshold was exceeded.",
        "rollback": {"reason": "tasks failed to start"},
        "deploymentCircuitBreaker": {"status": "TRIGGERED", "failureCount": 3, "threshold": 3},
        "alarms": {"triggeredAlarmNames": ["admin-api-errors"]},
        "lifecycleHookDetails": [{"hookId": "h", "status": "FAILED", "targetArn": "arn:gate"}, {"status": "SUCCEEDED"}],
    }
    tasks = [
        {"taskArn": "task/old", "stoppedAt": 11, "stoppedReason": "Scaling activity"},
        {
            "taskArn": "task/new",
            "stoppedAt": 12,
            "stoppedReason": "Essential container in task exited",
            "containers": [
                {"name": "admin", "exitCode": 137, "reason": "OutOfMemoryError", "healthStatus": "UNHEALTHY"},
                {"name": "agent", "exitCode": 0},
            ],
        },
    ]
    service = {"events": [{"createdAt": 12, "message": "is unhealthy"}, {"createdAt": 9, "message": "long ago"}]}

    found = reasons(deployment, service, tasks)

    assert found == [
        deployment["statusReason"],
        "rolled back: tasks failed to start",
        "circuit breaker: 3 tasks failed, 3 are too many",
        "alarms: admin-api-errors",
        "lifecycle hook arn:gate: FAILED",
        (
            "task new: Essential container in task exited; container admin ended with exit code 137;"
            " container admin: OutOfMemoryError; container admin failed its health check"
        ),
        "task old: Scaling activity",
        "event: is unhealthy",
    ]


def test_the_message_names_service_status_and_reasons():
    message = failure("admin", Progress("failed", "STOPPED", "STOPPED"), ["task 1: no such image"])

    assert message == "The deployment of service admin did not succeed: STOPPED.\n- task 1: no such image"
    assert "see the service's events" in failure("admin", Progress("failed", "STOPPED", "STOPPED"), [])
