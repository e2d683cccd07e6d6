# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the role service asks for, filled in as for a real environment, and whether AWS would take it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.monay.platform.plugins.module_utils.core.ecs_references import resolved
from ansible_collections.monay.platform.plugins.module_utils.core.ecs_service import sendable as sendable_service
from ansible_collections.monay.platform.plugins.module_utils.core.ecs_service_problems import problems
from ansible_collections.monay.platform.plugins.module_utils.core.ecs_task_definition import sendable
from ansible_collections.monay.platform.plugins.module_utils.core.scaling import policy_state
from tests.support.roles import role_variable

APPLICATIONS = yaml.safe_load(
    (Path(__file__).parents[2] / "inventories/shared/group_vars/all.yml").read_text(encoding="utf-8")
)["platform_applications"]


def inventory(host: str = "monay-backend-common", **said: Any) -> dict[str, Any]:
    short = host.removeprefix("monay-")
    api = APPLICATIONS[host]["kind"] == "api"
    return {
        "platform_project": "monay",
        "platform_environment": "dev",
        "platform_name": "monay-dev",
        "platform_region": "us-east-1",
        "platform_domain": "dev.monay.example",
        "platform_availability_zones": ["us-east-1a", "us-east-1b"],
        "platform_monitoring_level": "basic",
        "application_name": f"monay-dev-{short}",
        "application_short_name": short,
        "application_port": APPLICATIONS[host]["port"],
        "application_hostname": f"{APPLICATIONS[host]['subdomain']}.dev.monay.example",
        "application_health_path": "/health",
        "application_uses_database": api,
        "application_uses_cache": api,
        "application_api_url": "" if api else "https://api.dev.monay.example",
        "service_first_image_tag": "1.0.0",
        "__service_made_groups": {"resources": {}},
        "__service_made_rules": {"resources": {}},
        **said,
    }


def value(variable: str, host: str = "monay-backend-common", **said: Any) -> Any:
    return role_variable("service", variable, inventory(host, **said))


def container(host: str = "monay-backend-common", **said: Any) -> dict[str, Any]:
    """The application's container as it is sent, with references shown by name."""
    containers = resolved(value("__service_containers", host, **said), {}, str)
    (found,) = sendable({"containerDefinitions": containers, "requiresCompatibilities": ["FARGATE"]})[
        "containerDefinitions"
    ]
    return dict(found)


def environment(found: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["value"] for each in found["environment"]}


def test_a_container_is_kept_small_and_safe():
    found = container()

    assert found["user"] == "1000:1000"
    assert found["readonlyRootFilesystem"] is True
    assert found["linuxParameters"] == {
        "capabilities": {"drop": ["ALL"]},
        "initProcessEnabled": True,
        "tmpfs": [{"containerPath": "/tmp", "size": 64}],  # noqa: S108 - of the container
    }
    assert found["ulimits"] == [{"name": "nofile", "softLimit": 65536, "hardLimit": 65536}]
    assert found["stopTimeout"] == 30
    assert found["logConfiguration"]["options"] == {
        "awslogs-group": "/monay/dev/backend-common",
        "awslogs-region": "us-east-1",
        "awslogs-stream-prefix": "backend-common",
        "max-buffer-size": "25m",
        "mode": "non-blocking",
    }
    assert "localhost:3001/health" in found["healthCheck"]["command"][1]


def test_the_image_is_a_reference_that_keeps_what_runs():
    assert container()["image"] == "(repository monay/dev/backend-common:1.0.0)"
    assert container(service_image_tag="1.1.0")["image"] == "(repository monay/dev/backend-common:1.1.0)"


def test_the_backend_uses_database_and_cache():
    found = container()

    assert environment(found) == {
        "APP_URL": "https://api.dev.monay.example",
        "DATABASE_HOST": "(host of database monay-dev-postgres)",
        "DATABASE_NAME": "(name of database monay-dev-postgres)",
        "DATABASE_PORT": "(port of database monay-dev-postgres)",
        "DATABASE_SECRET_ARN": "(secret_arn of database monay-dev-postgres)",
        "HOSTNAME": "0.0.0.0",
        "NODE_ENV": "production",
        "PORT": "3001",
        "REDIS_HOST": "(host of cache monay-dev-redis)",
        "REDIS_PORT": "(port of cache monay-dev-redis)",
        "REDIS_TLS": "true",
    }
    assert [each["name"] for each in found["secrets"]] == ["JWT_SECRET", "REDIS_AUTH_TOKEN", "SESSION_SECRET"]


