# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What roles would get for a host: the inventory over their defaults, worked out when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError

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
        self._host = str(host.get("inventory_hostname", ""))

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
