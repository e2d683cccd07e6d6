# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Names of what databases and caches stand on, to ids and back: subnets, security groups, KMS keys, roles, topics.

Nothing is looked up before it is needed, so that planning works in an empty account; what was found is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..core.plan import PlanRefused
from ..core.tags import from_pairs
from .api import Api


class KeyNames:
    """KMS keys of one region: alias to ARN and back. A key that is given by ARN or id stays what it is."""

    def __init__(self, kms: Api, preferred: Iterable[str | None] = ()) -> None:
        """`preferred` are the names in the options: a key with several aliases gets the one that is used there."""
        self.kms = kms
        self.preferred = frozenset(name for name in preferred if name)
        self._aliases: dict[str, list[str]] | None = None

    def name(self, arn: str) -> str:
        """The alias of the key (`alias/x`) behind an ARN or an id; the ARN itself for a key without one."""
        if arn in self.preferred:
            return arn
        if self._aliases is None:
            self._aliases = self._by_key()
        aliases = self._aliases.get(arn.rsplit("/", 1)[-1], [])
        return next((alias for alias in aliases if alias in self.preferred), aliases[0] if aliases else arn)

    def arn(self, name: str) -> str:
        """The ARN of a key by alias, id or ARN. Raises PlanRefused where it does not exist."""
        found = self.kms.read("describe_key", f"find KMS key {name}", {"NotFoundException"}, KeyId=name)
        if found is None:
            raise PlanRefused(
                f"KMS key {name} does not exist in {self.kms.region}: create it first (role encryption), or correct the"
                " kms_key that names it"
            )
        return str(found["KeyMetadata"]["Arn"])

    def _by_key(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for alias in self.kms.pages("list_aliases", "Aliases", "list the aliases of the KMS keys"):
            if alias.get("TargetKeyId"):
                found.setdefault(alias["TargetKeyId"], []).append(alias["AliasName"])
        return {key: sorted(aliases) for key, aliases in found.items()}


class NetworkNames:
    """Subnets and security groups of one VPC, which itself is found by its name."""

    def __init__(self, ec2: Api, vpc: str | None) -> None:
        self.ec2 = ec2
        self.vpc = vpc
        self._vpc_id: str | None = None

    def subnet_ids(self, names: Iterable[str]) -> list[str]:
        """Raises PlanRefused naming those that do not exist."""
        wanted = sorted(names)
        found = self._described("describe_subnets", "Subnets", f"find subnets {_listed(wanted)}", "tag:Name", wanted)
        by_name = {from_pairs(each.get("Tags")).get("Name", ""): str(each["SubnetId"]) for each in found}
        return self._all("subnet", wanted, by_name, "network")

    def subnet_names(self, ids: Iterable[str]) -> dict[str, str]:
        """Names by id; the id itself for a subnet without a name."""
        wanted = sorted(set(ids))
        if not wanted:
            return {}
        filters = [{"Name": "subnet-id", "Values": wanted}]
        found = self.ec2.pages("describe_subnets", "Subnets", f"name subnets {_listed(wanted)}", Filters=filters)
        names = {each["SubnetId"]: from_pairs(each.get("Tags")).get("Name", each["SubnetId"]) for each in found}
        return {each: names.get(each, each) for each in wanted}

    def group_ids(self, names: Iterable[str]) -> list[str]:
        """Raises PlanRefused naming those that do not exist."""
        wanted = sorted(names)
        doing = f"find security groups {_listed(wanted)}"
        found = self._described("describe_security_groups", "SecurityGroups", doing, "group-name", wanted)
        by_name = {str(each["GroupName"]): str(each["GroupId"]) for each in found}
        return self._all("security group", wanted, by_name, "security_groups")

    def group_names(self, ids: Iterable[str]) -> dict[str, str]:
        """Names by id; the id itself for a group that is gone."""
        wanted = sorted(set(ids))
        if not wanted:
            return {}
        filters = [{"Name": "group-id", "Values": wanted}]
        found = self.ec2.pages(
            "describe_security_groups", "SecurityGroups", f"name security groups {_listed(wanted)}", Filters=filters
        )
        names = {each["GroupId"]: str(each["GroupName"]) for each in found}
        return {each: names.get(each, each) for each in wanted}

    def _described(self, operation: str, key: str, doing: str, filter_: str, names: list[str]) -> list[dict[str, Any]]:
        filters = [{"Name": filter_, "Values": names}, *self._inside_vpc()]
        return self.ec2.pages(operation, key, doing, Filters=filters)

    def _inside_vpc(self) -> list[dict[str, object]]:
        if self.vpc is None:
            return []
        if self._vpc_id is None:
            filters = [{"Name": "tag:Name", "Values": [self.vpc]}]
            found = self.ec2.pages("describe_vpcs", "Vpcs", f"find VPC {self.vpc}", Filters=filters)
            if len(found) != 1:
                raise PlanRefused(
                    f"{len(found)} VPCs are called {self.vpc} in {self.ec2.region}, one is needed: create it first"
                    " (role network), or correct the vpc that names it"
                )
            self._vpc_id = str(found[0]["VpcId"])
        return [{"Name": "vpc-id", "Values": [self._vpc_id]}]

    def _all(self, what: str, wanted: list[str], by_name: dict[str, str], role: str) -> list[str]:
        missing = [name for name in wanted if name not in by_name]
        if missing:
            where = f"VPC {self.vpc}" if self.vpc else "any VPC"
            raise PlanRefused(
                f"{what} {_listed(missing)} does not exist in {where} of {self.ec2.region}: create it first"
                f" (role {role}), or correct its name"
            )
        return [by_name[name] for name in wanted]


def role_finder(iam: Callable[[], Api]) -> Callable[[str], str]:
    """A function from the name of an IAM role to its ARN, which raises PlanRefused where there is none."""

    def role_arn(name: str) -> str:
        found = iam().read("get_role", f"find IAM role {name}", {"NoSuchEntity"}, RoleName=name)
        if found is None:
            raise PlanRefused(
                f"IAM role {name} does not exist: create it first (role account), or correct the role's name"
            )
        return str(found["Role"]["Arn"])

    return role_arn


def _listed(names: list[str]) -> str:
    return ", ".join(names)
