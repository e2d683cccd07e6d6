# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from ansible_collections.monay.platform.plugins.module_utils.aws.api import Api
from ansible_collections.monay.platform.plugins.module_utils.aws.release_ledger import Ledger
from tests.support.modules import (
    assert_previewed,
    assert_settled,
    fail_module,
    recorded_calls,
    run_module,
    writes,
)
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.rollouts import CLUSTER, NAME, Rolled

MODULE = "release_ledger"
BUCKET = "ledger-of-the-test"
GATE = {"stage": "bake", "kind": "alarms", "name": "errors", "verdict": "pass", "reason": "OK"}


@pytest.fixture
def app(aws):  # noqa: F811
    region = {"LocationConstraint": "eu-west-1"}
    aws.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=region)
    return Rolled(aws)


def args(app, **options):
    own = {name: value for name, value in app.args().items() if name in ("region", "cluster", "service")}
    return {**own, "bucket": BUCKET, **options}


def info(app):
    return run_module("release_ledger_info", args(app))


def at(number):
    return f"ledger/{CLUSTER}/{NAME}/{number:06d}.json"


def test_writes_each_deployment_down_once_with_what_gates_said(app):
    app.roll(2)
    arn = app.newest()["serviceDeploymentArn"]

    made = run_module(MODULE, args(app, deployment=arn, gates=[GATE]))
    with recorded_calls() as calls:
        again = run_module(MODULE, args(app, deployment=arn, gates=[GATE]))

    assert [change["kind"] for change in made["changes"]] == ["verdict", "release", "release"]
    assert (again["changed"], writes(calls)) == (False, [])
    first, second = info(app)["entries"]
    assert (first["task_definition"], first["gates"]) == (f"{NAME}:1", [])
    assert (second["deployment"], second["status"], second["gates"]) == (arn, "SUCCESSFUL", [GATE])
    assert second["previous"] == first["hash"]
    assert app.made["digest"] in second["images"]["app"]
    assert second["recorded_by"].startswith("arn:aws:")
    assert info(app)["broken"] == ""


def test_what_went_back_is_written_down_and_what_is_under_way_is_not(app):
    app.roll(2, pause_before=["bake"], wait_until="paused")
    run_module(MODULE, args(app))
    assert [each["number"] for each in info(app)["entries"]] == [1]

    app.roll(2, state="aborted")
    run_module(MODULE, args(app))

    last = info(app)["entries"][-1]
    assert (last["task_definition"], last["status"], last["restored"]) == (
        f"{NAME}:2",
        "ROLLBACK_SUCCESSFUL",
        f"{NAME}:1",
    )
    assert "cannot be brought back: it ended ROLLBACK_SUCCESSFUL; these can: 1" in fail_module(
        MODULE, args(app, state="restored", release=2)
    )


def test_what_gates_said_in_several_runs_is_kept_until_the_deployment_is_over(app):
    app.roll(2, pause_before=["bake"], wait_until="paused")
    first, second = (
        {**GATE, "name": name, "at": f"2027-03-01T08:0{minute}:00Z"} for minute, name in ((0, "a"), (1, "b"))
    )
    asked = args(app, deployment=app.newest()["serviceDeploymentArn"])

    preview = run_module(MODULE, {**asked, "gates": [second]}, check=True)
    kept = run_module(MODULE, {**asked, "gates": [second]})
    with recorded_calls() as calls:
        again = run_module(MODULE, {**asked, "gates": [second]})
    run_module(MODULE, {**asked, "gates": [first, second]})
    app.roll(2, state="promoted")
    run_module(MODULE, args(app))

    verdict = {"action": "create", "kind": "verdict", "name": "b before bake", "fields": []}
    assert preview["changes"] == kept["changes"]
    assert verdict in kept["changes"]
    assert (again["changes"], writes(calls)) == ([], [])
    assert [(each["number"], each["gates"]) for each in info(app)["entries"]] == [(1, []), (2, [first, second])]


def test_check_mode_writes_nothing(app):
    with recorded_calls() as calls:
        made = run_module(MODULE, args(app), check=True)

    assert made["changed"]
    assert writes(calls) == []


def test_a_release_that_is_still_there_is_used_as_it_is(app):
    run_module(MODULE, args(app))

    with recorded_calls() as calls:
        found = run_module(MODULE, args(app, state="restored", release=1))

    assert (found["task_definition"], found["changed"], writes(calls)) == (f"{NAME}:1", False, [])


