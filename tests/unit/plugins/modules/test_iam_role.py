# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
import re

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from ansible_collections.monay.platform.plugins.module_utils.aws import api
from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, run_module

REGION = "us-east-1"
MONITORING = "arn:aws:iam::123456789012:policy/monitoring"
READ_ONLY = "arn:aws:iam::123456789012:policy/read-only"
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
READ = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::monay-dev/*"}]}
ROLE = {
    "name": "monay-dev-probe",
    "path": "/monay/dev/",
    "description": "Probes",
    "trust_policy": TRUST,
    "inline_policies": {"read": READ},
    "managed_policies": [MONITORING],
    "max_session_duration": 7200,
}
TAGS = {"Project": "monay", "Environment": "dev"}


@pytest.fixture
def iam():
    with mock_aws():
        client = boto3.client("iam", region_name=REGION)
        for name in ("monitoring", "read-only"):
            client.create_policy(PolicyName=name, PolicyDocument=json.dumps({"Version": "2012-10-17", **READ}))
        yield client


def task(*roles, **extra):
    return {"region": REGION, "roles": list(roles), "tags": TAGS, **extra}


def edited(**fields):
    return task({**ROLE, **fields})


def test_create_as_previewed_then_nothing(iam):
    created = assert_previewed("iam_role", task(ROLE))

    assert changes(created) == {("create", "IAM role", "monay-dev-probe")}
    role = iam.get_role(RoleName="monay-dev-probe")["Role"]
    assert (role["Path"], role["Description"], role["MaxSessionDuration"]) == ("/monay/dev/", "Probes", 7200)
    assert {tag["Key"]: tag["Value"] for tag in role["Tags"]} == TAGS
    assert iam.list_role_policies(RoleName="monay-dev-probe")["PolicyNames"] == ["read"]
    attached = iam.list_attached_role_policies(RoleName="monay-dev-probe")["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [MONITORING]
    assert_settled("iam_role", task(ROLE))


@pytest.mark.usefixtures("iam")
@pytest.mark.parametrize(
    ("fields", "changed"),
    [
        pytest.param({"description": "Other"}, ["description"], id="description"),
        pytest.param({"max_session_duration": 3600}, ["max_session_duration"], id="session"),
        pytest.param(
            {"trust_policy": {"Statement": [{**TRUST["Statement"][0], "Principal": {"Service": "ec2.amazonaws.com"}}]}},
            ["trust_policy"],
            id="trust",
        ),
        pytest.param({"inline_policies": {"other": READ}}, ["inline_policies"], id="another inline policy"),
        pytest.param(
            {"inline_policies": {"read": {"Statement": {**READ["Statement"][0], "Action": "s3:PutObject"}}}},
            ["inline_policies"],
            id="changed inline policy",
        ),
        pytest.param({"inline_policies": {}}, ["inline_policies"], id="no inline policy"),
        pytest.param({"managed_policies": [READ_ONLY]}, ["managed_policies"], id="another managed policy"),
        pytest.param({"managed_policies": []}, ["managed_policies"], id="no managed policy"),
        pytest.param({"permissions_boundary": READ_ONLY}, ["permissions_boundary"], id="boundary"),
        pytest.param({"tags": {"Environment": "staging"}}, ["tags"], id="tags"),
    ],
)
def test_each_field_is_updated(fields, changed):
    run_module("iam_role", task(ROLE))

    updated = assert_previewed("iam_role", edited(**fields))

    assert [(change["action"], change["fields"]) for change in updated["changes"]] == [("update", changed)]
    assert_settled("iam_role", edited(**fields))


@pytest.mark.usefixtures("iam")
def test_the_same_policies_in_other_words_are_no_change():
    run_module("iam_role", task(ROLE))
    statement = READ["Statement"][0]
    reworded = {"Version": "2012-10-17", "Statement": {**statement, "Action": ["s3:GetObject"]}}

    assert_settled("iam_role", edited(inline_policies={"read": reworded}))


@pytest.mark.usefixtures("iam")
def test_what_is_left_out_is_left_alone():
    run_module("iam_role", task(ROLE))

    assert_settled("iam_role", {"region": REGION, "roles": [{"name": ROLE["name"]}]})


def test_a_change_of_the_description_keeps_the_session_duration(iam):
    run_module("iam_role", task(ROLE))

    run_module("iam_role", task({"name": ROLE["name"], "description": "Other"}))

    assert iam.get_role(RoleName=ROLE["name"])["Role"]["MaxSessionDuration"] == 7200


def test_foreign_policies_are_removed(iam):
    run_module("iam_role", task(ROLE))
    iam.attach_role_policy(RoleName=ROLE["name"], PolicyArn=READ_ONLY)
    iam.put_role_policy(
        RoleName=ROLE["name"], PolicyName="by-hand", PolicyDocument=json.dumps({"Version": "2012-10-17", **READ})
    )

    updated = assert_previewed("iam_role", task(ROLE))

    assert updated["changes"][0]["fields"] == ["inline_policies", "managed_policies"]
    assert iam.list_role_policies(RoleName=ROLE["name"])["PolicyNames"] == ["read"]
    assert len(iam.list_attached_role_policies(RoleName=ROLE["name"])["AttachedPolicies"]) == 1


def test_a_boundary_is_removed_by_an_empty_string(iam):
    run_module("iam_role", edited(permissions_boundary=READ_ONLY))

    run_module("iam_role", edited(permissions_boundary=""))

    assert "PermissionsBoundary" not in iam.get_role(RoleName=ROLE["name"])["Role"]


def test_delete_takes_everything_that_hangs_on_the_role(iam):
    run_module("iam_role", task(ROLE))
    for profile in (ROLE["name"], "shared"):
        iam.create_instance_profile(InstanceProfileName=profile)
        iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=ROLE["name"])
    absent = task({"name": ROLE["name"]}, state="absent")

    deleted = assert_previewed("iam_role", absent)

    assert changes(deleted) == {("delete", "IAM role", ROLE["name"])}
    assert iam.list_roles(PathPrefix="/monay/")["Roles"] == []
    profiles = iam.list_instance_profiles()["InstanceProfiles"]
    assert [(profile["InstanceProfileName"], profile["Roles"]) for profile in profiles] == [("shared", [])]
    assert_settled("iam_role", absent)


@pytest.mark.usefixtures("iam")
@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param({"name": "r" * 65}, r"1 to 64 letters.*this one has 65", id="long name"),
        pytest.param({"path": "monay"}, "path monay must begin and end with /", id="path"),
        pytest.param({"max_session_duration": 60}, "60 seconds; AWS takes 3600 to 43200", id="session"),
        pytest.param({"inline_policies": {"a b": READ}}, "policy name 'a b'", id="policy name"),
        pytest.param({"inline_policies": {"x": {}}}, "inline policy x of .* has no Statement", id="empty policy"),
        pytest.param({"trust_policy": READ}, "trust policy of .*neither Principal", id="trust without principal"),
        pytest.param(
            {
                "inline_policies": {
                    f"p{n}": {"Statement": [{**READ["Statement"][0], "Sid": "s" * 3000}]} for n in "abcd"
                }
            },
            "inline policies have .* together; AWS takes 10240",
            id="long policies",
        ),
    ],
)
def test_refuses_before_the_first_call(fields, reason):
    message = fail_module("iam_role", edited(**fields), check=True)

    assert re.search(reason, message), message


@pytest.mark.usefixtures("iam")
def test_a_role_cannot_move():
    run_module("iam_role", task(ROLE))

    message = fail_module("iam_role", edited(path="/other/"))

    assert "IAM role monay-dev-probe: path cannot be changed from '/monay/dev/' to '/other/'" in message


@pytest.mark.usefixtures("iam")
def test_a_new_role_needs_a_trust_policy():
    assert "cannot be created without trust_policy" in fail_module("iam_role", task({"name": "r"}))


@pytest.mark.usefixtures("iam")
def test_an_unknown_managed_policy_is_named_in_the_failure(monkeypatch):
    monkeypatch.setattr(api, "backoff", lambda _attempt: 0)

    message = fail_module("iam_role", edited(managed_policies=["arn:aws:iam::aws:policy/Nonesuch"]))

    assert "attach policy arn:aws:iam::aws:policy/Nonesuch to IAM role monay-dev-probe" in message
    assert "NoSuchEntity" in message


def failing_once(monkeypatch, operation, error):
    """The call does its work, and its answer is an error, the first time."""
    call, failed = BaseClient._make_api_call, []

    def fail(client, name, params):
        answer = call(client, name, params)
        if name == operation and not failed:
            failed.append(name)
            raise error
        return answer

    monkeypatch.setattr(BaseClient, "_make_api_call", fail)


LOST = ReadTimeoutError(endpoint_url="https://iam")
DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "PutRolePolicy")


@pytest.mark.parametrize("operation", ["CreateRole", "PutRolePolicy", "AttachRolePolicy"])
def test_a_lost_answer_is_no_failure(iam, monkeypatch, operation):
    monkeypatch.setattr(api, "backoff", lambda _attempt: 0)
    failing_once(monkeypatch, operation, LOST)

    run_module("iam_role", task(ROLE))

    assert iam.list_role_policies(RoleName=ROLE["name"])["PolicyNames"] == ["read"]
    assert_settled("iam_role", task(ROLE))


@pytest.mark.usefixtures("iam")
@pytest.mark.parametrize("operation", ["CreateRole", "PutRolePolicy", "AttachRolePolicy"])
def test_a_run_that_broke_off_is_continued_by_the_next(monkeypatch, operation):
    failing_once(monkeypatch, operation, DENIED)
    fail_module("iam_role", task(ROLE))

    assert_previewed("iam_role", task(ROLE))

    assert_settled("iam_role", task(ROLE))
