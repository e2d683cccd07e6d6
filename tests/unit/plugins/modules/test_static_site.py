# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import shutil
import threading

import boto3
import pytest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from moto import mock_aws

from ansible_collections.monay.platform.plugins.module_utils.aws import api, site_folder
from tests.support.killing import Killer
from tests.support.modules import (
    assert_previewed,
    assert_settled,
    changes,
    fail_module,
    recorded_calls,
    run_module,
    writes,
)

REGION = "us-east-1"
BUCKET = "monay-dev-111111111111-site"
SCRIPT, NEW_SCRIPT = "app.3fa9b1c2.js", "app.9d0e4f17.js"
IMMUTABLE = "public,max-age=31536000,immutable"


# moto returns the checksum of an upload in parts as if it were that of the whole object.
UNCHECKED = Config(response_checksum_validation="when_required")


@pytest.fixture
def s3():
    with mock_aws():
        client = boto3.client("s3", region_name=REGION, config=UNCHECKED)
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def folder(tmp_path):
    write(
        tmp_path, {"index.html": f"home {SCRIPT}", "about/index.html": f"about {SCRIPT}", SCRIPT: "1", "logo.png": "1"}
    )
    return tmp_path


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def change(folder):
    """The next build: a new script, pages that need it, one asset changed, one page gone and one come."""
    (folder / SCRIPT).unlink()
    (folder / "about/index.html").unlink()
    write(
        folder,
        {"index.html": f"home {NEW_SCRIPT}", "team.html": f"team {NEW_SCRIPT}", NEW_SCRIPT: "2", "logo.png": "2"},
    )


def args(folder, **extra):
    return {"region": REGION, "bucket": BUCKET, "folder": str(folder), **extra}


def live(s3):
    """What visitors can see: content, Content-Type and Cache-Control by address."""
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix="site/").get("Contents", [])
    found = {each["Key"].removeprefix("site/"): s3.get_object(Bucket=BUCKET, Key=each["Key"]) for each in listed}
    return {key: (got["Body"].read(), got["ContentType"], got["CacheControl"]) for key, got in found.items()}


def test_publishes_as_previewed_and_settles(s3, folder):
    done = assert_previewed("static_site", args(folder))

    html = "text/html; charset=utf-8"
    asset = "public,max-age=300,stale-while-revalidate=60"
    assert live(s3) == {
        "index.html": (f"home {SCRIPT}".encode(), html, "no-cache"),
        "about/index.html": (f"about {SCRIPT}".encode(), html, "no-cache"),
        "about/": (f"about {SCRIPT}".encode(), html, "no-cache"),
        SCRIPT: (b"1", "text/javascript; charset=utf-8", IMMUTABLE),
        "logo.png": (b"1", "image/png", asset),
    }
    assert changes(done) == {("create", "static site", BUCKET)}
    assert done["files"] == {"total": 4, "uploaded": 4, "switched": 4, "removed": 0, "pruned": 0}
    assert done["releases"] == [done["release"]]
    assert_settled("static_site", args(folder))


def test_a_second_run_makes_few_calls(s3, folder):
    run_module("static_site", args(folder))
    with recorded_calls() as calls:
        run_module("static_site", args(folder))

    assert sorted(calls) == ["s3:GetObject", "s3:ListObjectsV2"]


def test_publishes_only_what_changed(s3, folder):
    run_module("static_site", args(folder))
    change(folder)
    with recorded_calls() as calls:
        run_module("static_site", args(folder), check=True)
        preview = writes(calls)
        done = run_module("static_site", args(folder))

    assert preview == []
    # The release and that it begins, a script, two pages and an asset, the end. What the release before needs of what
    # goes is copied away, two pages and an asset; then the new ones are copied to their places, one to two of them.
    assert writes(calls).count("s3:PutObject") == 3 + 4
    assert writes(calls).count("s3:CopyObject") == 3 + 4
    assert done["files"] == {"total": 4, "uploaded": 4, "switched": 4, "removed": 2, "pruned": 0}
    assert set(live(s3)) == {"index.html", "team.html", "team", SCRIPT, NEW_SCRIPT, "logo.png"}
    assert_settled("static_site", args(folder))


