# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""S3: the objects of a bucket that is to go."""

from __future__ import annotations

import typing as t

from .api import Api, AwsError

GONE = {"NoSuchBucket"}
# DeleteObjects and ListObjectVersions take this many.
BATCH = 1000


def is_empty(s3: Api, bucket: str) -> bool:
    """Whether the bucket holds no object, no old version and no delete marker."""
    doing = f"look into S3 bucket {bucket}"
    answer = s3.read("list_object_versions", doing, GONE, Bucket=bucket, MaxKeys=1) or {}
    return not answer.get("Versions") and not answer.get("DeleteMarkers")


def empty_bucket(s3: Api, bucket: str, *, bypass: bool = False) -> int:
    """Delete all versions and delete markers, a batch at a time; returns how many. Raises AwsError for those left.

    `bypass` deletes what Object Lock keeps in governance mode, too.
    """
    count = 0
    while True:
        answer = s3.read("list_object_versions", f"list S3 bucket {bucket}", GONE, Bucket=bucket, MaxKeys=BATCH) or {}
        found = [*answer.get("Versions", ()), *answer.get("DeleteMarkers", ())]
        if not found:
            return count
        delete_batch(
            s3,
            bucket,
            f"empty S3 bucket {bucket}",
            [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found],
            bypass=bypass,
        )
        count += len(found)


def delete_batch(s3: Api, bucket: str, doing: str, objects: list[dict[str, str]], *, bypass: bool = False) -> None:
    """Delete at most BATCH objects. Raises AwsError for those that S3 could not delete."""
    # Sent where it is asked for only: it takes a permission of its own.
    extra: dict[str, t.Any] = {"BypassGovernanceRetention": True} if bypass else {}
    answer: dict[str, t.Any] = s3.write(
        "delete_objects", doing, Bucket=bucket, Delete={"Objects": objects, "Quiet": True}, **extra
    )
    # S3 reports what it could not delete in an answer that is a success.
    errors = answer.get("Errors") or []
    if errors:
        first = errors[0]
        raise AwsError(
            f"Cannot {doing}: {len(errors)} of {len(objects)} objects stay, the first is {first['Key']}:"
            f" {first['Code']}: {first.get('Message', '')}",
            first["Code"],
        )
