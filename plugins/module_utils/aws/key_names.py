# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""KMS keys by alias, for resources that are encrypted with a key that is managed elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from ..core.plan import PlanRefused
from .api import Api


class KeyNames:
    """Translates between aliases and keys with one list call. Safe between threads.

    `preferred` are the aliases that win where a key has several. With one, the call is made beside whatever is read
    first, because it will be needed; otherwise when it is needed.
    """

    def __init__(self, kms: Api, preferred: Iterable[str | None] = ()) -> None:
        self.kms = kms
        self.preferred = frozenset(name for name in preferred if name)
        self._lock = threading.Lock()
        self._arns: Future[dict[str, str]] | None = self._listing() if self.preferred else None

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
                self._arns = self._listing()
        return self._arns.result()

    def _listing(self) -> Future[dict[str, str]]:
        pool = ThreadPoolExecutor(max_workers=1)
        listing = pool.submit(self._list)
        pool.shutdown(wait=False)  # its thread ends with the listing
        return listing

    def _list(self) -> dict[str, str]:
        return {
            each["AliasName"]: f"{each['AliasArn'].partition(':alias/')[0]}:key/{each['TargetKeyId']}"
            for each in self.kms.pages("list_aliases", "Aliases", "list KMS aliases")
            if "TargetKeyId" in each
        }
