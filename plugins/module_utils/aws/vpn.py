# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the kinds of VPN share: resources that are outside of a VPC's lists, and are found by their name."""

from __future__ import annotations

import typing as t

from ..core.tags import from_pairs
from .ec2 import Item, Network, VpcKind


class NamedKind(VpcKind):
    """A kind of which a call manages one resource, by its `Name` tag in the whole region."""

    key: t.ClassVar[str]
    """The key of the operation's answer."""

    def __init__(self, network: Network, name: str) -> None:
        super().__init__(network)
        self.name = name
        self._seen: list[Item] | None = None

    def look(self) -> bool:
        """Whether there is one at all. The answer is kept for the first `items`, so that AWS is asked once."""
        self._seen = self._find()
        return bool(self._seen)

    def items(self) -> list[Item]:
        seen, self._seen = self._seen, None
        return self._find() if seen is None else seen

    def _find(self) -> list[Item]:
        # Not all of these calls can filter by tag.
        found = self.ec2.pages(self.operation, self.key, f"find {self.kind} {self.name}")
        return [
            each for each in found if from_pairs(each.get("Tags")).get("Name") == self.name and not self.is_gone(each)
        ]

    def is_gone(self, item: Item) -> bool:
        """Whether AWS still lists something that does not exist any more."""
        return item.get("State") in ("deleted", "deleting")