def test_a_web_application_calls_the_api():
    found = container("monay-admin")

    assert environment(found)["API_URL"] == "https://api.dev.monay.example"
    assert not [name for name in environment(found) if name.startswith(("DATABASE", "REDIS"))]
    assert found["secrets"] == [
        {"name": "JWT_SECRET", "valueFrom": "(secret monay/dev/admin:JWT_SECRET)"},
        {"name": "SESSION_SECRET", "valueFrom": "(secret monay/dev/admin:SESSION_SECRET)"},
    ]


def test_everything_about_a_container_can_be_said_otherwise():
    found = container(
        service_environment={"LOG": "debug", "NODE_ENV": "test"},
        service_container={"linuxParameters": {"initProcessEnabled": False}, "hostname": "api"},
        service_health_command=[],
    )

    assert environment(found)["LOG"] == "debug"
    assert environment(found)["NODE_ENV"] == "test"
    assert found["linuxParameters"]["initProcessEnabled"] is False
    assert found["linuxParameters"]["tmpfs"]
    assert found["hostname"] == "api"
    assert "healthCheck" not in found


def test_the_agent_of_a_shell_has_where_to_write():
    assert value("__service_volume_list") == [{"name": "exec-state"}, {"name": "exec-logs"}]
    assert [each["containerPath"] for each in container()["mountPoints"]] == ["/var/lib/amazon", "/var/log/amazon"]
    assert "mountPoints" not in container(service_exec=False)


def test_a_sidecar_stands_beside_the_application():
    sidecar = {"name": "datadog-agent", "image": "public.ecr.aws/datadog/agent:7", "essential": False}

    names = [each["name"] for each in value("__service_containers", service_sidecars=[sidecar])]

    assert names == ["backend-common", "datadog-agent"]


@pytest.mark.parametrize("strategy", ["BLUE_GREEN", "CANARY", "LINEAR", "ROLLING"])
def test_ecs_would_take_the_service(strategy):
    said = {
        "service_deployment_strategy": strategy,
        "service_deployment_alarms": ["monay-dev-backend-common-api-errors"],
    }
    values = sendable_service(
        {
            "deploymentConfiguration": value("__service_deployment", **said),
            "loadBalancers": [value("__service_balancer", **said)],
            "capacityProviderStrategy": value("__service_capacity", **said),
        }
    )

    assert problems(values) == []
    assert values["deploymentConfiguration"]["strategy"] == strategy
    assert values["deploymentConfiguration"]["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert ("advancedConfiguration" in values["loadBalancers"][0]) is (strategy != "ROLLING")


def test_names_stand_where_nothing_exists_yet_and_arns_afterwards():
    advanced = value("__service_balancer")["advancedConfiguration"]
    assert advanced["productionListenerRule"] == "monay-dev-backend-common"
    assert advanced["alternateTargetGroupArn"] == "monay-dev-backend-common-green"

    made = {"resources": {"listener rule": {"monay-dev-backend-common-test": {"id": "arn:rule"}}}}
    assert (
        value("__service_balancer", __service_made_rules=made)["advancedConfiguration"]["testListenerRule"]
        == "arn:rule"
    )


def test_names_of_target_groups_fit():
    groups = value("__service_target_groups", "monay-cross-platform-web")

    assert [len(each["name"]) <= 32 for each in groups] == [True, True]
    assert [each["name"].rpartition("-")[2] for each in groups] == ["blue", "green"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, [("FARGATE", 100, 1)]),
        ({"service_spot_percent": 30, "service_min_count": 2}, [("FARGATE", 70, 2), ("FARGATE_SPOT", 30, 0)]),
        ({"service_launch": "ec2"}, [("monay-dev-ec2", 1, 0)]),
    ],
)
def test_where_tasks_run(said, expected):
    found = value("__service_capacity", **said)

    assert [(each["capacityProvider"], each["weight"], each.get("base", 0)) for each in found] == expected


def test_scales_by_what_is_said():
    said = {"service_autoscaling_requests": 600, "service_autoscaling_memory": 0}

    found = value("__service_policies", **said)

    assert [each["metric"] for each in found] == ["cpu", "requests"]
    plain = {"target_groups": [], "scale_in_cooldown": 300, "scale_out_cooldown": 60, "scale_in": True}
    assert policy_state({**plain, **found[1]})["target_groups"] == [
        "monay-dev-backend-common-blue",
        "monay-dev-backend-common-green",
    ]