def test_the_diff_names_the_files_up_to_a_limit(s3, folder):
    run_module("static_site", args(folder))
    change(folder)

    (whole,) = run_module("static_site", args(folder), check=True)["diff"]
    (short,) = run_module("static_site", args(folder, diff_lines=2), check=True)["diff"]

    assert "about/index.html" in whole["before"]
    assert "about/index.html" not in whole["after"]
    assert "team.html" in whole["after"]
    assert "and more" not in whole["after"]
    assert '"and more": "4 files"' in short["after"]


def test_goes_back_without_the_folder(s3, folder):
    first = run_module("static_site", args(folder))["release"]
    before = live(s3)
    change(folder)
    run_module("static_site", args(folder))

    back = {"region": REGION, "bucket": BUCKET, "release": first}
    with recorded_calls() as calls:
        done = run_module("static_site", back)

    assert done["release"] == first
    assert {key: value for key, value in live(s3).items() if value[2] != IMMUTABLE} == {
        key: value for key, value in before.items() if value[2] != IMMUTABLE
    }
    assert live(s3)[SCRIPT] == before[SCRIPT]
    assert writes(calls).count("s3:PutObject") == 2  # the note that it begins, and that it is done
    assert_settled("static_site", back)


def test_refuses_a_release_that_is_not_kept(s3, folder):
    release = run_module("static_site", args(folder))["release"]

    message = fail_module("static_site", {"region": REGION, "bucket": BUCKET, "release": "ffffffffffff"})

    assert "ffffffffffff is not kept" in message
    assert release in message


def test_refuses_a_release_whose_files_were_deleted_before_it_writes(s3, folder):
    first = run_module("static_site", args(folder))["release"]
    change(folder)
    run_module("static_site", args(folder))
    s3.delete_object(Bucket=BUCKET, Key=f"site/{SCRIPT}")

    with recorded_calls() as calls:
        message = fail_module("static_site", {"region": REGION, "bucket": BUCKET, "release": first})

    assert SCRIPT in message
    assert writes(calls) == []


def test_keeps_as_many_releases_as_it_is_told(s3, folder):
    for number in range(4):
        write(folder, {"index.html": f"home {number}"})
        done = run_module("static_site", args(folder, keep_releases=2))

    assert len(done["releases"]) == 2
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert len([key for key in keys if key.startswith("releases/")]) == 2
    assert len([key for key in keys if key.startswith("objects/")]) == 2
    assert "2 are the fewest" in fail_module("static_site", args(folder, keep_releases=1))


def test_large_files_go_in_parts(s3, folder):
    write(
        folder,
        {"film.mp4": b"x" * (site_folder.PART_BYTES + 1), "film.3fa9b1c2.mp4": b"y" * site_folder.PART_BYTES * 2},
    )
    with recorded_calls() as calls:
        run_module("static_site", args(folder))

    assert calls.count("s3:UploadPart") == 4
    assert len(live(s3)["film.mp4"][0]) == site_folder.PART_BYTES + 1
    assert_settled("static_site", args(folder))


def test_hidden_files_stay_and_links_out_are_refused(s3, folder):
    write(folder, {".env": "secret", ".git/config": "x", ".well-known/security.txt": "mail us"})
    (folder / "same.png").symlink_to(folder / "logo.png")
    run_module("static_site", args(folder))

    assert {".well-known/security.txt", "same.png"} <= set(live(s3))
    assert not {".env", ".git/config"} & set(live(s3))

    (folder / "passwd").symlink_to("/etc/passwd")
    assert "link out of the folder" in fail_module("static_site", args(folder))
    (folder / "passwd").unlink()
    (folder / "etc").symlink_to("/etc")
    assert "link to a folder" in fail_module("static_site", args(folder))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no files"),
        ({"home.html": "x"}, "no index.html"),
        ({"index.html": "x", "a\nb": "x"}, "characters in its name"),
    ],
)
def test_refuses_what_is_no_site(s3, tmp_path, files, said):
    write(tmp_path, files)

    with recorded_calls() as calls:
        assert said in fail_module("static_site", args(tmp_path))
    assert writes(calls) == []


