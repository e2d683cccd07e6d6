# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Phases 2 and 3 in each environment: preview of an empty account, build, nothing more to do, what AWS then holds."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.playbooks.conftest import Environment

ENVIRONMENTS = ("dev", "staging", "prod")
PHASES = ("phase2", "phase3")
SERVICES = {"backend-common": 3001, "admin": 3002, "cross-platform-web": 3003, "enterprise-wallet": 3007}
SUBDOMAINS = {"api": "backend-common", "admin": "admin", "app": "cross-platform-web", "wallet": "enterprise-wallet"}
TASKS = {"dev": 1, "staging": 2, "prod": 3}
INSIGHTS = {"dev": "disabled", "staging": "enabled", "prod": "enhanced"}


class Story:
    """What happened to one environment: previews of an empty account, then the first and the second runs."""

    def __init__(self, empty: Environment, environment: Environment) -> None:
        self.environment = environment
        before = empty.now
        self.previews = {phase: empty.playbooks.run(phase, "--check", "--diff") for phase in PHASES}
        self.preview_writes = empty.writes(before)
        self.first = {phase: environment.playbooks.run(phase) for phase in PHASES}
        before = environment.now
        self.second = {phase: environment.playbooks.run(phase) for phase in PHASES}
        self.second_writes = environment.writes(before)


@pytest.fixture(scope="module")
def stories(environment, standing):
    """Told once an environment, then read by many tests."""
    told: dict[str, Story] = {}
    with ExitStack() as open_:

        def tell(name: str) -> Story:
            if name not in told:
                told[name] = Story(environment(name), open_.enter_context(standing(name, 1)))
            return told[name]

        yield tell


@pytest.fixture(params=ENVIRONMENTS)
def name(request):
    return request.param


@pytest.fixture
def story(name, stories) -> Story:
    return stories(name)


@pytest.fixture
def aws(story):
    return story.environment.client


@pytest.mark.parametrize("phase", PHASES)
class TestRuns:
    def test_preview_of_an_empty_account_completes(self, story, phase):
        story.previews[phase].succeeded()

        assert story.previews[phase].diffs

    def test_first_run_completes(self, story, phase):
        story.first[phase].succeeded()

    def test_second_run_changes_nothing(self, story, phase):
        assert story.second[phase].succeeded().changed_tasks == []


def test_previews_name_what_the_real_runs_create(story):
    """What phase 3 completes of phase 2 (the certificates), the preview of an empty account names twice."""
    previewed = {change for run in story.previews.values() for change in run.changes}

    assert previewed == {change for run in story.first.values() for change in run.changes if change[0] == "create"}


def test_previews_write_nothing(story):
    assert story.preview_writes == []


def test_second_runs_write_nothing(story):
    assert [(call["operation"], call["resource"]) for call in story.second_writes] == []


def test_status_where_nothing_is_deployed(environment):
    run = environment("dev").playbooks.run("status").succeeded()

    (applications,) = [each["result"]["applications"] for each in run.tasks if "applications" in each["result"]]
    assert {each["deployment"] for each in applications} == {"not deployed"}
    assert len(applications) == len(SERVICES) + 1


# ---------------------------------------------------------------------------------------------------------------- ECS


@pytest.fixture
def services(aws, name):
    names = [f"monay-{name}-{application}" for application in SERVICES]
    found = aws("ecs").describe_services(cluster=f"monay-{name}", services=names, include=["TAGS"])
    return {each["serviceName"].removeprefix(f"monay-{name}-"): each for each in found["services"]}


def test_the_cluster(aws, name):
    (cluster,) = aws("ecs").describe_clusters(clusters=[f"monay-{name}"], include=["SETTINGS", "CONFIGURATIONS"])[
        "clusters"
    ]

    assert {"FARGATE", "FARGATE_SPOT"} <= set(cluster["capacityProviders"])
    assert cluster["settings"] == [{"name": "containerInsights", "value": INSIGHTS[name]}]
    audit = cluster["configuration"]["executeCommandConfiguration"]
    assert audit["logConfiguration"]["cloudWatchLogGroupName"] == f"/monay/{name}/ecs-exec"


