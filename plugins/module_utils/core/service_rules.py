# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for the variables of services: counts, times, shares, who a container runs as. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .problem import Problem, Values

# Sources: ECS API reference, ContainerDefinition.stopTimeout (Fargate) and HealthCheck.startPeriod,
# DeploymentConfiguration.bakeTimeInMinutes; ELB API reference, target group attributes.
RANGES = {
    "service_spot_percent": (0, 100),
    "ecs_cluster_spot_percent": (0, 100),
    "service_start_seconds": (0, 300),
    "service_stop_timeout": (2, 120),
    "service_deployment_bake_minutes": (0, 1440),
    "service_deregistration_delay": (0, 3600),
    "service_health_interval": (5, 300),
    "service_min_count": (0, 5000),
    "service_max_count": (1, 5000),
}
ROOT = ("root", "0")


def _ranges(values: Values) -> Iterator[Problem]:
    for variable, (least, most) in RANGES.items():
        value = values.get(variable)
        if isinstance(value, int) and not least <= value <= most:
            yield Problem(variable, f"{least} to {most}, got {value}")


def _counts(values: Values) -> Iterator[Problem]:
    least, most = values.get("service_min_count"), values.get("service_max_count")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        yield Problem("service_min_count", f"must not be above service_max_count ({most}), got {least}")


def _user(values: Values) -> Iterator[Problem]:
    user = values.get("service_user")
    if user is not None and str(user).partition(":")[0] in ROOT:
        yield Problem("service_user", f"a container does not run as root, got {user!r}; as in 1000:1000")


def _image(values: Values) -> Iterator[Problem]:
    for variable in ("service_image_tag", "service_first_image_tag"):
        if values.get(variable) == "latest":
            yield Problem(variable, "a tag stays with its image, which latest does not: name a release, as in 1.0.0")


RULES: tuple[Callable[[Values], Iterator[Problem]], ...] = (_ranges, _counts, _user, _image)
