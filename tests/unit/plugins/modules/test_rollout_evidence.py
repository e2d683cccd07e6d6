# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.modules import fail_module, recorded_calls, run_module, writes
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.rollouts import NAME, Rolled

MODULE = "rollout_evidence"
GATE = {"stage": "bake", "kind": "analysis", "name": "errors", "verdict": "fail", "reason": "5% against 0.1%"}


@pytest.fixture
def app(aws):  # noqa: F811
    return Rolled(aws)


@pytest.fixture
def args(app, tmp_path):
    own = {name: value for name, value in app.args().items() if name in ("region", "cluster", "service")}
    return {**own, "directory": str(tmp_path / "evidence")}


def test_writes_a_page_and_json_once(app, args):
    app.roll(2, pause_before=["bake"], wait_until="paused")
    app.roll(2, state="aborted")

    with recorded_calls() as calls:
        made = run_module(MODULE, {**args, "gates": [GATE]})
    again = run_module(MODULE, {**args, "gates": [GATE]})

    assert (made["changed"], again["changed"], writes(calls)) == (True, False, [])
    document = json.loads(Path(made["json"]).read_text(encoding="utf-8"))
    assert made["headline"] == document["headline"] == f"{NAME}:2: gate errors: 5% against 0.1%"
    assert document["restored"]["task_definition"] == f"{NAME}:1"
    assert "gate errors" in Path(made["page"]).read_text(encoding="utf-8")


def test_what_gates_said_in_earlier_runs_is_in_the_ledger_and_on_the_page(app, args, aws):  # noqa: F811
    aws.client("s3").create_bucket(Bucket="ledger", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    app.roll(2, pause_before=["bake"], wait_until="paused")
    earlier = {**GATE, "name": "smoke", "verdict": "pass", "at": "2027-03-01T08:00:00Z"}
    later = {**GATE, "at": "2027-03-01T08:05:00Z"}
    own = {name: value for name, value in args.items() if name != "directory"}
    arn = app.newest()["serviceDeploymentArn"]
    run_module("release_ledger", {**own, "bucket": "ledger", "deployment": arn, "gates": [earlier]})
    app.roll(2, state="aborted")

    lost = run_module(MODULE, {**args, "gates": [later], "ledger_bucket": "no-such-bucket-of-the-test"})

    assert json.loads(Path(lost["json"]).read_text(encoding="utf-8"))["gates"] == [later]
    assert "lacks verdicts of gates that other runs asked" in lost["warnings"][0]
    made = run_module(MODULE, {**args, "gates": [later], "ledger_bucket": "ledger"})
    assert json.loads(Path(made["json"]).read_text(encoding="utf-8"))["gates"] == [earlier, later]
    assert "<td>pass</td>" in Path(made["page"]).read_text(encoding="utf-8")


def test_check_mode_writes_nothing(app, args, tmp_path):
    made = run_module(MODULE, args, check=True)

    assert made["changed"]
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_deployment_is_named_by_its_arn(app, args):
    first = app.roll(2)["deployment"]["arn"]
    app.roll(3)

    assert run_module(MODULE, {**args, "deployment": first})["headline"].startswith(f"{NAME}:2: ")


def test_a_folder_that_cannot_be_written_is_named(app, args, tmp_path):
    (tmp_path / "evidence").touch()

    assert f"cannot write {tmp_path / 'evidence'}" in fail_module(MODULE, args)


def test_names_the_service_that_does_not_exist(args):
    assert "service other does not exist" in fail_module(MODULE, {**args, "service": "other"})
