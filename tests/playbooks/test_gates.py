# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gates decide over rollouts: with real tasks, front doors and visitors, by what CloudWatch is told of them."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.playbooks.conftest import Environment
from tests.support.inventories import Inventory
from tests.support.playbooks import Playbooks, Run

HOST, SERVICE, CLUSTER = "monay-backend-common", "monay-dev-backend-common", "monay-dev"
HOSTNAME = "api.dev.monay.example"
LIMIT = ("--limit", HOST)
LEDGER = "monay-dev-ledger-of-the-test"
PATIENCE = 60
SMOKE: dict[str, Any] = {"production_traffic": [{"kind": "smoke"}]}
# By error rates alone: latencies are compared by minutes, for which a test has no time.
BY_ERRORS = {"kind": "analysis", "latency_above_percent": None}
CANARY: dict[str, Any] = {
    "rollout_strategy": "CANARY",
    "rollout_canary_percent": 50,
    "rollout_gates": {**SMOKE, "each_step": [BY_ERRORS]},
    "rollout_gate_interval": 5,
    "rollout_gate_attempts": 40,
}
NO_TRAFFIC: dict[str, Any] = {"rollout_gates": {"production_traffic": [BY_ERRORS]}, "rollout_gate_attempts": 1}


class Dev(Environment):
    """dev with a data plane, in which the backend runs."""

    def port(self) -> int:
        """Where the front door of the backend is."""
        doors = self.simulator.front_doors()["front_doors"]
        return next(each["port"] for each in doors if HOSTNAME in each["hostnames"] and each["listener_port"] == 443)

    def deploy(self, tag: str, *arguments: str, **variables: Any) -> Run:
        return self.playbooks.run("deploy", *LIMIT, *arguments, service_image_tag=tag, **self.folder(), **variables)

    def folder(self) -> dict[str, str]:
        return {"rollout_evidence_directory": str(self.inventory.path.parent / "evidence")}

    def entries(self) -> list[dict[str, Any]]:
        """The ledger of releases, oldest first."""
        s3, prefix = self.client("s3"), f"ledger/{CLUSTER}/{SERVICE}/"
        found = s3.list_objects_v2(Bucket=LEDGER, Prefix=prefix, Delimiter="/")["Contents"]
        return [json.loads(s3.get_object(Bucket=LEDGER, Key=each["Key"])["Body"].read()) for each in found]

    def deployments(self) -> list[str]:
        """How they ended, newest first."""
        found = self.client("ecs").list_service_deployments(cluster=CLUSTER, service=SERVICE)["serviceDeployments"]
        return [str(each["status"]) for each in found]


class Visitors:
    """People who ask the application all the time, on kept-alive connections."""

    def __init__(self, port: int, people: int = 4) -> None:
        self.answers = Counter[tuple[str, int]]()
        self._port = port
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _number in range(people)]

    def __enter__(self) -> Visitors:
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stop.set()
        for each in self._threads:
            each.join()

    def _ask(self) -> None:
        context = ssl._create_unverified_context()  # noqa: S323 - whose certificate it is others test
        connection = http.client.HTTPSConnection("127.0.0.1", self._port, context=context, timeout=30)
        while not self._stop.wait(0.02):
            connection.request("GET", "/version", headers={"Host": HOSTNAME})
            answer = connection.getresponse()
            body = answer.read()
            self.answers[json.loads(body)["version"] if answer.status == 200 else "", answer.status] += 1
        connection.close()

    @property
    def versions(self) -> set[str]:
        return {version for version, _status in self.answers if version}


@pytest.fixture(scope="module")
def dev(prepared, tmp_path_factory) -> Iterator[Dev]:
    inventory = Inventory("dev", Path(tmp_path_factory.mktemp("inventory")))
    with prepared.simulator("dev", 1, data_plane=True) as simulator:
        # All visitors come from one address here, which the web ACL would shut out.
        variables = {"web_acl_enabled": False}
        credentials = simulator.env(inventory.account, inventory.region)
        built = Dev(inventory, simulator, Playbooks(inventory.path, credentials, variables))
        built.playbooks.run("phase2").succeeded()
        yield built


def verdicts(run: Run) -> list[tuple[str, str, str]]:
    """(stage, name, verdict) of each gate, as the run says them."""
    found = [each["result"]["verdicts"] for each in run.tasks if "verdicts" in each["result"]]
    return told({"gates": found[-1]})