def test_brings_back_what_ecs_has_forgotten(app):
    app.roll(2)
    run_module(MODULE, args(app))
    was = app.ecs.describe_task_definition(taskDefinition=f"{NAME}:1")["taskDefinition"]
    app.ecs.deregister_task_definition(taskDefinition=f"{NAME}:1")
    app.ecs.delete_task_definitions(taskDefinitions=[f"{NAME}:1"])

    planned = run_module(MODULE, args(app, state="restored", release=1), check=True)
    found = run_module(MODULE, args(app, state="restored", release=1))
    again = run_module(MODULE, args(app, state="restored", release=1))

    assert planned["task_definition"] == found["task_definition"] == again["task_definition"] == f"{NAME}:5"
    assert (found["changed"], again["changed"]) == (True, False)
    now = app.ecs.describe_task_definition(taskDefinition=f"{NAME}:5")["taskDefinition"]
    varying = {"taskDefinitionArn", "revision", "registeredAt", "registeredBy", "status", "deregisteredAt"}
    assert {key: now[key] for key in now.keys() - varying} == {key: was[key] for key in was.keys() - varying}
    app.roll(5, state="rolled_back")
    assert app.runs() == f"{NAME}:5"


def test_a_changed_entry_is_named_and_nothing_is_brought_back_from_it(app):
    app.roll(2)
    run_module(MODULE, args(app))
    s3 = app.aws.client("s3")
    entry = json.loads(s3.get_object(Bucket=BUCKET, Key=at(1))["Body"].read())
    s3.put_object(Bucket=BUCKET, Key=at(1), Body=json.dumps({**entry, "recorded_by": "somebody else"}).encode())

    assert info(app)["broken"] == "entry 1 is not what was written: its hash does not fit its content"
    assert "The chain is BROKEN: entry 1" in info(app)["report"]
    assert "cannot be trusted" in fail_module(MODULE, args(app, state="restored", release=2))

    s3.delete_object(Bucket=BUCKET, Key=at(1))
    assert info(app)["broken"] == "entry 1 is missing"


def test_many_writers_at_once_make_one_chain(app):
    def append(number):
        ledger = Ledger(Api(app.aws.client("s3")), BUCKET, CLUSTER, NAME)
        return ledger.append({"deployment": f"arn:{number % 4}", "status": "SUCCESSFUL"})

    with ThreadPoolExecutor(8) as pool:
        written = [each for each in pool.map(append, range(8)) if each]

    assert sorted(each["number"] for each in written) == [1, 2, 3, 4]
    assert {each["deployment"] for each in written} == {f"arn:{number}" for number in range(4)}
    assert info(app)["broken"] == ""


def test_says_that_the_ledger_is_behind_where_the_bucket_cannot_be_written_to(app):
    message = fail_module(MODULE, args(app, bucket="no-such-bucket-of-the-test"))

    assert "is not up to date; the deployment is as ECS says" in message
    assert "NoSuchBucket" in message
    assert "Run the same again" in message


LOCKED = {"name": "locked-ledger-of-the-test", "versioning": True, "object_lock": {"days": 30}}


def locked(app, **options):
    return {"region": app.args()["region"], "buckets": [{**LOCKED, **options}]}


def test_a_locked_ledger_keeps_its_entries_until_it_is_said_to_give_them_up(app):
    s3, name = app.aws.client("s3"), LOCKED["name"]
    assert_previewed("s3_bucket", locked(app))
    run_module(MODULE, args(app, bucket=name))
    assert_settled("s3_bucket", locked(app))
    (version,) = s3.list_object_versions(Bucket=name)["Versions"]

    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])
    absent = {**locked(app), "buckets": [{"name": name}], "state": "absent", "force": True}
    with recorded_calls() as calls:
        message = fail_module("s3_bucket", absent)

    assert "Object Lock keeps what is in it. Nothing was deleted" in message
    assert "storage_bypass_governance_retention" in message
    assert writes(calls) == []
    run_module("s3_bucket", {**absent, "bypass_governance_retention": True})
    assert_settled("s3_bucket", {**absent, "bypass_governance_retention": True})


def test_a_ledger_is_locked_later_longer_and_no_more(app):
    first = {"region": app.args()["region"], "buckets": [{**LOCKED, "object_lock": {}}]}
    run_module("s3_bucket", first)
    run_module(MODULE, args(app, bucket=LOCKED["name"]))

    for days in (30, 60, 0):
        updated = assert_previewed("s3_bucket", locked(app, object_lock={"days": days}))
        assert [(each["action"], each["fields"]) for each in updated["changes"]] == [("update", ["object_lock"])]
        assert_settled("s3_bucket", locked(app, object_lock={"days": days}))


def test_a_locked_bucket_takes_no_object_without_a_checksum(app, monkeypatch):
    run_module("s3_bucket", locked(app))
    monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
    s3 = app.aws.client("s3", retries=3)  # a new client, which has read the setting

    with pytest.raises(ClientError, match="Content-MD5 OR x-amz-checksum"):
        s3.put_object(Bucket=LOCKED["name"], Key="any", Body=b"x")
    with pytest.raises(ClientError, match="InvalidBucketState"):
        s3.put_bucket_versioning(Bucket=LOCKED["name"], VersioningConfiguration={"Status": "Suspended"})
    run_module(MODULE, args(app, bucket=LOCKED["name"]))
