# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.monay.platform.plugins.module_utils.aws.api import Api, AwsError
from ansible_collections.monay.platform.plugins.module_utils.aws.ecs_deployments import Deployments

ARN = "arn:aws:ecs:us-east-1:111111111111"


class Ecs:
    """ECS with one service, whose newest deployment goes through the given ones, a look at a time."""

    def __init__(self, *deployments, revisions=None):
        self.meta = SimpleNamespace(service_model=SimpleNamespace(service_name="ecs"), region_name="us-east-1")
        self.left = list(deployments)
        self.revisions = revisions or {"r7": f"{ARN}:task-definition/admin:7", "r6": f"{ARN}:task-definition/admin:6"}
        self.events = [{"createdAt": 1, "message": "(service admin) failed to launch a task"}]

    def can_paginate(self, _operation):
        return False

    def list_service_deployments(self, **_kwargs):
        return {"serviceDeployments": [{"serviceDeploymentArn": "d1"}] if self.left[0] else []}

    def describe_service_deployments(self, **_kwargs):
        return {"serviceDeployments": [self.left.pop(0) if len(self.left) > 1 else self.left[0]]}

    def describe_service_revisions(self, serviceRevisionArns):  # noqa: N803 - AWS's spelling
        found = [{"serviceRevisionArn": arn, "taskDefinition": self.revisions[arn]} for arn in serviceRevisionArns]
        return {"serviceRevisions": found}

    def describe_services(self, **_kwargs):
        return {"services": [{"status": "ACTIVE", "events": self.events}]}

    def list_tasks(self, **_kwargs):
        return {"taskArns": ["t1"]}

    def describe_tasks(self, **_kwargs):
        return {"tasks": [{"taskArn": "task/t1", "stoppedReason": "CannotPullContainerError: no such image"}]}


def deployment(status, target="r7", **extra):
    return {"status": status, "targetServiceRevision": {"arn": target}, **extra}


@pytest.fixture
def wait():
    """Wait for revision 7 over a list of looks; time is what the pauses add up to."""

    def run(*deployments, timeout=600):
        clock = SimpleNamespace(now=0.0)
        followed = Deployments(Api(Ecs(*deployments)), "dev", "admin")
        pause = lambda seconds: setattr(clock, "now", clock.now + seconds)  # noqa: E731
        return followed.wait("admin:7", timeout, sleep=pause, clock=lambda: clock.now)

    return run


def test_waits_until_ecs_says_successful(wait):
    found = wait(deployment("PENDING"), deployment("IN_PROGRESS"), deployment("SUCCESSFUL"))

    assert found.status == "SUCCESSFUL"


def test_an_older_deployment_is_not_taken_for_ours(wait):
    assert wait(deployment("SUCCESSFUL", "r6"), deployment("SUCCESSFUL")).verdict == "ready"


def test_a_rollback_fails_with_the_reasons(wait):
    with pytest.raises(AwsError) as caught:
        wait(deployment("IN_PROGRESS"), deployment("ROLLBACK_IN_PROGRESS", statusReason="circuit breaker"))

    message = str(caught.value)
    assert "The deployment of service admin did not succeed: ROLLBACK_IN_PROGRESS" in message
    assert "- circuit breaker" in message
    assert "CannotPullContainerError: no such image" in message
    assert "event: (service admin) failed to launch a task" in message


def test_a_deployment_of_somebody_else_is_no_success(wait):
    with pytest.raises(AwsError, match="is of admin:6, not of admin:7"):
        wait(deployment("SUCCESSFUL", "r6"))


def test_what_was_rolled_back_to_is_ours_after_all(wait):
    back = deployment("ROLLBACK_SUCCESSFUL", "r6", rollback={"serviceRevisionArn": "r7"})

    assert "runs again" in wait(back).text


def test_time_that_is_up_stops_nothing(wait):
    with pytest.raises(AwsError, match=r"not done after 30 s: IN_PROGRESS.*run again to go on waiting"):
        wait(deployment("IN_PROGRESS"), timeout=30)


def test_a_service_without_any_deployment_is_not_waited_for_for_ever(wait):
    with pytest.raises(AwsError, match="there is no deployment"):
        wait(None)
