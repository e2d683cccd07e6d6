# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Archives of modules (AnsiballZ) of earlier runs, for as long as every source file of theirs is unchanged.

ansible-core builds the archive of each module in each run, by parsing the module and some eighty files that it imports.
An archive holds code, never parameters. ansible-core looks for it in the directory of the run before it builds one.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import io
import json
import os
import pickle
import stat
import sys
import zipfile
from pathlib import Path

import ansible
from ansible import constants
from ansible.plugins.loader import module_utils_loader
from ansible.release import __version__
from ansible.utils.collection_loader import AnsibleCollectionConfig

CORE = Path(ansible.__file__).parents[1]
# ansible-core makes these up, as a function of its version.
MADE_UP = ("ansible/__init__.py", "ansible/module_utils/__init__.py")
ABSENT = "absent"
# What reading and writing archives can raise, of another ansible-core than the ones tested too.
ERRORS = (
    OSError,
    ValueError,
    LookupError,
    AttributeError,
    ImportError,
    EOFError,
    pickle.PickleError,
    zipfile.BadZipFile,
)


def is_private(directory: Path) -> bool:
    """Whether a directory is this user's, and nobody else can change or see what is in it."""
    status = directory.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write(path: Path, content: bytes) -> None:
    """Write a file that nobody ever sees half of."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_bytes(content)
    part.rename(path)


def overridden() -> bool:
    """Whether a directory of the user or of a role can have a file in the place of one of ansible-core."""
    paths = map(Path, module_utils_loader._get_paths(subdirs=False))
    return any(path.is_dir() for path in paths if path != CORE / "ansible/module_utils")


class Archives:
    """The archives of this run, and those that are kept between runs."""

    def __init__(self) -> None:
        versions = repr((__version__, sys.version, str(CORE), AnsibleCollectionConfig.collection_paths))
        self.kept = Path(constants.ANSIBLE_HOME) / "warm_local" / digest(versions.encode())[:16]
        self.run = Path(constants.DEFAULT_LOCAL_TMP) / "ansiballz_cache"  # where ansible-core looks
        self.fingerprint = functools.cache(self._fingerprint)
        self.known: set[str] = set()  # in the directory of the run when the task began

    def give(self) -> None:
        """Put the archives that still are what ansible-core would build into the directory of the run, once a run."""
        self.kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not is_private(self.kept):
            raise PermissionError(f"{self.kept} is not a private directory of this user")
        with contextlib.suppress(FileExistsError):  # another task was first
            self.run.mkdir()
            for manifest in self.kept.glob("*.json"):
                self._give(manifest)
        self.known = self._names()

    def _give(self, manifest: Path) -> None:
        wanted = json.loads(manifest.read_text(encoding="utf-8"))
        archive = manifest.with_suffix("").read_bytes()
        unchanged = all(self.fingerprint(name) == value for name, value in wanted["sources"].items())
        if unchanged and digest(archive) == wanted["archive"] and not overridden():
            write(self.run / manifest.stem, archive)

    def take(self) -> None:
        """Keep the archives that ansible-core built for the task."""
        for name in self._names() - self.known:
            archive = (self.run / name).read_bytes()
            sources = self._sources(archive)
            if sources and not overridden():
                write(self.kept / name, archive)
                manifest = {"archive": digest(archive), "sources": sources}
                write(self.kept / f"{name}.json", json.dumps(manifest).encode())

    def _names(self) -> set[str]:
        return {path.name for path in self.run.iterdir() if not path.name.endswith((".lock", "-part"))}

    def _sources(self, archive: bytes) -> dict[str, str]:
        """Fingerprints of all that an archive depends on; none if it is not made of the files that are known here."""
        built = pickle.loads(archive)  # noqa: S301 - ansible-core has just written it, into the directory of this run
        sources = {}
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(built.zip_data))) as files:
            for name in set(files.namelist()) - set(MADE_UP):
                content, fingerprint = files.read(name), self.fingerprint(name)
                if fingerprint not in (digest(content), "" if content else ABSENT):
                    return {}
                sources[name] = fingerprint
                # An import means another file when one is added, or when the collection redirects it.
                if name.startswith("ansible_collections/") and name.count("/") > 2:
                    collection = "/".join(name.split("/")[:3])
                    for other in (f"{collection}/meta/runtime.yml", f"{collection}/plugins/module_utils/"):
                        sources[other] = self.fingerprint(other)
        return sources

    def _fingerprint(self, name: str) -> str:
        """What a file holds, by its name in an archive; for a name that ends with a slash, the names in a directory."""
        path = self._root(name) / name
        if name.endswith("/"):
            return digest("\n".join(sorted(str(file) for file in path.rglob("*.py"))).encode())
        return digest(path.read_bytes()) if path.is_file() else ABSENT

    @staticmethod
    def _root(name: str) -> Path:
        collection = "/".join(name.split("/")[:3])
        roots = map(Path, [*AnsibleCollectionConfig.playbook_paths, *AnsibleCollectionConfig.collection_paths])
        return next((root for root in roots if (root / collection).is_dir()), CORE)
