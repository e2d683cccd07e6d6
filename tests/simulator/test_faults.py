# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults on demand: the right call is disturbed, in the words of its service."""

from __future__ import annotations

import threading
import time
from typing import Any

import botocore.exceptions
import pytest

from tests.support.simulator import Simulator, SimulatorError

# A read of each service, and the codes there that say "too often" and "you may not", and that of an internal error.
SERVICES: list[tuple[str, str, str, str, str]] = [
    ("ec2", "describe_vpcs", "RequestLimitExceeded", "UnauthorizedOperation", "InternalError"),
    ("s3", "list_buckets", "SlowDown", "AccessDenied", "InternalError"),
    ("iam", "list_roles", "Throttling", "AccessDenied", "InternalFailure"),
    ("rds", "describe_db_instances", "Throttling", "AccessDenied", "InternalFailure"),
    ("kms", "list_keys", "ThrottlingException", "AccessDeniedException", "InternalFailure"),
    ("ecr", "describe_repositories", "ThrottlingException", "AccessDeniedException", "InternalFailure"),
    ("backup", "list_backup_vaults", "ThrottlingException", "AccessDeniedException", "InternalFailure"),
    ("accessanalyzer", "list_analyzers", "ThrottlingException", "AccessDeniedException", "InternalFailure"),
]


def _refusal(client: Any, method: str) -> Any:
    with pytest.raises(client.exceptions.ClientError) as refused:
        getattr(client, method)()
    return refused.value.response


@pytest.mark.parametrize(("service", "method", "throttled", "denied", "internal"), SERVICES, ids=str)
def test_throttling_denials_and_errors_speak_the_services_language(
    simulator: Simulator, service: str, method: str, throttled: str, denied: str, internal: str
) -> None:
    client = simulator.client(service)
    simulator.fault("throttle", match={"service": service})
    assert _refusal(client, method)["Error"]["Code"] == throttled
    simulator.fault("deny", match={"service": service})
    response = _refusal(client, method)
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)) == (denied, True)
    simulator.fault("error500", match={"service": service})
    response = _refusal(client, method)
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == (internal, 500)
    getattr(client, method)()


@pytest.mark.parametrize(("service", "method"), [(service, method) for service, method, *_codes in SERVICES])
def test_boto3_takes_throttling_as_a_reason_to_retry(simulator: Simulator, service: str, method: str) -> None:
    simulator.fault("throttle", match={"service": service})
    getattr(simulator.client(service, retries=1), method)()
    assert [entry["fault"] for entry in simulator.calls(service)] == ["throttle", None]


def test_the_nth_matching_call_is_hit_and_so_many_times(simulator: Simulator) -> None:
    s3 = simulator.client("s3")
    match = {"service": "s3", "operation": "CreateBucket", "resource": "^monay-b", "mutating": True}
    simulator.fault("error500", match=match, nth=2, times=2)
    outcomes = []
    for name in ("monay-b0", "monay-a", "monay-b1", "monay-b2", "monay-b3"):
        try:
            s3.create_bucket(Bucket=name)
            outcomes.append("made")
        except s3.exceptions.ClientError as error:
            outcomes.append(error.response["Error"]["Code"])
    assert outcomes == ["made", "made", "InternalError", "InternalError", "made"]
    assert simulator.faults()["faults"][0]["fired"] == 2
    assert {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]} == {"monay-b0", "monay-a", "monay-b3"}


def test_each_operation_is_hit_once(simulator: Simulator) -> None:
    iam = simulator.client("iam", retries=1)
    simulator.fault("throttle", match={"service": "iam"}, each_operation=True)
    for _round in range(2):
        iam.list_roles()
        iam.list_users()
    hits = [(entry["operation"], entry["fault"]) for entry in simulator.calls("iam")]
    first = [("ListRoles", "throttle"), ("ListRoles", None), ("ListUsers", "throttle"), ("ListUsers", None)]
    assert hits == [*first, ("ListRoles", None), ("ListUsers", None)]


def test_an_answer_can_be_lost_after_the_work_was_done(simulator: Simulator) -> None:
    s3 = simulator.client("s3")
    simulator.fault("error500", when="after", match={"operation": "CreateBucket"})
    with pytest.raises(s3.exceptions.ClientError):
        s3.create_bucket(Bucket="monay-lost")
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["monay-lost"]


def test_a_reset_breaks_the_connection(simulator: Simulator) -> None:
    simulator.fault("reset", match={"operation": "DescribeVpcs"})
    ec2 = simulator.client("ec2")
    with pytest.raises(botocore.exceptions.ConnectionClosedError):
        ec2.describe_vpcs()
    (entry,) = simulator.calls("ec2")
    assert (entry["fault"], entry["status"]) == ("reset", None)
    ec2.describe_vpcs()


def test_a_timeout_keeps_silent_and_closes(simulator: Simulator) -> None:
    simulator.fault("timeout", seconds=0.3, match={"operation": "DescribeVpcs"})
    ec2, started = simulator.client("ec2"), time.monotonic()
    with pytest.raises(botocore.exceptions.ConnectionClosedError):
        ec2.describe_vpcs()
    assert 0.3 <= time.monotonic() - started < 5


def test_a_held_answer_waits_until_it_is_released(simulator: Simulator) -> None:
    simulator.fault("hold", match={"operation": "CreateBucket"})
    s3, done = simulator.client("s3"), threading.Event()

    def create() -> None:
        s3.create_bucket(Bucket="monay-held")
        done.set()

    thread = threading.Thread(target=create)
    thread.start()
    deadline = time.monotonic() + 10
    while simulator.faults()["holding"] == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    # the work is done, only the answer is missing
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["monay-held"]
    assert not done.is_set()
    simulator.release()
    thread.join(10)
    assert done.is_set()
    assert simulator.faults()["holding"] == 0


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"kind": "flood"}, "kind"),
        ({"kind": "reset", "when": "never"}, "when"),
        ({"kind": "reset", "nth": 0}, "nth"),
        ({"kind": "reset", "match": {"colour": "red"}}, "match"),
        ({"kind": "reset", "match": {"resource": "["}}, "regular expression"),
        ({"kind": "reset", "every": True}, "unknown members: every"),
    ],
)
def test_a_senseless_fault_is_refused(simulator: Simulator, given: dict[str, Any], word: str) -> None:
    with pytest.raises(SimulatorError, match=word):
        simulator.control("POST", "faults", given)


def test_faults_can_be_taken_away(simulator: Simulator) -> None:
    simulator.fault("error500", match={"service": "ec2"}, times=9)
    simulator.clear_faults()
    simulator.client("ec2").describe_vpcs()
    assert simulator.faults() == {"faults": [], "holding": 0}
