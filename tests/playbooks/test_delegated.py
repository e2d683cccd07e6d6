# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is ECS's, the autoscaler's or a release's is left alone by every phase run; and one application alone."""

from __future__ import annotations

import pytest

from tests.playbooks.test_environments import left

ADMIN, NAME, CLUSTER = "monay-admin", "monay-dev-admin", "monay-dev"


@pytest.fixture(scope="module")
def dev(standing):
    with standing("dev", 3) as built:
        yield built


def unchanged(dev, playbook, *arguments):
    """Run a playbook that finds nothing to do."""
    before = dev.now
    run = dev.playbooks.run(playbook, *arguments).succeeded()
    assert (run.changed_tasks, dev.writes(before)) == ([], [])
    return run


def service(dev):
    return dev.client("ecs").describe_services(cluster=CLUSTER, services=[NAME])["services"][0]


def rule_of(dev, port):
    elb = dev.client("elbv2")
    balancer = elb.describe_load_balancers(Names=[CLUSTER])["LoadBalancers"][0]["LoadBalancerArn"]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    listener = next(each["ListenerArn"] for each in listeners if each["Port"] == port)
    hosts = ["admin.dev.monay.example"]
    return next(
        rule
        for rule in elb.describe_rules(ListenerArn=listener)["Rules"]
        if any(each.get("HostHeaderConfig", {}).get("Values") == hosts for each in rule["Conditions"])
    )


def weights(rule):
    groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    return {group["TargetGroupArn"]: group["Weight"] for group in groups}


def test_one_application_alone(dev):
    before = dev.now

    run = dev.playbooks.run("phase3", "--limit", ADMIN, service_image_tag="1.1.0").succeeded()

    assert {each["host"] for each in run.tasks} == {ADMIN}
    assert {name for _action, _kind, name in run.changes} == {NAME}
    assert {call["service"] for call in dev.writes(before)} == {"ecs"}


def test_the_running_image_is_kept(dev):
    running = service(dev)["taskDefinition"]

    unchanged(dev, "phase3", "--limit", ADMIN)

    assert service(dev)["taskDefinition"] == running
    definition = dev.client("ecs").describe_task_definition(taskDefinition=running)["taskDefinition"]
    image = next(each["image"] for each in definition["containerDefinitions"] if each["name"] == "admin")
    digest = dev.client("ecr").describe_images(repositoryName="monay/dev/admin", imageIds=[{"imageTag": "1.1.0"}])
    assert image.endswith(f"@{digest['imageDetails'][0]['imageDigest']}")


def test_weights_are_not_rewound(dev):
    rule = rule_of(dev, 443)
    moved = {arn: 100 - weight for arn, weight in weights(rule).items()}
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in moved.items()]
    action = {**rule["Actions"][0], "ForwardConfig": {**rule["Actions"][0]["ForwardConfig"], "TargetGroups": groups}}
    dev.client("elbv2").modify_rule(RuleArn=rule["RuleArn"], Actions=[action])

    unchanged(dev, "phase3", "--limit", ADMIN)

    assert weights(rule_of(dev, 443)) == moved


def test_the_number_of_tasks_belongs_to_the_autoscaler(dev):
    file = dev.inventory.edit_host(ADMIN, service_autoscaling=True, service_max_count=5)
    dev.playbooks.run("phase3", "--limit", ADMIN).succeeded()
    dev.client("ecs").update_service(cluster=CLUSTER, service=NAME, desiredCount=4)

    unchanged(dev, "phase3", "--limit", ADMIN)

    assert service(dev)["desiredCount"] == 4
    file.unlink()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        pytest.param({"service_image_tag": "9.9.9"}, ["9.9.9", "monay/dev/admin"], id="missing image"),
        pytest.param(
            {"service_secrets": {"API_KEY": {"secret": "monay/dev/nobodys", "key": "KEY"}}},
            ["monay/dev/nobodys"],
            id="missing secret",
        ),
        pytest.param({"service_cpu": 256, "service_memory": 4096}, ["service_memory", "512, 1024, 2048"], id="size"),
    ],
)
def test_refused_before_the_first_write(dev, variables, words):
    before = dev.now

    run = dev.playbooks.run("phase3", "--limit", ADMIN, **variables)

    assert run.returncode != 0
    (failure,) = run.failures
    assert all(word in failure for word in words), failure
    assert dev.writes(before) == []


def test_status_of_one_application(dev):
    run = dev.playbooks.run("status", "--limit", ADMIN).succeeded()

    (applications,) = [each["result"]["applications"] for each in run.tasks if "applications" in each["result"]]
    assert [(each["application"], each["version"]) for each in applications] == [(ADMIN, "1.1.0")]


def test_destroy_leaves_nothing(dev):
    assert left(dev)

    destroyed = dev.playbooks.run("destroy").succeeded()

    assert left(dev) == []
    assert {"service", "load balancer", "CloudFront distribution", "certificate", "web ACL", "budget"} <= {
        kind for _action, kind, _name in destroyed.changes
    }
    before = dev.now
    assert dev.playbooks.run("destroy").succeeded().changed_tasks == []
    assert dev.writes(before) == []
