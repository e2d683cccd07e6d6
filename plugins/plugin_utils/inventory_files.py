# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where a variable stands, so that a refusal can name the file and the line to change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

DIRECTORIES = ("host_vars", "group_vars")
SUFFIXES = {".yml", ".yaml", ""}


def place_of(variable: str, inventory_dir: str | None, host: str) -> str:
    """`file:line` of the variable in the inventory, or the file where it would go.

    The host's own file is looked at first; within a directory the last file wins, as it does for Ansible.
    """
    if not inventory_dir:
        return "command line"
    pattern = re.compile(rf"^{re.escape(variable)}\s*:")
    for path in sorted(_files(Path(inventory_dir), host), key=lambda each: _closeness(each, host), reverse=True):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if pattern.match(line):
                return f"{_shown(path)}:{number}"
    return f"not in {_shown(Path(inventory_dir))}; it belongs in group_vars/all/environment.yml or on the command line"


def _files(inventory: Path, host: str) -> Iterator[Path]:
    for directory in DIRECTORIES:
        for path in (inventory / directory).rglob("*"):
            ours = directory != "host_vars" or host in path.relative_to(inventory).parts or path.stem == host
            if ours and path.suffix in SUFFIXES and path.is_file():
                yield path


def _closeness(path: Path, host: str) -> tuple[bool, bool, str]:
    """What Ansible reads later, and so what wins: the host's files, then those of groups, then those of all."""
    return host in str(path), "/all" not in path.as_posix(), path.as_posix()


def _shown(path: Path) -> str:
    """Relative to where the user stands, when it is below."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