@pytest.mark.parametrize("application", SERVICES)
def test_a_service_runs(services, name, application):
    service = services[application]

    assert service["runningCount"] == service["desiredCount"] == TASKS[name]
    network = service["networkConfiguration"]["awsvpcConfiguration"]
    assert network["assignPublicIp"] == "DISABLED"
    assert service["deploymentConfiguration"]["strategy"] == "BLUE_GREEN"
    assert service["propagateTags"] == "SERVICE"
    assert {"key": "Component", "value": f"monay-{application}"} in service["tags"]


@pytest.mark.parametrize(("application", "port"), SERVICES.items())
def test_a_task_definition(aws, services, application, port):
    definition = aws("ecs").describe_task_definition(taskDefinition=services[application]["taskDefinition"])
    task = definition["taskDefinition"]
    (container,) = task["containerDefinitions"]

    assert "@sha256:" in container["image"]
    assert [each["containerPort"] for each in container["portMappings"]] == [port]
    assert container["readonlyRootFilesystem"] is True
    assert container["user"] not in ("", "root", "0")
    assert container["logConfiguration"]["logDriver"] == "awslogs"
    assert task["networkMode"] == "awsvpc"
    secrets = {each["name"] for each in container["secrets"]}
    assert {"JWT_SECRET", "SESSION_SECRET"} <= secrets
    assert not secrets & {each["name"] for each in container.get("environment", [])}


def test_autoscaling_outside_dev(aws, name):
    targets = aws("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]

    wanted = set() if name == "dev" else {f"service/monay-{name}/monay-{name}-{each}" for each in SERVICES}
    assert {each["ResourceId"] for each in targets} == wanted


# ------------------------------------------------------------------------------------------------------------- traffic


@pytest.fixture
def balancer(aws, name):
    (found,) = aws("elbv2").describe_load_balancers(Names=[f"monay-{name}"])["LoadBalancers"]
    return found


@pytest.fixture
def listeners(aws, balancer):
    found = aws("elbv2").describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    return {each["Port"]: each for each in found}


def test_the_load_balancer(aws, balancer, name):
    answer = aws("elbv2").describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])
    attributes = {each["Key"]: each["Value"] for each in answer["Attributes"]}

    assert balancer["Scheme"] == "internet-facing"
    assert attributes["deletion_protection.enabled"] == str(name != "dev").lower()
    assert attributes["access_logs.s3.enabled"] == "true"
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"


def test_http_leads_to_https(listeners):
    (action,) = listeners[80]["DefaultActions"]

    assert action["RedirectConfig"]["Protocol"] == "HTTPS"
    assert action["RedirectConfig"]["StatusCode"] == "HTTP_301"


@pytest.mark.parametrize("port", [443, 8443])
def test_listeners_speak_modern_tls_and_answer_404_by_default(listeners, port):
    listener = listeners[port]

    assert listener["SslPolicy"].startswith("ELBSecurityPolicy-TLS13-1-2")
    assert listener["DefaultActions"][0]["FixedResponseConfig"]["StatusCode"] == "404"


@pytest.mark.parametrize("port", [443, 8443])
def test_each_service_has_a_rule_with_both_target_groups(aws, listeners, story, port):
    rules = aws("elbv2").describe_rules(ListenerArn=listeners[port]["ListenerArn"])["Rules"]
    domain = story.environment.inventory.variables["platform_domain"]
    hosts = {
        value: [group["Weight"] for group in rule["Actions"][0]["ForwardConfig"]["TargetGroups"]]
        for rule in rules
        for condition in rule["Conditions"]
        for value in condition["HostHeaderConfig"]["Values"]
    }

    assert set(hosts) == {f"{subdomain}.{domain}" for subdomain in SUBDOMAINS}
    assert all(sorted(weights) in ([0, 1], [0, 100]) for weights in hosts.values())


def test_target_groups_ask_for_health(aws, name):
    groups = aws("elbv2").describe_target_groups()["TargetGroups"]

    assert len(groups) == 2 * len(SERVICES)
    assert {each["TargetType"] for each in groups} == {"ip"}
    assert {each["HealthCheckPath"] for each in groups} == {"/health", "/api/health"}


@pytest.mark.parametrize("ending", ["", "-cdn"])
def test_certificates_are_issued(aws, story, ending):
    region = "us-east-1" if ending else ""
    found = aws("acm", region).list_certificates()["CertificateSummaryList"]
    domain = story.environment.inventory.variables["platform_domain"]

    assert {each["DomainName"] for each in found} == {domain}
    assert {each["Status"] for each in found} == {"ISSUED"}


