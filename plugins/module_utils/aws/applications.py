# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What AWS knows of applications: services, deployments, revisions, images, targets, distributions, alarms. Reads only.

Everything is listed at once where AWS has a call for that, and side by side where it has none.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from ..core.application_status import UNKNOWN, Status, alarms_of, deployment, health, version
from ..core.site_release import CURRENT, read_current
from .api import Api
from .reconcile import side_by_side

# DescribeServices and DescribeServiceRevisions take so many at once.
SERVICES_AT_ONCE, REVISIONS_AT_ONCE = 10, 20
NO_CLUSTER = {"ClusterNotFoundException"}

Item = Mapping[str, t.Any]


def services(ecs: Api, cluster: str, names: Sequence[str]) -> dict[str, Item]:
    """The services that stand, by name; none where the cluster does not exist."""
    found: list[Item] = []
    for part in _parts(names, SERVICES_AT_ONCE):
        doing = f"read the services of cluster {cluster}"
        found += ecs.pages("describe_services", "services", doing, NO_CLUSTER, cluster=cluster, services=part)
    return {each["serviceName"]: each for each in found if each["status"] != "INACTIVE"}


def deployments(ecs: Api, cluster: str, name: str) -> list[Item]:
    """The service's latest deployments."""
    doing = f"list the deployments of service {name}"
    return ecs.pages("list_service_deployments", "serviceDeployments", doing, cluster=cluster, service=name)


def revisions(ecs: Api, found: Iterable[Item]) -> dict[str, list[Item]]:
    """The current revisions of services, by the service's ARN."""
    arns = [each["arn"] for service in found for each in service.get("currentServiceRevisions") or ()]
    grouped: dict[str, list[Item]] = {}
    for part in _parts(arns, REVISIONS_AT_ONCE):
        doing = "read the services' current revisions"
        for each in ecs.pages("describe_service_revisions", "serviceRevisions", doing, serviceRevisionArns=part):
            grouped.setdefault(each["serviceArn"], []).append(each)
    return grouped


def tags_of_image(ecr: Api, repository: str, digest: str) -> list[str]:
    """The tags of an image; none where the repository does not have it any more."""
    missing = {"ImageNotFoundException", "RepositoryNotFoundException"}
    doing = f"find image {digest} in repository {repository}"
    found = ecr.pages(
        "describe_images", "imageDetails", doing, missing, repositoryName=repository, imageIds=[{"imageDigest": digest}]
    )
    return [tag for image in found for tag in image.get("imageTags") or ()]


def target_states(elb: Api, service: Item) -> list[str]:
    """The states of all targets of a service, in both of its target groups."""
    groups = [
        arn
        for each in service.get("loadBalancers") or ()
        for arn in (
            each.get("targetGroupArn"),
            (each.get("advancedConfiguration") or {}).get("alternateTargetGroupArn"),
        )
        if arn
    ]
    found = side_by_side({arn: partial(_health, elb, arn) for arn in groups})
    return [state for states in found.values() for state in states]


def _health(elb: Api, group: str) -> list[str]:
    doing = f"read the health of target group {group}"
    found = elb.pages(
        "describe_target_health",
        "TargetHealthDescriptions",
        doing,
        {"TargetGroupNotFound"},
        TargetGroupArn=group,
    )
    return [each["TargetHealth"]["State"] for each in found]


def distributions(cloudfront: Api) -> dict[str, Item]:
    """All distributions by each of their host names."""
    doing = "list the distributions"
    found: list[Item] = []
    marker: dict[str, str] = {}
    while True:
        page = cloudfront.read("list_distributions", doing, **marker)["DistributionList"]
        found += page.get("Items") or []
        if not page.get("NextMarker"):
            break
        marker = {"Marker": page["NextMarker"]}
    return {alias: each for each in found for alias in (each.get("Aliases") or {}).get("Items") or ()}


def release(s3: Api, bucket: str) -> str:
    """The id of the release that a static site shows, or "-"."""
    missing = {"NoSuchBucket", "NoSuchKey"}
    answer = s3.read("get_object", f"read the release of bucket {bucket}", missing, Bucket=bucket, Key=CURRENT)
    return read_current(answer["Body"].read().decode() if answer else None).release or UNKNOWN


