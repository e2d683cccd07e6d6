# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Names of VPCs to ids and back, with one list call that is made when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from ..core.plan import PlanRefused
from ..core.tags import from_pairs
from .api import Api


class VpcNames:
    """VPCs of a region by their `Name` tag. Safe between threads."""

    def __init__(self, ec2: Api, names: Iterable[str]) -> None:
        """`names` are those that will be asked for; other VPCs keep their ids."""
        self.ec2 = ec2
        self.names = sorted(set(names))
        self._ids: dict[str, str] | None = None
        self._lock = threading.Lock()

    def _by_name(self) -> dict[str, str]:
        with self._lock:
            if self._ids is None:
                filters = [{"Name": "tag:Name", "Values": self.names}]
                found = self.ec2.pages("describe_vpcs", "Vpcs", f"find VPC {', '.join(self.names)}", Filters=filters)
                self._ids = {from_pairs(each.get("Tags"))["Name"]: str(each["VpcId"]) for each in found}
                if len(self._ids) < len(found):
                    raise PlanRefused(
                        f"several VPCs in {self.ec2.region} have one of the names {', '.join(self.names)}; rename or"
                        " delete the one that is not meant"
                    )
            return self._ids

    def id(self, name: str) -> str:
        """Raises PlanRefused where there is none."""
        found = self._by_name().get(name)
        if found is None:
            raise PlanRefused(f"VPC {name} does not exist in {self.ec2.region}; create it first (role network)")
        return found

    def name(self, identifier: str) -> str:
        """The name behind an id; the id itself for a VPC that was not asked for."""
        if not self.names:
            return identifier
        return next((name for name, each in self._by_name().items() if each == identifier), identifier)
