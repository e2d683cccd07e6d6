# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What S3 answers when things do not go as planned; calls are answered by a script."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError

from ansible_collections.monay.platform.plugins.module_utils.aws.api import Api, AwsError
from ansible_collections.monay.platform.plugins.module_utils.aws.key_names import KeyNames
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Scope
from ansible_collections.monay.platform.plugins.module_utils.aws.s3 import Buckets, Regions
from ansible_collections.monay.platform.plugins.module_utils.aws.s3_objects import empty_bucket
from ansible_collections.monay.platform.plugins.module_utils.core.plan import Observed, PlanRefused

NAME = "monay-dev-111111111111-assets"
REGION = "us-east-1"


def refused(code: str, status: int = 400) -> ClientError:
    """AWS's answer that refuses a call."""
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Operation")


class Script:
    """A client that answers each operation with the next of its answers, and remembers what it was asked."""

    class Meta:
        region_name = REGION
        method_to_api_mapping: ClassVar[dict[str, str]] = {}

        class service_model:  # noqa: N801 - botocore's name
            service_name = "s3"

    meta = Meta

    def __init__(self, **answers: list[Any]) -> None:
        self.answers = answers
        self.calls: list[str] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**_params: Any) -> Any:
            self.calls.append(operation)
            answer = self.answers[operation].pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def api(client: Script) -> Api:
    return Api(client, sleep=lambda _seconds: None)


def buckets(client: Script, *, force: bool = False) -> Buckets:
    s3 = api(client)
    return Buckets(Regions({REGION: s3}, {REGION: KeyNames(s3)}, {NAME: REGION}), {NAME: []}, force=force)


def versions(*keys: str) -> dict[str, Any]:
    return {"Versions": [{"Key": key, "VersionId": "1"} for key in keys]}


def test_a_name_that_is_taken_is_refused_while_planning():
    client = Script(head_bucket=[refused("403", 403)])

    with pytest.raises(PlanRefused, match=r"taken by another AWS account.*storage_buckets"):
        buckets(client).observe(Scope(), [NAME])


def test_a_name_that_was_taken_meanwhile_is_refused():
    client = Script(create_bucket=[refused("BucketAlreadyExists", 409)])

    with pytest.raises(PlanRefused, match="taken by another AWS account"):
        buckets(client).create(Scope(), NAME, {"region": REGION})


@pytest.mark.parametrize("answer", [{}, refused("BucketAlreadyOwnedByYou", 409)])
def test_a_lost_answer_is_no_second_bucket(answer):
    client = Script(create_bucket=[refused("InternalError", 500), answer])

    created = buckets(client).create(Scope(), NAME, {"region": REGION})

    assert created.id == NAME
    assert client.calls == ["create_bucket", "create_bucket"]


def test_a_new_bucket_that_is_not_known_everywhere():
    client = Script(put_bucket_versioning=[refused("NoSuchBucket", 404), {}])

    buckets(client).update(Scope(), NAME, Observed(NAME, {}), {"versioning": True}, ["versioning"])

    assert client.calls == ["put_bucket_versioning", "put_bucket_versioning"]


def test_logs_that_arrive_while_a_bucket_is_emptied():
    client = Script(
        list_object_versions=[{}, versions("late.log"), {}],
        delete_objects=[{}],
        delete_bucket=[refused("BucketNotEmpty", 409), {}],
    )
    kind = buckets(client, force=True)

    kind.delete(Scope(), NAME, Observed(NAME, {}))

    assert kind.deleted_objects == {NAME: 1}
    assert client.calls.count("delete_bucket") == 2


def test_objects_are_never_deleted_without_force():
    client = Script(delete_bucket=[refused("BucketNotEmpty", 409)])

    with pytest.raises(AwsError, match="BucketNotEmpty"):
        buckets(client).delete(Scope(), NAME, Observed(NAME, {}))

    assert client.calls == ["delete_bucket"]


def test_objects_that_s3_keeps_are_told():
    kept = {"Errors": [{"Key": "locked", "Code": "AccessDenied", "Message": "object lock"}]}
    client = Script(list_object_versions=[versions("locked", "other")], delete_objects=[kept])

    with pytest.raises(AwsError, match="1 of 2 objects stay, the first is locked: AccessDenied: object lock"):
        empty_bucket(api(client), NAME)
