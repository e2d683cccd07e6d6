# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""S3: the bucket of a static site, read in few calls and changed one step after the other."""

from __future__ import annotations

import base64
import threading
import time
import typing as t
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path

from ..core.plan import PlanRefused
from ..core.site_files import File
from ..core.site_release import (
    CURRENT,
    OBJECTS,
    RELEASES,
    SITE,
    Bucket,
    Current,
    Release,
    Steps,
    read_current,
    read_release,
)
from .api import Api, AwsError
from .reconcile import side_by_side
from .s3_objects import BATCH, delete_batch
from .site_folder import PART_BYTES, base64_sha256, parts_of

GONE = {"NoSuchBucket"}
NO_OBJECT = {"NoSuchKey", "NoSuchBucket"}
JSON = "application/json"
# Uploads at a time: what is waited for is mostly the way to AWS. Each holds at most one part in memory.
WORKERS = 32
SECONDS_BETWEEN_REPORTS = 1.0

Report = Callable[[str], None]


class SiteBucket:
    """The bucket of one site. `report` is told how far a long step is, now and then."""

    def __init__(self, s3: Api, name: str, report: Report) -> None:
        self.s3 = s3
        self.name = name
        self.report = report

    def look(self) -> dict[str, t.Any]:
        """The first part of reading: every key, and which releases there are."""
        return side_by_side({"etags": self._list, "current": partial(self._text, CURRENT)})

    def read(self, looked: dict[str, t.Any], known: Release | None = None) -> Bucket | None:
        """What is in the bucket, None where there is no such bucket. A release that is `known` is not asked for."""
        if looked["etags"] is None:
            return None
        current = read_current(looked["current"])
        ids = {*current.history, *current.begun}
        texts = side_by_side({each: partial(self._text, f"{RELEASES}{each}.json") for each in ids - _ids(known)})
        releases = {each: read_release(text) for each, text in texts.items() if text}
        if known and known.id in ids:
            releases[known.id] = known
        return Bucket(looked["etags"], current, releases)

    def _list(self) -> dict[str, str] | None:
        doing = f"list S3 bucket {self.name}"
        found = self.s3.pages("list_objects_v2", "Contents", doing, GONE, Bucket=self.name)
        if not found and self.s3.read("head_bucket", doing, {"404", *GONE}, Bucket=self.name) is None:
            return None
        return {each["Key"]: each["ETag"].strip('"') for each in found}

    def _text(self, key: str) -> str | None:
        content = self.s3.body("get_object", f"read {self._where(key)}", NO_OBJECT, Bucket=self.name, Key=key)
        return None if content is None else content.decode()

    def begin(self, steps: Steps) -> None:
        """Note down the release and that it is under way, so that whoever comes next knows what may be where."""
        release, current = steps.release, steps.bucket.current
        key = f"{RELEASES}{release.id}.json"
        if key not in steps.bucket.etags:
            self._put_text(key, release.to_json())
        if release.id not in current.begun:
            self.note(current.beginning(release.id))

    def note(self, current: Current) -> None:
        """Write `current.json`."""
        self._put_text(CURRENT, current.to_json())

    def upload(self, steps: Steps, folder: Path) -> None:
        """Upload what is missing. Nothing that visitors see changes: nothing refers to it yet."""
        shown = steps.release.shown()
        targets = [(SITE + key, shown[key]) for key in steps.direct]
        targets += [(OBJECTS + shown[key].sha256, shown[key]) for key in steps.staged]
        self._each("uploaded", [partial(self._put, key, file, folder / file.key) for key, file in targets])

    def switch(self, steps: Steps, folder: Path) -> None:
        """Show the release: save what goes, bring everything to its place, remove what is gone."""
        self._each("saved", [partial(self._copy, key, source) for key, source in steps.saved.items()])
        shown = steps.release.shown()
        for group in steps.switch:
            self._each("switched", [self._switching(key, shown[key], steps.sources[key], folder) for key in group])
        self.remove(SITE + key for key in steps.removed)

    def _switching(self, key: str, file: File, source: str, folder: Path) -> Callable[[], None]:
        if not source:
            return partial(self._put, SITE + key, file, folder / file.key)
        headers = {"ContentType": file.content_type, "CacheControl": file.cache_control}
        return partial(self._copy, SITE + key, source, MetadataDirective="REPLACE", **headers)

    def remove(self, keys: Iterable[str]) -> None:
        """Delete these keys."""
        left = list(keys)
        while left:
            batch, left = left[:BATCH], left[BATCH:]
            doing = f"take {len(batch)} files out of S3 bucket {self.name}"
            delete_batch(self.s3, self.name, doing, [{"Key": key} for key in batch])

    def _put(self, key: str, file: File, path: Path) -> None:
        doing = f"upload {path} to {self._where(key)}"
        try:
            put = self._put_parts if file.size > PART_BYTES else self._put_whole
            etag = put(key, file, path, doing)
        except OSError as error:
            raise PlanRefused(f"Cannot read {path}: {error.strerror}; it was there when the run began") from error
        if etag.strip('"') not in file.etags:
            raise AwsError(
                f"S3 calls {key} in {self.name} {etag}, which is not the hash of its content, so that a later run could"
                " not tell whether it is up to date. The bucket of a static site must be encrypted with AES256",
                "UnexpectedETag",
            )

    def _put_whole(self, key: str, file: File, path: Path, doing: str) -> str:
        answer = self.s3.write(
            "put_object",
            doing,
            Bucket=self.name,
            Key=key,
            Body=path.read_bytes(),
            ContentType=file.content_type,
            CacheControl=file.cache_control,
            ChecksumSHA256=base64.b64encode(bytes.fromhex(file.sha256)).decode(),
        )
        return str(answer["ETag"])

    def _put_parts(self, key: str, file: File, path: Path, doing: str) -> str:
        where: dict[str, t.Any] = {"Bucket": self.name, "Key": key}
        begun = self.s3.write(
            "create_multipart_upload",
            doing,
            ContentType=file.content_type,
            CacheControl=file.cache_control,
            ChecksumAlgorithm="SHA256",
            **where,
        )
        upload = {**where, "UploadId": begun["UploadId"]}
        parts = []
        try:
            for number, content in enumerate(parts_of(path), 1):
                part: dict[str, t.Any] = {"PartNumber": number, "ChecksumSHA256": base64_sha256(content)}
                answer = self.s3.write("upload_part", doing, Body=content, **upload, **part)
                parts.append({**part, "ETag": answer["ETag"]})
        except (AwsError, OSError):
            self.s3.write("abort_multipart_upload", doing, missing={"NoSuchUpload"}, **upload)
            raise
        answer = self.s3.write("complete_multipart_upload", doing, MultipartUpload={"Parts": parts}, **upload)
        return str(answer["ETag"])

    def _copy(self, key: str, source: str, **headers: str) -> None:
        where: dict[str, t.Any] = {"Bucket": self.name, "Key": key, **headers}
        copied = {"Bucket": self.name, "Key": source}
        self.s3.write("copy_object", f"copy {source} to {self._where(key)}", CopySource=copied, **where)

    def _put_text(self, key: str, text: str) -> None:
        self.s3.write(
            "put_object", f"write {self._where(key)}", Bucket=self.name, Key=key, Body=text.encode(), ContentType=JSON
        )

    def _each(self, done: str, jobs: Collection[Callable[[], None]]) -> None:
        """Run all jobs, WORKERS at a time. After a failure no further one is begun, and those that run end."""
        counter = _Counter(done, len(jobs), self.report)
        with ThreadPoolExecutor(max_workers=max(1, min(WORKERS, len(jobs)))) as pool:
            futures = [pool.submit(counter.counted, job) for job in jobs]
            finished, waiting = wait(futures, return_when=FIRST_EXCEPTION)
            for future in waiting:
                future.cancel()
        for future in finished:
            future.result()

    def _where(self, key: str) -> str:
        return f"{key} in S3 bucket {self.name}"