def alarms(cloudwatch: Api, prefix: str) -> dict[str, str]:
    """The states of all alarms whose name begins with the prefix."""
    states: dict[str, str] = {}
    for sort, key in (("MetricAlarm", "MetricAlarms"), ("CompositeAlarm", "CompositeAlarms")):
        doing = f"read the alarms {prefix}*"
        found = cloudwatch.pages("describe_alarms", key, doing, AlarmNamePrefix=prefix, AlarmTypes=[sort])
        states |= {each["AlarmName"]: each["StateValue"] for each in found}
    return states


@dataclass(frozen=True)
class Reader:
    """Reads the status of applications with as few calls as AWS allows."""

    api: t.Callable[..., Api]
    """The calls to a service, in the region of the environment or in another one."""
    cluster: str
    regions: Sequence[str]
    """Where alarms are: the environment's region, and that of CloudFront's metrics."""

    def statuses(self, applications: Sequence[Item], alarm_prefix: str) -> tuple[list[Status], dict[str, str]]:
        """The applications in their order, and the alarms that belong to none of them.

        An application has `host`, `name`, `hostname` and `static`; a static one `bucket`, others `container` and
        `repository`.
        """
        on_ecs = [each for each in applications if not each["static"]]
        first: dict[str, t.Callable[[], t.Any]] = {
            "services": partial(services, self.api("ecs"), self.cluster, [each["name"] for each in on_ecs]),
            **{region: partial(alarms, self.api("cloudwatch", region), alarm_prefix) for region in self.regions},
        }
        if len(on_ecs) < len(applications):
            first["distributions"] = partial(distributions, self.api("cloudfront"))
            for each in applications:
                if each["static"]:
                    first[f"release {each['name']}"] = partial(release, self.api("s3"), each["bucket"])
        found = side_by_side(first)
        all_alarms = {name: state for region in self.regions for name, state in found[region].items()}
        running = self._services(on_ecs, found["services"])
        names = [each["name"] for each in applications]
        statuses = [
            replace(
                _site(each, found["distributions"], found[f"release {each['name']}"])
                if each["static"]
                else running[each["name"]],
                alarms=alarms_of(each["name"], names, all_alarms),
            )
            for each in applications
        ]
        taken = {name for each in statuses for name in each.alarms}
        return statuses, {name: state for name, state in all_alarms.items() if name not in taken}

    def _services(self, applications: Sequence[Item], found: Mapping[str, Item]) -> dict[str, Status]:
        ecs, elb = self.api("ecs"), self.api("elbv2")
        jobs: dict[str, t.Callable[[], t.Any]] = {}
        if found:
            jobs["revisions"] = partial(revisions, ecs, list(found.values()))
        for name, service in found.items():
            jobs[f"deployments {name}"] = partial(deployments, ecs, self.cluster, name)
            jobs[f"targets {name}"] = partial(target_states, elb, service)
        more = side_by_side(jobs)
        stand = [each for each in applications if each["name"] in found]
        current = {each["name"]: more["revisions"].get(found[each["name"]]["serviceArn"], []) for each in stand}
        versions = side_by_side({each["name"]: partial(self._version, each, current[each["name"]]) for each in stand})
        running = {
            name: partial(
                Status,
                version=versions.get(name, UNKNOWN),
                running=service["runningCount"],
                desired=service["desiredCount"],
                deployment=deployment(more[f"deployments {name}"]),
                health=health(more[f"targets {name}"]),
            )
            for name, service in found.items()
        }
        return {each["name"]: running.get(each["name"], Status)(each["host"], _url(each)) for each in applications}

    def _version(self, application: Item, current: Sequence[Item]) -> str:
        """The version that runs; while a deployment goes on there are two."""
        images = [
            image
            for revision in current
            for image in revision.get("containerImages") or ()
            if image["containerName"] == application["container"]
        ]
        ecr = self.api("ecr")
        told: dict[str, None] = {}
        for image in images:
            digest = image.get("imageDigest") or image["image"].partition("@")[2]
            tags = tags_of_image(ecr, application["repository"], digest) if digest else []
            told[version(image["image"], tags, digest)] = None
        return " and ".join(told) or UNKNOWN


def _site(application: Item, found: Mapping[str, Item], version: str) -> Status:
    host, url = application["host"], _url(application)
    distribution = found.get(application["hostname"])
    if distribution is None:
        return Status(host, url)
    health = "enabled" if distribution["Enabled"] else "disabled"
    return Status(host, url, version, deployment=str(distribution["Status"]).upper(), health=health)


def _url(application: Item) -> str:
    return f"https://{application['hostname']}/"


def _parts(items: Sequence[str], size: int) -> t.Iterator[list[str]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
