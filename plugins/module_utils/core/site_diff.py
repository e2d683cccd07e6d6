# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A publication as people read it: one change with the files that differ, and how many of each sort. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from .plan import Change, State
from .site_files import File
from .site_release import SITE, Steps

KIND = "static site"
SHORT_HASH = 12


def site_change(bucket: str, steps: Steps, most: int) -> tuple[Change, ...]:
    """The change that the steps make, none where there is nothing to do. The diff names at most `most` files."""
    if not steps.changed:
        return ()
    current = steps.bucket.current
    before, after = _files(steps, most)
    described_before = {"release": current.release or "", "releases": list(current.history), **before}
    described_after = {"release": steps.release.id, "releases": list(steps.after.history), **after}
    if current.release is None:
        return (Change("create", KIND, bucket, after=described_after),)
    keys = described_before.keys() | described_after.keys()
    fields = tuple(sorted(key for key in keys if described_before.get(key) != described_after.get(key)))
    # Only what an interrupted run left: everything is as it should be, but for what nobody refers to.
    fields = fields or ("unused",)
    return (Change("update", KIND, bucket, described_before, described_after, fields),)


def counts(steps: Steps) -> dict[str, int]:
    """How many files there are of each sort."""
    return {
        "total": len(steps.release.files),
        "uploaded": len(steps.direct) + len(steps.staged) + sum(not source for source in steps.sources.values()),
        "switched": len(steps.sources),
        "removed": len(steps.removed),
        "pruned": len(steps.pruned),
    }


def _files(steps: Steps, most: int) -> tuple[State, State]:
    """The files that differ, before and after."""
    earlier = steps.bucket.before
    old = dict(earlier.files) if earlier else {}
    new = dict(steps.release.files)
    due = {*steps.direct, *steps.sources}
    differing = [key for key in sorted({*old, *new}) if _described(old, key) != _described(new, key)]
    # What somebody else changed or removed in the bucket.
    repaired = sorted((due & new.keys()) - set(differing))
    shown = earlier.shown() if earlier else {}
    foreign = [key for key in steps.removed if key not in shown]
    named = (differing + repaired + foreign)[:most]
    more = len(differing) + len(repaired) + len(foreign) - len(named)
    live, odd = steps.bucket.etags, set(repaired)
    before = {key: _described(old, key) for key in named if key in old and key not in odd}
    before |= {key: f"not as published ({live.get(SITE + key, 'missing')})" for key in named if key in odd}
    before |= {key: "not of this site" for key in named if key not in old and key not in new}
    after = {key: _described(new, key) for key in named if key in new}
    rest = {"and more": f"{more} files"} if more else {}
    return ({"files": before} if before else {}), ({"files": {**after, **rest}} if after or rest else {})


def _described(files: Mapping[str, File], key: str) -> str:
    file = files.get(key)
    return f"{file.sha256[:SHORT_HASH]}, {file.content_type}, {file.cache_control}" if file else ""
