# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""On an empty account, and over answers as AWS gives them; tests/playbooks reads applications that run."""

from __future__ import annotations

import io

import pytest
from moto import mock_aws

from ansible_collections.monay.platform.plugins.module_utils.aws.applications import Reader
from ansible_collections.monay.platform.plugins.module_utils.core.site_release import Current
from tests.support.modules import fail_module, recorded_calls, run_module, writes

CLUSTER = "monay-dev"
ADMIN = {
    "host": "monay-admin",
    "name": "monay-dev-admin",
    "kind": "nextjs",
    "hostname": "admin.dev.monay.example",
    "container": "admin",
    "repository": "monay/dev/admin",
}
SITE = {
    "host": "monay-website-static",
    "name": "monay-dev-website-static",
    "kind": "static",
    "hostname": "www.dev.monay.example",
    "bucket": "monay-dev-111111111111-site",
}
ARGS = {
    "region": "us-east-1",
    "cluster": CLUSTER,
    "alarm_prefix": "monay-dev-",
    "applications": [ADMIN, SITE],
}


class Answers:
    """Stands for Api objects: answers by operation, kept calls."""

    def __init__(self, **answers):
        self.answers = answers
        self.calls = []

    def __call__(self, service, region=None):
        return self

    def pages(self, operation, key, doing, missing=(), **params):
        self.calls.append(operation)
        answer = self.answers.get(operation, {})
        answer = answer(params) if callable(answer) else answer
        return answer.get(key, [])

    def read(self, operation, doing, missing=(), **params):
        self.calls.append(operation)
        answer = self.answers.get(operation, {"DistributionList": {}})
        return answer(params) if callable(answer) else answer


def service(**changes):
    return {
        "serviceName": "monay-dev-admin",
        "serviceArn": "arn:service",
        "status": "ACTIVE",
        "runningCount": 2,
        "desiredCount": 3,
        "currentServiceRevisions": [{"arn": "arn:revision"}],
        "loadBalancers": [
            {"targetGroupArn": "arn:blue", "advancedConfiguration": {"alternateTargetGroupArn": "arn:green"}}
        ],
        **changes,
    }


def answers(**changes):
    image = {"containerName": "admin", "imageDigest": "sha256:0123", "image": "repo/admin@sha256:0123"}
    sidecar = {"containerName": "datadog-agent", "imageDigest": "sha256:9999", "image": "agent:7"}
    healths = {"arn:blue": ["healthy", "unhealthy"], "arn:green": ["unused"]}
    return Answers(
        **{
            "describe_services": {"services": [service()]},
            "list_service_deployments": {
                "serviceDeployments": [{"createdAt": "2026-01-01", "status": "IN_PROGRESS", "statusReason": "baking"}]
            },
            "describe_service_revisions": {
                "serviceRevisions": [{"serviceArn": "arn:service", "containerImages": [sidecar, image]}]
            },
            "describe_images": lambda params: {"imageDetails": [{"imageTags": ["1.4.0"]}]},
            "describe_target_health": lambda params: {
                "TargetHealthDescriptions": [
                    {"TargetHealth": {"State": state}} for state in healths[params["TargetGroupArn"]]
                ]
            },
            "describe_alarms": {
                "MetricAlarms": [
                    {"AlarmName": "monay-dev-admin-cpu-high", "StateValue": "ALARM"},
                    {"AlarmName": "monay-dev-redis-memory", "StateValue": "OK"},
                ],
                "CompositeAlarms": [{"AlarmName": "monay-dev-admin", "StateValue": "ALARM"}],
            },
            **changes,
        }
    )


def read(given, *applications):
    wanted = [{**each, "static": each["kind"] == "static"} for each in applications]
    return Reader(given, CLUSTER, ["us-east-1"]).statuses(wanted, "monay-dev-")


@pytest.mark.parametrize("check", [True, False])
def test_an_empty_account_is_no_error(check):
    with mock_aws(), recorded_calls() as calls:
        result = run_module("application_info", ARGS, check=check)

    assert result["changed"] is False
    assert [each["deployment"] for each in result["applications"]] == ["not deployed", "not deployed"]
    assert "monay-admin" in result["report"]
    assert writes(calls) == []


def test_a_service():
    ((admin,), others) = read(answers(), ADMIN)

    assert (admin.version, admin.running, admin.desired) == ("1.4.0", 2, 3)
    assert admin.deployment == "IN_PROGRESS: baking"
    assert admin.health == "1/2 healthy (unhealthy)"
    assert admin.alarms == {"monay-dev-admin": "ALARM", "monay-dev-admin-cpu-high": "ALARM"}
    assert others == {"monay-dev-redis-memory": "OK"}


def test_two_versions_while_a_deployment_goes_on():
    def revision(digest):
        image = {"containerName": "admin", "imageDigest": digest, "image": "repo/admin"}
        return {"serviceArn": "arn:service", "containerImages": [image]}

    given = answers(
        describe_service_revisions={"serviceRevisions": [revision("sha256:a"), revision("sha256:b")]},
        describe_images=lambda params: {
            "imageDetails": [{"imageTags": ["1" if params["imageIds"][0]["imageDigest"] == "sha256:a" else "2"]}]
        },
    )

    assert read(given, ADMIN)[0][0].version == "1 and 2"


def test_a_deleted_service_does_not_stand():
    given = answers(describe_services={"services": [service(status="INACTIVE")]})

    assert read(given, ADMIN)[0][0].deployment == "not deployed"


def test_a_site():
    def page(params):
        item = {"Aliases": {"Items": [SITE["hostname"]]}, "Status": "InProgress", "Enabled": True}
        last = {"DistributionList": {"Items": [item]}}
        return last if params.get("Marker") else {"DistributionList": {"Items": [], "NextMarker": "2"}}

    current = {"Body": io.BytesIO(Current(history=("3f2c91b07ad4", "81d0c2ee19fa")).to_json().encode())}
    ((site,), _others) = read(answers(list_distributions=page, get_object=current), SITE)

    assert site.version == "3f2c91b07ad4"
    assert (site.deployment, site.health, site.url) == ("INPROGRESS", "enabled", "https://www.dev.monay.example/")


def test_many_services_are_read_in_few_calls():
    names = [f"monay-dev-{number}" for number in range(12)]
    applications = [{**ADMIN, "host": name, "name": name} for name in names]
    given = answers(describe_services=lambda params: {"services": [service(serviceName=n) for n in params["services"]]})

    read(given, *applications)

    assert given.calls.count("describe_services") == 2
    assert given.calls.count("describe_service_revisions") == 1
    assert given.calls.count("describe_alarms") == 2


def test_a_service_needs_its_container():
    message = fail_module("application_info", {**ARGS, "applications": [{**SITE, "kind": "api"}]})

    assert "container" in message
