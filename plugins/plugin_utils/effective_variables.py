# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What roles would get for a host: the inventory over their defaults, worked out when it is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError

WORD = re.compile(r"[A-Za-z_]\w*")
# Ways of a template to get at variables without naming them.
ANY_NAME = ("vars", "hostvars", "lookup", "query", "q")
ROLES = Path(__file__).parents[2] / "roles"


class RoleFiles:
    """Defaults and vars of the collection's roles, each file read once."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._read: dict[Path, dict[str, Any]] = {}

    def defaults(self, roles: Iterable[str]) -> dict[str, Any]:
        return self._merged(roles, "defaults")

    def variables(self, roles: Iterable[str]) -> dict[str, Any]:
        return self._merged(roles, "vars")

    def _merged(self, roles: Iterable[str], folder: str) -> dict[str, Any]:
        return {key: value for role in roles for key, value in self._file(ROLES / role / folder / "main.yml").items()}

    def _file(self, path: Path) -> dict[str, Any]:
        if path not in self._read:
            found = self._loader.load_from_file(str(path), trusted_as_template=True) if path.is_file() else None
            self._read[path] = found or {}
        return self._read[path]


class EffectiveVariables(Mapping[str, Any]):
    """Variables of one host. A value is templated on first use; one that cannot be is named in the error.

    `changes` go over everything, as `-e` would.
    """

    def __init__(
        self,
        templar: Any,
        host: Mapping[str, Any],
        roles: Iterable[str],
        files: RoleFiles,
        changes: Mapping[str, Any] | None = None,
    ) -> None:
        roles = list(roles)
        self._raw = {**files.defaults(roles), **host, **files.variables(roles), **(changes or {})}
        self._templar = templar.copy_with_new_env(available_variables=self._raw)
        self._known: dict[str, Any] = {}
        self._users: dict[str, set[str]] | None = None
        self._host = str(host.get("inventory_hostname", ""))

    def changed(self, changes: Mapping[str, Any]) -> EffectiveVariables:
        """The same host with other variables; only what these have to do with is worked out again."""
        other = copy(self)
        other._raw = {**self._raw, **changes}
        other._templar = self._templar.copy_with_new_env(available_variables=other._raw)
        other._users = None
        stale = self._depending_on(changes)
        other._known = {name: value for name, value in self._known.items() if name not in stale}
        return other

    def _depending_on(self, names: Iterable[str]) -> set[str]:
        """These names and all whose templates mention one of them, or something that could be any."""
        if self._users is None:
            self._users = {}
            for name, value in self._raw.items():
                for word in set(WORD.findall(text)) if "{" in (text := str(value)) else ():
                    self._users.setdefault(word, set()).add(name)
        found: set[str] = set()
        left = [*names, *ANY_NAME]
        while left:
            name = left.pop()
            if name not in found:
                found.add(name)
                left.extend(self._users.get(name, ()))
        return found

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            if name not in self._raw:
                raise AnsibleError(f"{self._host} has no {name}")
            try:
                self._known[name] = self._templar.template(self._raw[name])
            except AnsibleError as error:
                raise AnsibleError(f"{name} of {self._host} cannot be worked out: {error.message}") from error
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)
