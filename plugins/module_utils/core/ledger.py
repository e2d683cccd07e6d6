# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The ledger of releases: entries, of which each holds the hash of the one before. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .plan import PlanRefused
from .table import table

Entry = dict[str, Any]

FORMAT = 1
# What the first entry has in the place of the hash of the one before.
BEGINNING = ""
NUMBER = re.compile(r"/(\d{6,})\.json$")


def folder(cluster: str, service: str) -> str:
    return f"ledger/{cluster}/{service}/"


def key(cluster: str, service: str, number: int) -> str:
    """The name of an entry's object. Zeros in front make S3 list them in their order."""
    return f"{folder(cluster, service)}{number:06d}.json"


def number_of(name: str) -> int | None:
    """The number of the entry in an object of this name; None where it is no entry's."""
    found = NUMBER.search(name)
    return int(found[1]) if found else None


def verdict_folder(cluster: str, service: str, deployment: str) -> str:
    """Where the verdicts of gates of a deployment (its ARN) are, until it is over and its entry holds them."""
    return f"{folder(cluster, service)}gates/{deployment.rpartition('/')[2]}/"


def verdict_key(cluster: str, service: str, deployment: str, verdict: Mapping[str, Any]) -> str:
    """The name of a verdict's object: in their order in time, and the same for the same verdict."""
    name = f"{verdict.get('at', '')}-{hashlib.sha256(canonical(verdict)).hexdigest()[:16]}"
    return f"{verdict_folder(cluster, service, deployment)}{name}.json"


def together(*some: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """Verdicts of several runs, each once, oldest first."""
    found = {canonical(verdict): dict(verdict) for verdicts in some for verdict in verdicts}
    return sorted(found.values(), key=lambda verdict: str(verdict.get("at", "")))


def canonical(entry: Mapping[str, Any]) -> bytes:
    """The one way in which an entry is written, which its hash is made of."""
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(entry: Mapping[str, Any]) -> str:
    """The SHA-256 of all that an entry says besides its hash."""
    said = {name: value for name, value in entry.items() if name != "hash"}
    return hashlib.sha256(canonical(said)).hexdigest()


def sealed(content: Mapping[str, Any], before: Mapping[str, Any] | None) -> Entry:
    """The entry that follows `before` (None: the first one), with number and hashes."""
    number = before["number"] + 1 if before else 1
    entry = {**content, "format": FORMAT, "number": number, "previous": before["hash"] if before else BEGINNING}
    return {**entry, "hash": digest(entry)}


def broken(entries: Mapping[int, Mapping[str, Any]]) -> str:
    """What is wrong with the first entry that is not as it was written, "" where all are.

    `entries` are by the number in their object's name, empty where the object is no JSON. That the newest ones were
    taken away cannot be seen: nothing refers to them.
    """
    before = BEGINNING
    for number in range(1, max(entries, default=0) + 1):
        if number not in entries:
            return f"entry {number} is missing"
        wrong = _wrong(entries[number], number, before)
        if wrong:
            return f"entry {number} {wrong}"
        before = entries[number]["hash"]
    return ""


def _wrong(entry: Mapping[str, Any], number: int, before: str) -> str:
    if not entry:
        return "cannot be read as JSON"
    if entry.get("hash") != digest(entry):
        return "is not what was written: its hash does not fit its content"
    if entry.get("number") != number:
        return f"was written as entry {entry.get('number')}"
    if entry.get("previous") != before:
        return f"does not follow entry {number - 1}: it holds another hash" if number > 1 else "is not the first"
    return ""


def release(entries: Mapping[int, Mapping[str, Any]], number: int) -> Mapping[str, Any]:
    """The entry of a release that can be brought back. Raises PlanRefused where it cannot, with those that can."""
    wrong = broken(entries)
    if wrong:
        raise PlanRefused(f"the ledger of releases cannot be trusted: {wrong}; the bucket may hold its first version")
    proven = [each for each in entries if entries[each]["status"] == "SUCCESSFUL" and entries[each]["definition"]]
    if number not in proven:
        known = f"it ended {entries[number]['status']}" if number in entries else "the ledger does not have it"
        others = ", ".join(map(str, sorted(proven))) or "none"
        raise PlanRefused(f"release {number} cannot be brought back: {known}; these can: {others}")
    return entries[number]


def report(entries: Sequence[Mapping[str, Any]], wrong: str) -> str:
    """A table for people, newest first, and whether the chain holds."""
    rows = [
        (
            each.get("number", "?"),
            each.get("task_definition", ""),
            ", ".join(str(image).rpartition("/")[2] for image in (each.get("images") or {}).values()),
            each.get("ended", ""),
            each.get("recorded_by", ""),
            each.get("strategy", ""),
            ", ".join(
                f"{gate.get('name') or gate.get('kind')}: {gate.get('verdict')}" for gate in each.get("gates", ())
            ),
            each.get("status", ""),
        )
        for each in reversed(entries)
    ]
    headers = ("release", "task definition", "images", "ended", "recorded by", "strategy", "gates", "result")
    chain = f"The chain is BROKEN: {wrong}" if wrong else f"The chain of {len(entries)} entries is whole"
    return f"{table(headers, rows)}\n{chain}" if rows else "No release is written down"
