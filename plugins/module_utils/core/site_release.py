# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Releases of a static site, and what must be done in its bucket to show one of them. Pure.

The bucket holds

    site/<path>         what visitors see
    objects/<sha256>    content of assets and pages that is not in its place: not yet, or of an earlier release
    releases/<id>.json  what each release that is kept consists of
    current.json        which release is shown, which were before, and which were begun

Immutable files are uploaded to their place at once: nothing refers to them before a page does, and their names never
mean anything else. Everything else is uploaded to `objects` first, and what it will take the place of is copied there.
When all of it is there, the release is switched to by copies within S3, pages after what they need and the entry page
last. Nothing is uploaded while the switch goes on, and a page that visitors can see never lacks an immutable file. Only
the first release of all is uploaded to its place in that order, because there is nothing to switch from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .plan import PlanRefused
from .site_files import ASSET, ENTRY, IMMUTABLE, PAGE, File, with_addresses

SITE, OBJECTS, RELEASES = "site/", "objects/", "releases/"
CURRENT = "current.json"
FORMAT = 1
# The release before the current one is needed by visitors who have one of its pages open.
FEWEST_RELEASES = 2


@dataclass(frozen=True)
class Release:
    """What a site consists of. The id follows from the content: the same folder is the same release."""

    id: str
    files: Mapping[str, File]

    def shown(self) -> dict[str, File]:
        """Everything that visitors can ask for, pages under all of their addresses."""
        return with_addresses(self.files)

    def to_json(self) -> str:
        files = {key: file.to_json() for key, file in sorted(self.files.items())}
        return json.dumps({"format": FORMAT, "release": self.id, "files": files}, separators=(",", ":"))


@dataclass(frozen=True)
class Current:
    """The content of `current.json`. `history` has the current release first; `begun` are those under way.

    `switches` counts, so that no two switches ask CloudFront for the same invalidation.
    """

    history: tuple[str, ...] = ()
    begun: tuple[str, ...] = ()
    switches: int = 0

    @property
    def release(self) -> str | None:
        return self.history[0] if self.history else None

    def beginning(self, release: str) -> Current:
        """With this release under way."""
        begun = self.begun if release in self.begun else (*self.begun, release)
        return Current(self.history, begun, self.switches)

    def showing(self, release: str, keep: int) -> Current:
        """With this release as the current one; the latest `keep` stay."""
        rest = tuple(each for each in self.history if each != release)
        return Current((release, *rest)[:keep], (), self.switches + 1)

    def to_json(self) -> str:
        return json.dumps(
            {"format": FORMAT, "history": self.history, "begun": self.begun, "switches": self.switches}, indent=2
        )


@dataclass(frozen=True)
class Bucket:
    """What is in the bucket: every key with its ETag, `current.json`, and the releases that it names."""

    etags: Mapping[str, str] = field(default_factory=dict)
    current: Current = field(default_factory=Current)
    releases: Mapping[str, Release] = field(default_factory=dict)

    @property
    def before(self) -> Release | None:
        return self.releases.get(self.current.release or "")