def told(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The same of an entry of the ledger, or of a page."""
    return [(each["stage"], each["name"], each["verdict"]) for each in document["gates"]]


def test_a_preview_shows_the_gates_as_steps_and_writes_nothing(dev):
    before = dev.now

    run = dev.deploy("1.1.0", "--check", "--diff", **CANARY).succeeded()

    assert dev.writes(before) == []
    assert "pause for gates: smoke, the API tests through the test listener" in run.output
    assert "analysis, statistical: errors at most 1 points above the old revision's" in run.output


def test_gates_that_are_none_are_refused_before_anything_starts(dev):
    before = dev.now

    run = dev.deploy("1.1.0", rollout_gates={"test_traffic": [{"kind": "smoke"}], "bake": [{"kind": "hope"}]})

    assert run.returncode != 0
    assert "there can be no smoke before test_traffic" in run.failures[0]
    assert "gates.bake[0]: kind is one of alarms, analysis, smoke" in run.failures[0]
    assert [each["operation"] for each in dev.writes(before)] in ([], ["RegisterTaskDefinition"])


def test_what_fails_its_smoke_tests_is_rolled_back_before_a_user_sees_it(dev):
    quick = {"name": "is quick", "path": "/version", "max_latency_ms": 1000}

    with Visitors(dev.port()) as visitors:
        run = dev.deploy("1.2.0-slow", rollout_gates=SMOKE, rollout_smoke_requests=[quick], rollout_smoke_retries=0)

    assert run.returncode != 0
    assert "before production_traffic: fail: smoke: 1 of 1 API tests failed: is quick: took 1" in run.failures[-1]
    assert "ECS has rolled it back" in run.failures[-1]
    page = Path(run.failures[-1].rpartition("Evidence: ")[2])
    assert "gate smoke: 1 of 1 API tests failed" in page.read_text(encoding="utf-8")
    assert dev.deployments()[0] == "ROLLBACK_SUCCESSFUL"
    assert visitors.versions == {"1.0.0"}
    assert visitors.answers["1.0.0", 200] > 100


def test_a_good_release_passes_and_one_with_errors_is_stopped_by_analysis(dev):
    with Visitors(dev.port()) as visitors:
        good = dev.deploy("1.1.0", **CANARY).succeeded()
        before = visitors.answers.copy()
        bad = dev.deploy("1.2.0-errors", **CANARY)

    # Before the first share and before the second one.
    assert verdicts(good) == [
        ("production_traffic", "smoke", "pass"),
        ("each_step", "analysis", "pass"),
        ("each_step", "analysis", "pass"),
    ]
    assert before["1.1.0", 200] > 100
    assert set(before) == {("1.0.0", 200), ("1.1.0", 200)}

    assert bad.returncode != 0
    assert f"{SERVICE} before each_step: fail: analysis: " in bad.failures[-1]
    assert verdicts(bad)[-1] == ("each_step", "analysis", "fail")
    page = Path(bad.failures[-1].rpartition("Evidence: ")[2]).with_suffix(".json")
    assert "gate analysis: " in json.loads(page.read_text(encoding="utf-8"))["headline"]
    assert dev.deployments()[:2] == ["ROLLBACK_SUCCESSFUL", "SUCCESSFUL"]
    # One request in twenty failed, of the half that the canary got, for the time until the gate was sure.
    seen = visitors.answers - before
    assert 0 < seen["", 500] < 0.04 * seen.total()


def test_what_is_inconclusive_is_left_to_a_person_and_counts_for_what_is_said(dev):
    asked = dev.deploy("1.0.0", **NO_TRAFFIC).succeeded()

    assert verdicts(asked) == [("production_traffic", "analysis", "inconclusive")]
    assert f"promote.yml --limit {HOST} lets it go on" in " ".join(asked.output.split())
    assert dev.deployments()[0] == "IN_PROGRESS"

    failed = dev.deploy("1.0.0", **NO_TRAFFIC, rollout_gate_inconclusive="fail")
    assert failed.returncode != 0
    assert dev.deployments()[0] == "IN_PROGRESS"

    aborted = dev.deploy("1.0.0", **NO_TRAFFIC, rollout_gate_inconclusive="abort")
    assert aborted.returncode != 0
    assert dev.deployments()[0] == "ROLLBACK_SUCCESSFUL"


def test_a_person_goes_on_where_a_gate_is_not_sure_and_the_next_gate_decides(dev):
    gates = {**NO_TRAFFIC["rollout_gates"], "bake": [{"kind": "smoke"}]}
    gated = {**NO_TRAFFIC, "rollout_gates": gates, "rollout_ledger_bucket": LEDGER}
    dev.client("s3", "us-east-1").create_bucket(Bucket=LEDGER)
    dev.deploy("1.0.0", **gated).succeeded()

    run = dev.playbooks.run("promote", *LIMIT, **gated).succeeded()

    assert verdicts(run) == [("bake", "smoke", "pass")]
    assert dev.deployments()[0] == "SUCCESSFUL"
    unsure = ("production_traffic", "analysis", "inconclusive")
    assert told(dev.entries()[-1]) == [unsure, ("bake", "smoke", "pass")]

    # And the page of a failure knows what an earlier run was told.
    dev.deploy("1.1.0", **gated).succeeded()
    hard = {"rollout_smoke_requests": [{"name": "is there", "path": "/nowhere"}]}
    failed = dev.playbooks.run("promote", *LIMIT, **gated, **hard, **dev.folder())
    assert failed.returncode != 0
    page = Path(failed.failures[-1].rpartition("Evidence: ")[2])
    document = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert told(document) == told(dev.entries()[-1]) == [unsure, ("bake", "smoke", "fail")]
    assert "gate smoke: 1 of 1 API tests failed" in document["headline"]


def test_killed_at_a_gate_the_next_run_goes_on_from_there(dev):
    before, past = dev.now, len(dev.deployments())
    patient = {**NO_TRAFFIC, "rollout_gate_attempts": 100, "rollout_gate_interval": 1}
    with dev.playbooks.started("deploy", *LIMIT, service_image_tag="1.1.0", **patient) as run:
        deadline = time.monotonic() + PATIENCE
        while not dev.simulator.calls("cloudwatch", "GetMetricData", since=before):
            assert run.process.poll() is None, run.ended().output[-3000:]
            assert time.monotonic() < deadline, "the gate was never asked"
            time.sleep(0.1)
        run.kill()

    again = dev.deploy("1.1.0", rollout_gates=SMOKE).succeeded()

    assert verdicts(again) == [("production_traffic", "smoke", "pass")]
    assert (len(dev.deployments()), dev.deployments()[0]) == (past + 1, "SUCCESSFUL")
