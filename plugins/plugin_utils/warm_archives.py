# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Archives of modules (AnsiballZ) of earlier runs, for as long as no file that they can be made of has changed.

ansible-core builds the archive of each module in each run, by parsing the module and some eighty files that it imports.
An archive holds code, never parameters. ansible-core looks for it in the directory of the run before it builds one.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import sys
from pathlib import Path

import ansible
from ansible import constants
from ansible.plugins.loader import module_utils_loader
from ansible.utils.collection_loader import AnsibleCollectionConfig

CORE = Path(ansible.__file__).parent
COLLECTIONS = ("amazon/aws", "monay/platform")
NAME = re.compile(r"ansible_collections\.(amazon\.aws|monay\.platform)\.plugins\.modules\.\w+-ZIP_DEFLATED-none")


def is_private(directory: Path) -> bool:
    """Whether a directory is this user's, and nobody else can change or see what is in it."""
    status = directory.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077


def sources() -> list[Path]:
    """Where ansible-core looks for what it puts into an archive."""
    overrides = [path for path in map(Path, module_utils_loader._get_paths(subdirs=False)) if path.is_dir()]
    roots = map(Path, [*AnsibleCollectionConfig.playbook_paths, *AnsibleCollectionConfig.collection_paths])
    collections = [root / "ansible_collections" / name for root in roots for name in COLLECTIONS]
    parts = [collection / part for collection in collections for part in ("meta", "plugins/module_utils")]
    return [CORE / "module_utils", *overrides, *parts, *(collection / "plugins/modules" for collection in collections)]


def fingerprint() -> str:
    """Of these files. Nobody can change a file and leave its ctime as it was."""
    found = hashlib.sha256(repr((sys.version, CORE)).encode())
    for top in sources():
        for directory, names, files in os.walk(top):
            names[:] = sorted(set(names) - {"__pycache__"})  # which Python fills as it goes
            for name in sorted(files):
                status = os.stat(f"{directory}/{name}")
                found.update(f"{directory}/{name} {status.st_size} {status.st_ctime_ns}\n".encode())
    return found.hexdigest()


class Archives:
    """The archives of this run, and those that are kept between runs."""

    def __init__(self) -> None:
        self.home = Path(constants.ANSIBLE_HOME) / "warm_local"
        self.run = Path(constants.DEFAULT_LOCAL_TMP) / "ansiballz_cache"  # where ansible-core looks
        self.kept = Path(constants.DEFAULT_LOCAL_TMP) / "warm_kept"  # a link to what fits this run

    def give(self) -> bool:
        """Put the archives that ansible-core would build in the same way into the directory of the run, once a run."""
        try:
            self.run.mkdir()
        except FileExistsError:
            return False  # another task was first
        place = hashlib.sha256(repr(sources()).encode()).hexdigest()[:16]
        kept = self.home / place / fingerprint()
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not is_private(kept):
            raise PermissionError(f"{kept} is not a private directory of this user")
        for archive in kept.iterdir():
            if NAME.fullmatch(archive.name):
                (self.run / archive.name).symlink_to(archive)
        self.kept.symlink_to(kept)
        for outdated in set(kept.parent.iterdir()) - {kept}:
            shutil.rmtree(outdated, ignore_errors=True)
        return True

    def take(self) -> None:
        """Keep the archives that ansible-core has built."""
        for name in {*os.listdir(self.run)} - {*os.listdir(self.kept)}:
            if NAME.fullmatch(name):
                part = self.kept / f".{name}.{os.getpid()}"  # so that nobody ever sees half of it
                shutil.copyfile(self.run / name, part)
                part.rename(self.kept / name)
