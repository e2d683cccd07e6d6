# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The folder that a build wrote: which of its files belong to the site, and what they contain."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ..core.plan import PlanRefused
from ..core.site_files import File, cache_control, content_type, key_faults, part_etag, patterns, role_of

# Larger files are uploaded in parts of this size. It decides on their ETags, too.
PART_BYTES = 8 * 1024 * 1024
# Hashing is mostly done outside Python's lock.
HASHERS = 4
# The one hidden folder that browsers and certificate authorities ask for.
WELL_KNOWN = ".well-known"


@dataclass(frozen=True)
class Headers:
    """What the caller says about roles and caching."""

    immutable: tuple[str, ...] = ()
    cache: Mapping[str, str | None] | None = None


def read_folder(folder: Path, headers: Headers) -> list[File]:
    """Every file of the site, hashed; sorted by path. Raises PlanRefused for what cannot be published.

    Hidden files stay behind, but for `.well-known`. A symbolic link to a file within the folder is that file; every
    other one is refused, because it would publish something that is not part of the build.
    """
    if not folder.is_dir():
        raise PlanRefused(f"static_site_folder: {folder} is no folder; build the site first, or correct the path")
    compiled = patterns(headers.immutable)
    root = folder.resolve()
    keys = sorted(path.relative_to(folder).as_posix() for path in _files(folder, root))
    faults = key_faults(keys)
    if faults:
        raise PlanRefused(f"{folder}: {'; '.join(faults[:5])}")

    def described(key: str) -> File:
        role = role_of(key, compiled)
        sha256, size, etags = _digests(folder / key)
        return File(key, sha256, size, etags, content_type(key), cache_control(role, headers.cache), role)

    with ThreadPoolExecutor(max_workers=HASHERS) as pool:
        return list(pool.map(described, keys, chunksize=1))


def parts_of(path: Path) -> Iterator[bytes]:
    """The content of a file in parts of PART_BYTES."""
    with path.open("rb") as stream:
        while part := stream.read(PART_BYTES):
            yield part


def base64_sha256(content: bytes) -> str:
    """The checksum of some content as S3 takes it."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def _files(folder: Path, root: Path) -> Iterator[Path]:
    for directory, folders, names in os.walk(folder, onerror=_refuse):
        here = Path(directory)
        seen = {WELL_KNOWN} if here == folder else set()
        folders[:] = sorted(name for name in folders if name in seen or not name.startswith("."))
        for path in (here / name for name in folders):
            _must(not path.is_symlink(), path, "is a symbolic link to a folder; copy the folder instead")
        for name in names:
            if not name.startswith("."):
                yield _checked(here / name, root)


def _checked(path: Path, root: Path) -> Path:
    if path.is_symlink():
        _must(path.resolve().is_relative_to(root), path, "is a symbolic link out of the folder; copy the file instead")
    _must(path.is_file(), path, "is no file, or a symbolic link to nothing; remove it from the build")
    return path


def _must(holds: bool, path: Path, fault: str) -> None:
    if not holds:
        raise PlanRefused(f"{path} {fault}")


def _refuse(error: OSError) -> None:
    raise PlanRefused(f"Cannot read {error.filename}: {error.strerror}")


def _digests(path: Path) -> tuple[str, int, tuple[str, ...]]:
    """SHA-256, size and possible ETags of a file."""
    sha256, md5, size = hashlib.sha256(), _md5(), 0
    parts: list[bytes] = []
    try:
        in_parts = path.stat().st_size > PART_BYTES
        for part in parts_of(path):
            sha256.update(part)
            md5.update(part)
            size += len(part)
            if in_parts:
                parts.append(_md5(part).digest())
    except OSError as error:
        raise PlanRefused(f"Cannot read {path}: {error.strerror}") from error
    whole = md5.hexdigest()
    return sha256.hexdigest(), size, (part_etag(parts), whole) if in_parts else (whole,)


def _md5(content: bytes = b"") -> hashlib._Hash:
    """S3 calls content by its MD5; nothing is trusted on account of it."""
    return hashlib.md5(content, usedforsecurity=False)
