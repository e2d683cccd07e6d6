# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""KMS keys by alias, for resources that are encrypted with a key that is managed elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from ..core.plan import PlanRefused
from .api import Api


class KeyNames:
    """Translates between aliases and keys with one list call, made when it is first needed. Safe between threads.

    `preferred` are the aliases that win where a key has several.
    """

    def __init__(self, kms: Api, preferred: Iterable[str | None] = ()) -> None:
        self.kms = kms
        self.preferred = frozenset(name for name in preferred if name)
        self._arns: dict[str, str] | None = None
        self._lock = threading.Lock()

    def alias(self, identifier: str | None) -> str:
        """The alias of a key that AWS names by id, ARN, alias or alias ARN; what has no alias stays as it is."""
        if not identifier:
            return ""
        if "alias/" in identifier:
            return identifier[identifier.index("alias/") :]
        key_id = identifier.rpartition("/")[2]
        aliases = {alias for alias, arn in self._by_alias().items() if arn.endswith(f"/{key_id}")}
        return min(aliases & self.preferred or aliases, default=identifier)

    def arn(self, alias: str, what: str) -> str:
        """The ARN of the key behind an alias, for `what` to be encrypted with. Raises PlanRefused without one."""
        arn = self._by_alias().get(alias)
        if arn is None:
            raise PlanRefused(
                f"{what} is to be encrypted with {alias}, which does not exist in {self.kms.region};"
                " create the key first (role encryption), or correct the alias"
            )
        return arn

    def _by_alias(self) -> dict[str, str]:
        with self._lock:
            if self._arns is None:
                aliases = self.kms.pages("list_aliases", "Aliases", "list KMS aliases")
                self._arns = {
                    each["AliasName"]: f"{each['AliasArn'].partition(':alias/')[0]}:key/{each['TargetKeyId']}"
                    for each in aliases
                    if "TargetKeyId" in each
                }
            return self._arns
