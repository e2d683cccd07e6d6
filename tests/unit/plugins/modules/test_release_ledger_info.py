# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What it finds in a ledger that was written stands in test_release_ledger.py."""

from __future__ import annotations

from tests.support.modules import fail_module, run_module
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.simulator import REGION

ARGS = {"region": REGION, "cluster": "main", "service": "app", "bucket": "ledger-of-the-test"}


def test_an_empty_ledger_is_no_failure(aws):  # noqa: F811
    aws.client("s3").create_bucket(Bucket=ARGS["bucket"], CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    found = run_module("release_ledger_info", ARGS)

    assert (found["entries"], found["broken"], found["report"]) == ([], "", "No release is written down")


def test_names_the_bucket_that_is_missing(aws):  # noqa: F811
    message = fail_module("release_ledger_info", ARGS)

    assert "list the ledger of service app in S3 bucket ledger-of-the-test" in message
    assert "NoSuchBucket" in message
