# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who may talk to whom in an environment, as security groups with no more rules than that takes. Pure.

    internet -> load balancer -> each application on its port -> PostgreSQL, Redis (applications that use them)
                                 each application             -> HTTPS, for AWS's services and partners
                                 Client VPN                   -> PostgreSQL, Redis

Nothing else may open a connection: PostgreSQL, Redis and the endpoints none at all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .plan import PlanRefused

Group = dict[str, Any]

POSTGRESQL, REDIS, HTTPS = "5432", "6379", "443"
# These applications are files in a bucket: they have no network.
STATIC = "static"
CLIENT_VPN = "client_vpn"


def security_group_plan(
    applications: Mapping[str, Mapping[str, Any]],
    name: str,
    project: str,
    *,
    database_users: Sequence[str] | None = None,
    cache_users: Sequence[str] | None = None,
    alb_ports: Sequence[str] = ("80", HTTPS),
    alb_cidrs: Sequence[str] = (),
    alb_prefix_lists: Sequence[str] = (),
    test_ports: Sequence[str] = (),
    test_cidrs: Sequence[str] = (),
    egress_cidrs: Sequence[str] = (),
    admin_access: str = "none",
    admin_cidrs: Sequence[str] = (),
) -> list[Group]:
    """The groups of an environment, by name: `{name, description, ingress, egress}`.

    `applications` is the catalogue (`{host: {port, kind}}`), of which users are named by host; without a word about
    users, the applications of kind `api` are. `project` is what hosts begin with and groups do not.
    Raises PlanRefused for users that are not in the catalogue.
    """
    served = {host: each for host, each in applications.items() if each.get("kind") != STATIC}
    apis = [host for host, each in served.items() if each.get("kind") == "api"]

    def group(part: str) -> str:
        return f"{name}-{part.removeprefix(f'{project}-')}"

    database = _users(database_users, apis, served, "security_groups_database_users")
    cache = _users(cache_users, apis, served, "security_groups_cache_users")
    with_vpn = admin_access == CLIENT_VPN
    admins = [group("client-vpn")] if with_vpn else []
    groups = [
        {
            "name": group("alb"),
            "description": "Load balancer",
            "ingress": [
                *(
                    _rule(port, "From outside", cidrs=alb_cidrs, prefix_lists=alb_prefix_lists)
                    for port in alb_ports
                    if alb_cidrs or alb_prefix_lists
                ),
                *(_rule(port, "Next versions", cidrs=test_cidrs) for port in test_ports if test_cidrs),
            ],
            "egress": [_rule(each["port"], f"To {host}", groups=[group(host)]) for host, each in served.items()],
        },
        {
            "name": group("postgres"),
            "description": "PostgreSQL",
            "ingress": _callers(POSTGRESQL, [group(each) for each in database] + admins, admin_cidrs),
            "egress": [],
        },
        {
            "name": group("redis"),
            "description": "Redis",
            "ingress": _callers(REDIS, [group(each) for each in cache] + admins, admin_cidrs),
            "egress": [],
        },
        {
            "name": group("endpoints"),
            "description": "Interface endpoints of AWS services",
            "ingress": _callers(HTTPS, [group("ecs-instances"), *(group(each) for each in served)], ()),
            "egress": [],
        },
    ]
    for host, each in served.items():
        groups.append(
            {
                "name": group(host),
                "description": f"Application {host}",
                "ingress": [_rule(each["port"], "From the load balancer", groups=[group("alb")])],
                "egress": [
                    *([_rule(HTTPS, "HTTPS", cidrs=egress_cidrs)] if egress_cidrs else []),
                    *([_rule(HTTPS, "Endpoints", groups=[group("endpoints")])]),
                    *([_rule(POSTGRESQL, "PostgreSQL", groups=[group("postgres")])] if host in database else []),
                    *([_rule(REDIS, "Redis", groups=[group("redis")])] if host in cache else []),
                ],
            }
        )
    stores = [
        _rule(POSTGRESQL, "PostgreSQL", groups=[group("postgres")]),
        _rule(REDIS, "Redis", groups=[group("redis")]),
    ]
    instances = {
        "name": group("ecs-instances"),
        "description": "Instances of the cluster, beside the tasks on them",
        "ingress": [],
        "egress": [
            *([_rule(HTTPS, "HTTPS", cidrs=egress_cidrs)] if egress_cidrs else []),
            _rule(HTTPS, "Endpoints", groups=[group("endpoints")]),
        ],
    }
    # Both groups are there always: they could not be deleted before the endpoint or the instances that use them.
    vpn = {
        "name": group("client-vpn"),
        "description": "Administrators by Client VPN",
        "ingress": [],
        "egress": stores if with_vpn else [],
    }
    groups += [vpn, instances]
    return sorted(groups, key=lambda each: str(each["name"]))


def _users(
    named: Sequence[str] | None, otherwise: Sequence[str], known: Collection[str], variable: str
) -> Sequence[str]:
    users = otherwise if named is None else named
    unknown = sorted(set(users) - set(known))
    if unknown:
        raise PlanRefused(
            f"{variable}: {unknown[0]} is not an application with a network;"
            f" platform_applications has {', '.join(known)}"
        )
    return users


def _rule(port: Any, description: str, **peers: Sequence[str]) -> Group:
    return {"ports": str(port), "description": description, **{key: list(each) for key, each in peers.items() if each}}


def _callers(port: str, groups: Sequence[str], cidrs: Sequence[str]) -> list[Group]:
    rules = [_rule(port, "From applications and administrators", groups=groups)] if groups else []
    return rules + ([_rule(port, "From administrators", cidrs=cidrs)] if cidrs else [])