def test_a_bucket_that_does_not_exist(s3, folder):
    missing = args(folder, bucket="monay-dev-222222222222-site")

    assert run_module("static_site", missing, check=True)["files"]["uploaded"] == 4
    assert "does not exist" in fail_module("static_site", missing)
    assert "is no folder" in fail_module("static_site", args(folder / "nowhere"))


def test_progress_is_written_where_somebody_reads_it(s3, folder, tmp_path_factory):
    progress = tmp_path_factory.mktemp("progress") / "lines"
    progress.touch()
    run_module("static_site", args(folder))
    write(folder, {f"images/{number}.png": f"image {number}" for number in range(40)})
    run_module("static_site", args(folder, progress_file=str(progress)))

    assert progress.read_text().splitlines() == ["uploaded 40 of 40 files", "switched 40 of 40 files"]


def assert_whole(s3):
    for content, kind, _caching in live(s3).values():
        if kind.startswith("text/html"):
            assert content.decode().split()[1] in live(s3)


def test_killed_after_any_call_the_site_is_whole_and_the_next_run_converges(s3, folder, tmp_path_factory):
    build = tmp_path_factory.mktemp("build")
    shutil.copytree(folder, build, dirs_exist_ok=True)
    change(build)
    with Killer(10_000) as whole:
        run_module("static_site", args(folder))
        first = whole.made
        run_module("static_site", args(build))
    wanted = live(s3)

    for nth in range(1, whole.made - first + 1):
        empty(s3)
        run_module("static_site", args(folder))
        with Killer(nth) as killer:
            run_module("static_site", args(build))
        assert killer.made >= nth
        assert_whole(s3)
        run_module("static_site", args(build))
        assert live(s3) == wanted
    assert_settled("static_site", args(build))


def empty(s3):
    for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        s3.delete_object(Bucket=BUCKET, Key=each["Key"])


@pytest.mark.parametrize(
    "failure",
    [
        ClientError({"Error": {"Code": "SlowDown"}, "ResponseMetadata": {"HTTPStatusCode": 503}}, "any"),
        ClientError({"Error": {"Code": "InternalError"}, "ResponseMetadata": {"HTTPStatusCode": 500}}, "any"),
        HTTPClientError(error="reset"),
    ],
    ids=["throttled", "broken", "reset"],
)
def test_every_call_may_fail_once(s3, folder, monkeypatch, failure):
    monkeypatch.setattr(api, "backoff", lambda _attempt: 0)
    call, failed, lock = vars(BaseClient)["_make_api_call"], set(), threading.Lock()

    def fail_once(client, operation, params):
        key = (operation, params.get("Key"), params.get("Body"))
        with lock:
            fails = key not in failed
            failed.add(key)
            answer = call(client, operation, params)
        if fails:
            raise failure
        return answer

    monkeypatch.setattr(BaseClient, "_make_api_call", fail_once)
    run_module("static_site", args(folder))
    monkeypatch.setattr(BaseClient, "_make_api_call", call)

    assert_settled("static_site", args(folder))
    assert len(live(s3)) == 5


def test_a_bucket_whose_etags_are_no_hashes_is_refused(s3, folder, monkeypatch):
    call = vars(BaseClient)["_make_api_call"]

    def with_kms(client, operation, params):
        answer = call(client, operation, params)
        return {**answer, "ETag": '"0123"'} if operation == "PutObject" else answer

    monkeypatch.setattr(BaseClient, "_make_api_call", with_kms)

    assert "must be encrypted with AES256" in fail_module("static_site", args(folder))
