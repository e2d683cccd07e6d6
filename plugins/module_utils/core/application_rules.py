# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules between the variables of applications: the catalogue, names, health checks, sizes of tasks, domains. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from .ecs_size import FARGATE_SIZES, fargate_problem, units
from .problem import Problem, Values

CATALOGUE = "platform_applications"
# The groups whose hosts are applications, with the kinds that an application of the group may have.
GROUPS = {"services": ("api", "nextjs"), "static_sites": ("static",)}
KINDS = tuple(kind for kinds in GROUPS.values() for kind in kinds)
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# Source: IAM CreateRole, RoleName. The role of an application is <platform_name>-<application>-task.
LONGEST_ROLE = 64
# Source: ACM RequestCertificate: the first domain name of a certificate has at most 64 characters.
LONGEST_DOMAIN = 64
# Source: ELBv2 CreateTargetGroup, HealthCheckPath.
LONGEST_HEALTH_PATH = 1024
HEALTH_PATH = re.compile(r"/[A-Za-z0-9._~:/?@!$&'()*+,;=%-]*")


def _catalogue(values: Values) -> Iterator[Problem]:
    users: dict[tuple[str, Any], str] = {}
    for name, application in (values.get(CATALOGUE) or {}).items():
        port, kind, subdomain = (application.get(each) for each in ("port", "kind", "subdomain"))
        if not isinstance(port, int) or not 1 <= port <= 65535:
            yield Problem(CATALOGUE, f"{name}: port is a number from 1 to 65535, got {port!r}")
        if kind is not None and kind not in KINDS:
            yield Problem(CATALOGUE, f"{name}: kind is one of {', '.join(KINDS)}; got {kind!r}")
        if subdomain is not None and not LABEL.fullmatch(str(subdomain)):
            yield Problem(CATALOGUE, f"{name}: subdomain has lower-case letters, digits and hyphens: {subdomain!r}")
        for what, value in (("port", port), ("subdomain", subdomain)):
            other = users.setdefault((what, value), name)
            if value is not None and other != name:
                yield Problem(CATALOGUE, f"{name} and {other} have the same {what} {value}")


def _member(values: Values) -> Iterator[Problem]:
    """A host of an application's group stands in the catalogue, with a kind of that group."""
    host, catalogue = values.get("inventory_hostname"), values.get(CATALOGUE)
    if catalogue is None:
        return
    for group in [each for each in GROUPS if each in (values.get("group_names") or ())]:
        if host not in catalogue:
            known = ", ".join(sorted(catalogue)) or "none"
            yield Problem(
                CATALOGUE, f"{host} of group {group} is an unknown application: give it an entry (known: {known})"
            )
        elif catalogue[host].get("kind") in set(KINDS) - set(GROUPS[group]):
            kinds = " or ".join(GROUPS[group])
            yield Problem(CATALOGUE, f"{host} is in group {group}, so its kind is {kinds}")


def _names(values: Values) -> Iterator[Problem]:
    platform, project = values.get("platform_name"), values.get("platform_project")
    if platform is None:
        return
    for host in values.get(CATALOGUE) or {}:
        role = f"{platform}-{str(host).removeprefix(f'{project}-')}-task"
        if len(role) > LONGEST_ROLE:
            right = f"the name of an IAM role may have {LONGEST_ROLE} characters"
            yield Problem(CATALOGUE, f"{host}: {right}, {role} has {len(role)}: choose a shorter name")


def _domain(values: Values) -> Iterator[Problem]:
    variable = "platform_domain"
    domain = values.get(variable)
    if domain is None:
        return
    labels = str(domain).split(".")
    if len(labels) < 2 or not all(LABEL.fullmatch(label) for label in labels):
        right = "a domain as in dev.monay.example, in lower case and without a dot at the end"
        yield Problem(variable, f"{right}; got {domain!r}")
    elif len(str(domain)) > LONGEST_DOMAIN:
        yield Problem(variable, f"a certificate's domain may have {LONGEST_DOMAIN} characters, got {len(str(domain))}")


def _health_path(values: Values) -> Iterator[Problem]:
    variable = "application_health_path"
    path = values.get(variable)
    if path is None:
        return
    if not isinstance(path, str) or not HEALTH_PATH.fullmatch(path):
        yield Problem(variable, f"begins with / and has no blanks, as in /health; got {path!r}")
    elif len(path) > LONGEST_HEALTH_PATH:
        yield Problem(variable, f"a health check's path may have {LONGEST_HEALTH_PATH} characters, got {len(path)}")


def _task_size(values: Values) -> Iterator[Problem]:
    """The pairs of CPU and memory that Fargate takes. Tasks on EC2 are free to choose."""
    cpu, memory = values.get("service_cpu"), values.get("service_memory")
    if cpu is None or memory is None or values.get("service_launch") == "ec2":
        return
    problem = fargate_problem(cpu, memory)
    if problem:
        known = units(cpu) in {str(size) for size in FARGATE_SIZES}
        yield Problem("service_memory" if known else "service_cpu", problem)


RULES: tuple[Callable[[Values], Iterator[Problem]], ...] = (
    _catalogue,
    _member,
    _names,
    _domain,
    _health_path,
    _task_size,
)
