# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Find everything of an environment by its tags.

The tagging API knows every kind that the collection creates but IAM roles, which are found by their path. What AWS
keeps listing although it is deleted, or about to be, is told apart by asking the service itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial

from ..core.arn import parse_arn
from ..core.stack import GOING, Resource, resource
from ..core.tags import from_pairs
from .api import Api
from .reconcile import side_by_side


def tagged(tagging: Api, tags: Mapping[str, str]) -> list[Resource]:
    """All resources of one region that carry all the tags."""
    filters = [{"Key": key, "Values": [value]} for key, value in tags.items()]
    found = tagging.pages(
        "get_resources",
        "ResourceTagMappingList",
        f"find what is tagged {dict(tags)}",
        TagFilters=filters,
        ResourcesPerPage=100,  # the most that AWS gives
    )
    return [resource(each["ResourceARN"], from_pairs(each["Tags"])) for each in found]


def roles(iam: Api, path: str) -> list[Resource]:
    """The IAM roles below the path. Their component is a tag, which only GetRole tells."""
    found = iam.pages("list_roles", "Roles", f"list the IAM roles below {path}", PathPrefix=path)

    def tags_of(name: str) -> Callable[[], list[Mapping[str, str]]]:
        return lambda: iam.pages("list_role_tags", "Tags", f"list the tags of IAM role {name}", RoleName=name)

    tags = side_by_side({each["RoleName"]: tags_of(each["RoleName"]) for each in found})
    return [resource(each["Arn"], {"Name": each["RoleName"], **from_pairs(tags[each["RoleName"]])}) for each in found]


def without_ghosts(resources: Iterable[Resource], apis: Mapping[str, Callable[[str], Api]]) -> list[Resource]:
    """Drop what is gone but still listed; mark what is about to go. `apis` gives an Api by service and region."""
    checks = {"ec2:natgateway": _nat_gateway, "kms:key": _key, "secretsmanager:secret": _secret}
    found = list(resources)

    @cache
    def client(service: str, region: str) -> Api:
        return apis[service](region)

    looks = {
        each["arn"]: partial(checks[each["kind"]], client(parse_arn(each["arn"]).service, each["region"]), each)
        for each in found
        if each["kind"] in checks
    }
    looked_at = side_by_side(looks)
    states = [looked_at.get(each["arn"], each["state"]) for each in found]
    return [{**each, "state": state} for each, state in zip(found, states, strict=True) if state]


def _nat_gateway(ec2: Api, each: Resource) -> str:
    identifier = parse_arn(each["arn"]).name
    found = ec2.pages(
        "describe_nat_gateways",
        "NatGateways",
        f"look at NAT gateway {identifier}",
        {"NatGatewayNotFound"},
        NatGatewayIds=[identifier],
    )
    states = {gateway["State"] for gateway in found}
    return "" if states <= {"deleted"} else each["state"]


def _key(kms: Api, each: Resource) -> str:
    found = kms.read("describe_key", f"look at KMS key {each['arn']}", {"NotFoundException"}, KeyId=each["arn"])
    if found is None:
        return ""
    return GOING if found["KeyMetadata"]["KeyState"] == "PendingDeletion" else str(each["state"])


def _secret(secrets: Api, each: Resource) -> str:
    found = secrets.read(
        "describe_secret", f"look at secret {each['name']}", {"ResourceNotFoundException"}, SecretId=each["arn"]
    )
    if found is None:
        return ""
    return GOING if found.get("DeletedDate") else str(each["state"])
