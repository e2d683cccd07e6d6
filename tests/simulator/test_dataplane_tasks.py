# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tasks as processes: they start, answer, write logs, are replaced, and end with the simulator however it ends."""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simulator.samples import catalogue
from tests.simulator.scenarios_ecs import IMAGE, REPOSITORY, definition, deployment, make_platform, network, service
from tests.support.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PORT = 3001
HEALTH = {"command": ["CMD-SHELL", f"curl -f http://localhost:{PORT}/health || exit 1"], "interval": 5, "retries": 2}


def until(look: Callable[[], Any], seconds: float = 30) -> Any:
    """What `look` returns as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.1)
    return found


def push(simulator: Simulator, tag: str, program: str = "backend") -> str:
    """Put a sample image into the repository; its name with the digest."""
    put = simulator.client("ecr").put_image(
        repositoryName=REPOSITORY, imageManifest=catalogue.manifest(program, tag), imageTag=f"{program}-{tag}"
    )
    return f"{IMAGE}@{put['image']['imageId']['imageDigest']}"


def processes(simulator: Simulator) -> list[int]:
    """The processes of tasks that belong to a simulator, by its endpoint in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            content = path.read_bytes()
        except OSError:
            continue
        if f"SIMULATOR_ENDPOINT={simulator.endpoint}\0".encode() in content:
            found.append(int(path.parent.name))
    return found


def tasks_of(simulator: Simulator, status: str = "RUNNING") -> list[dict[str, Any]]:
    ecs = simulator.client("ecs")
    arns = ecs.list_tasks(cluster="main", desiredStatus=status)["taskArns"]
    return list(ecs.describe_tasks(cluster="main", tasks=arns)["tasks"]) if arns else []


def loopback(simulator: Simulator, task: dict[str, Any]) -> str:
    """Where a task listens."""
    private = task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
    return str(simulator.control("GET", f"resolve?name={private}")["address"])