class _Counter:
    """How many jobs are done, told at most once a second."""

    def __init__(self, done: str, total: int, report: Report) -> None:
        self._text, self._total, self._report = done, total, report
        self._count, self._told = 0, time.monotonic()
        self._lock = threading.Lock()

    def counted(self, job: Callable[[], None]) -> None:
        job()
        with self._lock:
            self._count += 1
            now = time.monotonic()
            if now - self._told >= SECONDS_BETWEEN_REPORTS or (self._count == self._total and self._total > WORKERS):
                self._told = now
                self._report(f"{self._text} {self._count} of {self._total} files")


def _ids(known: Release | None) -> set[str]:
    return {known.id} if known else set()


def kept_release(bucket: Bucket, release: str, name: str) -> Release:
    """A release that is in the bucket. Raises PlanRefused where it is not kept any more."""
    found = bucket.releases.get(release)
    if found is None:
        kept = ", ".join(bucket.current.history) or "none"
        raise PlanRefused(f"release {release} is not kept in S3 bucket {name}; there are (latest first): {kept}")
    return found


def refuse_missing(steps: Steps, name: str) -> None:
    """Refuse to go back to a release whose files are not all there. Nothing has been changed by then."""
    missing: t.Sequence[str] = (*steps.direct, *steps.staged)
    if missing:
        raise PlanRefused(
            f"release {steps.release.id} cannot be shown again: S3 bucket {name} lacks {len(missing)} of its files"
            f" ({', '.join(missing[:3])}); publish it from its folder"
        )