def test_records_lead_to_the_front_doors(aws, story, balancer):
    domain = story.environment.inventory.variables["platform_domain"]
    (zone,) = aws("route53").list_hosted_zones()["HostedZones"]
    records = aws("route53").list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    leads = {
        each["Name"].rstrip("."): each["AliasTarget"]["DNSName"].rstrip(".")
        for each in records
        if each["Type"] == "A" and "AliasTarget" in each
    }

    for subdomain in SUBDOMAINS:
        assert leads[f"{subdomain}.{domain}"].endswith(balancer["DNSName"].lower())
    assert leads[f"www.{domain}"].endswith(".cloudfront.net")
    assert leads[domain].endswith(".cloudfront.net")


@pytest.mark.parametrize("scope", ["REGIONAL", "CLOUDFRONT"])
def test_firewalls(aws, name, scope):
    waf = aws("wafv2", "us-east-1" if scope == "CLOUDFRONT" else "")
    (found,) = waf.list_web_acls(Scope=scope)["WebACLs"]
    acl = waf.get_web_acl(Name=found["Name"], Id=found["Id"], Scope=scope)["WebACL"]
    statements = [each["Statement"] for each in acl["Rules"]]

    assert found["Name"] == f"monay-{name}-{'cdn' if scope == 'CLOUDFRONT' else 'alb'}"
    assert any("RateBasedStatement" in each for each in statements)
    assert sum("ManagedRuleGroupStatement" in each for each in statements) >= 2
    assert waf.get_logging_configuration(ResourceArn=found["ARN"])["LoggingConfiguration"]["LogDestinationConfigs"]


def test_the_load_balancer_stands_behind_its_firewall(aws, balancer):
    acl = aws("wafv2").get_web_acl_for_resource(ResourceArn=balancer["LoadBalancerArn"])["WebACL"]

    assert acl["Name"].endswith("-alb")


def test_the_distribution(aws, story, name):
    (found,) = aws("cloudfront").list_distributions()["DistributionList"]["Items"]
    domain = story.environment.inventory.variables["platform_domain"]
    (origin,) = found["Origins"]["Items"]

    assert set(found["Aliases"]["Items"]) == {domain, f"www.{domain}"}
    assert origin["OriginAccessControlId"]
    assert origin["DomainName"].startswith(f"monay-{name}-{story.environment.inventory.account}-site.s3.")
    assert found["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
    assert found["DefaultCacheBehavior"]["Compress"] is True
    assert found["ViewerCertificate"]["MinimumProtocolVersion"].startswith("TLSv1.2")
    assert found["HttpVersion"] == "http2and3"
    assert found["WebACLId"]


# ------------------------------------------------------------------------------------------------------------ watching


@pytest.fixture
def alarms(aws, name):
    types = ["MetricAlarm", "CompositeAlarm"]
    pages = aws("cloudwatch").get_paginator("describe_alarms").paginate(AlarmTypes=types)
    found = [each for page in pages for type_ in types for each in page[f"{type_}s"]]
    return {each["AlarmName"].removeprefix(f"monay-{name}-"): each for each in found}


@pytest.mark.parametrize("application", SERVICES)
def test_each_service_is_watched(alarms, application):
    assert alarms[f"{application}-cpu-high"]["Threshold"] == 80
    assert alarms[f"{application}-memory-high"]["Threshold"] == 90
    assert alarms[f"{application}-api-errors"]["Threshold"] == 1
    assert "AlarmRule" in alarms[application]


def test_the_stores_are_watched(alarms, name):
    memory = {each["Threshold"] for title, each in alarms.items() if title.startswith("redis-") and "memory" in title}
    assert memory == {75}
    assert "postgres-connections" in alarms
    assert "postgres-storage" in alarms
    assert ("postgres-replica-lag" in alarms) is (name == "prod")


def test_alarms_tell_the_topic(aws, alarms, name):
    told = {action for each in alarms.values() for action in each["AlarmActions"]}

    assert {arn.rpartition(":")[2] for arn in told} == {f"monay-{name}-alarms"}
    assert told <= {each["TopicArn"] for each in aws("sns").list_topics()["Topics"]}


def test_there_is_a_dashboard(aws, name):
    assert [each["DashboardName"] for each in aws("cloudwatch").list_dashboards()["DashboardEntries"]] == [
        f"monay-{name}"
    ]