def ask(address: str, path: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(address, PORT, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def finished(simulator: Simulator) -> dict[str, Any]:
    """The latest service deployment, when it is over."""
    ecs = simulator.client("ecs")

    def look() -> dict[str, Any] | None:
        brief = ecs.list_service_deployments(cluster="main", service="app")["serviceDeployments"][0]
        found = deployment(simulator.client, brief)
        return found if "finishedAt" in found else None

    return dict(until(look, 60))


@pytest.fixture(scope="module")
def running() -> Iterator[Simulator]:
    with Simulator(data_plane=True, speed="5") as simulator:
        yield simulator


@pytest.fixture
def simulator(running: Simulator) -> Simulator:
    running.reset()
    assert until(lambda: not processes(running)) is True
    return running


@pytest.fixture
def made(simulator: Simulator) -> dict[str, Any]:
    return make_platform(simulator.client)


def _register(simulator: Simulator, made: dict[str, Any], image: str, **changes: Any) -> str:
    container = {"image": image, "healthCheck": HEALTH, "stopTimeout": 5, **changes}
    registered = simulator.client("ecs").register_task_definition(**definition(made, container=container))
    return str(registered["taskDefinition"]["taskDefinitionArn"])


def test_a_service_answers_writes_logs_and_replaces_what_is_killed(simulator: Simulator, made: dict[str, Any]) -> None:
    ecs = simulator.client("ecs")
    _register(simulator, made, push(simulator, "1.0.0"))
    ecs.create_service(**service(made))
    assert finished(simulator)["status"] == "SUCCESSFUL"
    tasks = tasks_of(simulator)
    assert [task["healthStatus"] for task in tasks] == ["HEALTHY", "HEALTHY"]
    answers = [ask(loopback(simulator, task), "/version") for task in tasks]
    assert [(status, said["version"]) for status, said in answers] == [(200, "1.0.0")] * 2
    assert {said["task"] for _status, said in answers} == {task["taskArn"].rpartition("/")[2] for task in tasks}
    logs = simulator.client("logs")
    stream = f"app/app/{answers[0][1]['task']}"

    def written() -> bool:
        streams = logs.describe_log_streams(logGroupName="/app", logStreamNamePrefix=stream)["logStreams"]
        events = logs.get_log_events(logGroupName="/app", logStreamName=stream)["events"] if streams else []
        return any("/version" in event["message"] for event in events)

    until(written)
    os.kill(processes(simulator)[0], signal.SIGKILL)
    until(lambda: len({task["taskArn"] for task in tasks_of(simulator)} - {task["taskArn"] for task in tasks}) == 1)
    (stopped,) = tasks_of(simulator, "STOPPED")
    assert (stopped["stopCode"], stopped["containers"][0]["exitCode"]) == ("EssentialContainerExited", 137)
    until(lambda: len(processes(simulator)) == 2)
    ecs.delete_service(cluster="main", service="app", force=True)
    until(lambda: not processes(simulator))
    until(lambda: ecs.describe_services(cluster="main", services=["app"])["services"][0]["status"] == "INACTIVE")


@pytest.mark.parametrize(
    ("tag", "code", "reason", "exit_code"),
    [
        ("1.2.0", "EssentialContainerExited", "Essential container in task exited", 1),
        ("1.2.0-health", "ServiceSchedulerInitiated", "Task failed container health checks", 0),
    ],
)
def test_a_broken_version_is_turned_back_and_says_why(
    simulator: Simulator, made: dict[str, Any], tag: str, code: str, reason: str, exit_code: int
) -> None:
    ecs = simulator.client("ecs")
    good = _register(simulator, made, push(simulator, "1.0.0"))
    ecs.create_service(**service(made, "BLUE_GREEN", desiredCount=1))
    assert finished(simulator)["status"] == "SUCCESSFUL"
    ecs.update_service(cluster="main", service="app", taskDefinition=_register(simulator, made, push(simulator, tag)))
    latest = finished(simulator)
    assert (latest["status"], latest["deploymentCircuitBreaker"]["status"]) == ("ROLLBACK_SUCCESSFUL", "TRIGGERED")
    (task,) = tasks_of(simulator)
    assert task["taskDefinitionArn"] == good
    stopped = [one for one in tasks_of(simulator, "STOPPED") if one["stopCode"] == code]
    assert {one["stoppedReason"] for one in stopped} >= {reason}
    assert exit_code in {one["containers"][0].get("exitCode") for one in stopped}
    assert ask(loopback(simulator, task), "/health")[0] == 200


def test_a_task_runs_a_command_once_and_an_image_that_is_no_sample_is_refused(
    simulator: Simulator, made: dict[str, Any]
) -> None:
    ecs = simulator.client("ecs")

    def ended(definition_arn: str, **overrides: Any) -> dict[str, Any]:
        (task,) = ecs.run_task(
            cluster="main",
            taskDefinition=definition_arn,
            launchType="FARGATE",
            networkConfiguration=network(made),
            overrides={"containerOverrides": [{"name": "app", **overrides}]},
        )["tasks"]

        def look() -> dict[str, Any] | None:
            (found,) = ecs.describe_tasks(cluster="main", tasks=[task["taskArn"]])["tasks"]
            return found if found["lastStatus"] == "STOPPED" else None

        return dict(until(look))

    sample = _register(simulator, made, push(simulator, "1.0.0"))
    assert ended(sample, command=["node", "server.js"])["containers"][0]["exitCode"] == 127
    other = _register(simulator, made, f"{IMAGE}@{made['digest']}")
    refused = ended(other)
    assert (refused["stopCode"], "names no sample application" in refused["stoppedReason"]) == (
        "TaskFailedToStart",
        True,
    )


def test_a_task_has_the_credentials_of_its_role(simulator: Simulator, made: dict[str, Any]) -> None:
    _register(simulator, made, push(simulator, "1.0.0", "nextjs"))
    simulator.client("ecs").create_service(**service(made, desiredCount=1, loadBalancers=[]))
    assert finished(simulator)["status"] == "SUCCESSFUL"
    (task,) = tasks_of(simulator)
    found = simulator.control("GET", f"credentials?task={task['taskArn'].rpartition('/')[2]}")
    assert found["RoleArn"] == made["roles"]["task"]
    environment = Path(f"/proc/{processes(simulator)[0]}/environ").read_text(encoding="utf-8")
    assert "KEY=value" in environment
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI=" in environment


def test_no_process_outlives_a_simulator_that_is_killed(simulator: Simulator, made: dict[str, Any]) -> None:
    """The last one of this file: it ends the simulator of all of them."""
    _register(simulator, made, push(simulator, "1.0.0"))
    simulator.client("ecs").create_service(**service(made))
    until(lambda: len(processes(simulator)) == 2)
    os.kill(simulator.pid, signal.SIGKILL)
    until(lambda: not processes(simulator), 10)