@dataclass(frozen=True)
class Steps:
    """What to do, in this order. `direct`, `staged`, `switch` and `removed` are paths within the site."""

    release: Release
    bucket: Bucket
    after: Current
    direct: tuple[str, ...] = ()
    """Immutable files to upload to their place."""
    staged: tuple[str, ...] = ()
    """Files to upload to `objects`, one for each content."""
    saved: Mapping[str, str] = field(default_factory=dict)
    """What earlier releases need and the switch takes away: keys to copy, by the key that they are copied to."""
    switch: tuple[tuple[str, ...], ...] = ()
    """Groups of paths to bring to their place, each when the one before is done."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """The key that each path of the switch is copied from; empty for one that is uploaded."""
    removed: tuple[str, ...] = ()
    """Paths that go when everything else is in its place."""
    pruned: tuple[str, ...] = ()
    """Other keys of the bucket that nothing kept refers to, immutable files among them."""
    outdated: tuple[str, ...] = ()
    """Paths that CloudFront may hold in another form."""

    @property
    def changed(self) -> bool:
        work = self.direct or self.staged or self.switch or self.removed or self.pruned
        return bool(work) or self.after != self.bucket.current


def make_release(files: Iterable[File]) -> Release:
    """The release that consists of these files. Raises PlanRefused where there is no site in them."""
    by_key = {file.key: file for file in files}
    if not by_key:
        raise PlanRefused("the folder holds no files; build the site first, or correct static_site_folder")
    if ENTRY not in by_key:
        raise PlanRefused(
            f"the folder holds {len(by_key)} files, but no {ENTRY}; static_site_folder must be the folder that the"
            " build writes its pages into"
        )
    content = json.dumps({key: file.to_json() for key, file in sorted(by_key.items())})
    return Release(hashlib.sha256(content.encode()).hexdigest()[:12], by_key)


def read_release(text: str) -> Release:
    """A release as `to_json` wrote it."""
    content = _read(text, f"{RELEASES}*.json")
    return Release(content["release"], {key: File.from_json(key, value) for key, value in content["files"].items()})


def read_current(text: str | None) -> Current:
    """`current.json`; a bucket without one has no release."""
    if text is None:
        return Current()
    content = _read(text, CURRENT)
    return Current(tuple(content["history"]), tuple(content["begun"]), content["switches"])


def plan_release(release: Release, bucket: Bucket, keep: int) -> Steps:
    """What shows this release in that bucket and keeps the `keep` latest ones. Every step may find its work done."""
    shown = release.shown()
    live = {key.removeprefix(SITE): etag for key, etag in bucket.etags.items() if key.startswith(SITE)}
    due = {key: file for key, file in shown.items() if not _in_place(key, file, live.get(key), bucket)}
    after = _after(release, bucket, keep, due)
    kept = [bucket.releases[each] for each in after.history if each in bucket.releases and each != release.id]
    stay = _kept_keys([release, *kept], shown)
    needless = {key for key in bucket.etags if key not in stay and key.startswith((SITE, OBJECTS, RELEASES))}
    # A page goes before what it may need, also one of a release that was begun and is not kept.
    lasting = {
        SITE + key for each in bucket.releases.values() for key, file in each.files.items() if file.role == IMMUTABLE
    }
    removed = tuple(sorted(key for key in live if SITE + key in needless - lasting))
    switched = {key: file for key, file in due.items() if file.role != IMMUTABLE}
    sources = {key: _source(key, file, live, bucket) for key, file in switched.items()}
    staged: dict[str, str] = {}
    if bucket.current.history:
        staged = {file.sha256: key for key, file in sorted(switched.items(), reverse=True) if not sources[key]}
        sources = {key: source or OBJECTS + switched[key].sha256 for key, source in sources.items()}
    return Steps(
        release,
        bucket,
        after,
        direct=tuple(sorted(due.keys() - switched.keys())),
        staged=tuple(sorted(staged.values())),
        saved=_saved(kept, {*switched, *removed}, live, bucket),
        switch=_switch(switched),
        sources=sources,
        removed=removed,
        pruned=tuple(sorted(needless - {SITE + key for key in removed})),
        outdated=tuple(sorted({*removed, *_outdated(shown, due, live, bucket)})),
    )


def _in_place(key: str, file: File, etag: str | None, bucket: Bucket) -> bool:
    """Whether visitors get this file with these headers already.

    S3 lists ETags and no headers: those are known from the release that put the object there last. That is the
    current one, or an older one where it does not have the path, or one that was begun. Where they differ, it is not.
    """
    if etag not in file.etags:
        return False
    history, begun = bucket.current.history, bucket.current.begun
    last = _entries(key, history[:1], bucket) or _entries(key, history[1:], bucket)
    said = [entry for entry in last + _entries(key, begun, bucket) if entry.sha256 == file.sha256]
    return bool(said) and all(entry.same_as(file) for entry in said)


def _entries(key: str, releases: Iterable[str], bucket: Bucket) -> list[File]:
    shown = (_shown_at(key, bucket.releases[each]) for each in releases if each in bucket.releases)
    return [entry for entry in shown if entry is not None]


def _shown_at(key: str, release: Release) -> File | None:
    """What a release shows at an address, without making all of them."""
    found = release.files.get(key)
    if found is None:
        found = release.files.get(f"{key}{ENTRY}" if key.endswith("/") else f"{key}.html")
        found = found if found and found.role == PAGE else None
    return found


def _after(release: Release, bucket: Bucket, keep: int, due: Mapping[str, File]) -> Current:
    current = bucket.current
    same = current.release == release.id and not current.begun and not due
    return Current(current.history[:keep], (), current.switches) if same else current.showing(release.id, keep)


def _kept_keys(kept: Collection[Release], shown: Mapping[str, File]) -> set[str]:
    """Keys that must stay: what is shown, the immutable files of all kept releases, and what they are made of."""
    keys = {SITE + key for key in shown} | {CURRENT}
    for each in kept:
        keys.add(f"{RELEASES}{each.id}.json")
        for file in each.files.values():
            keys.add(SITE + file.key if file.role == IMMUTABLE else OBJECTS + file.sha256)
    return keys


def _source(key: str, file: File, live: Mapping[str, str], bucket: Bucket) -> str:
    """Where the content of a file is already, or will be by then; empty where it must be uploaded."""
    if OBJECTS + file.sha256 in bucket.etags:
        return OBJECTS + file.sha256
    if live.get(key) in file.etags:  # with other headers
        return SITE + key
    # A further address of a page: the page itself is in its place by then.
    here = file.key != key and (live.get(file.key) in file.etags or not bucket.current.history)
    return SITE + file.key if here else ""


def _saved(kept: Iterable[Release], going: Collection[str], live: Mapping[str, str], bucket: Bucket) -> dict[str, str]:
    """What the kept releases need of what is overwritten or removed."""
    return {
        OBJECTS + file.sha256: SITE + key
        for release in kept
        for key, file in release.files.items()
        if file.role != IMMUTABLE
        and key in going
        and live.get(key) in file.etags
        and OBJECTS + file.sha256 not in bucket.etags
    }


def _switch(due: Mapping[str, File]) -> tuple[tuple[str, ...], ...]:
    """The switch in groups: assets, pages, their further addresses, and at last the entry page."""
    assets = [key for key, file in due.items() if file.role == ASSET]
    pages = [key for key, file in due.items() if file.role == PAGE and file.key == key != ENTRY]
    further = [key for key, file in due.items() if file.role == PAGE and file.key != key]
    groups = (assets, pages, further, [ENTRY] if ENTRY in due else [])
    return tuple(tuple(sorted(group)) for group in groups if group)


def _outdated(shown: Mapping[str, File], due: Mapping[str, File], live: Mapping[str, str], bucket: Bucket) -> set[str]:
    """Addresses that showed something else before: by what was shown, and by what is in the bucket against it."""
    latest = (bucket.current.release or "", *bucket.current.begun)
    earlier = [bucket.releases[each].shown() for each in latest if each in bucket.releases]
    paths = {key for key, file in due.items() if key in live and file.role != IMMUTABLE}
    for release in earlier:
        paths |= {key for key, file in shown.items() if _differs(file, release.get(key))}
        paths |= {key for key, file in release.items() if key not in shown and file.role != IMMUTABLE}
    return paths


def _differs(file: File, before: File | None) -> bool:
    """Whether an address that can change did. One that is new is no matter: CloudFront forgets errors by itself."""
    return file.role != IMMUTABLE and before is not None and not file.same_as(before)


def _read(text: str, name: str) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise PlanRefused(f"{name} in the bucket is not readable ({error}); delete it and publish again") from error
    if content.get("format") != FORMAT:
        raise PlanRefused(f"{name} in the bucket was written by a newer version of this collection; use that one")
    return content
