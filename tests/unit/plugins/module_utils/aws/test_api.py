# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.stub import Stubber

from ansible_collections.monay.platform.plugins.module_utils.aws import api as api_module
from ansible_collections.monay.platform.plugins.module_utils.aws.api import (
    ATTEMPTS,
    LONGEST_DELAY,
    AmbiguousError,
    Api,
    AwsError,
    backoff,
    client_config,
)

GROUP = {"logGroupName": "/monay/dev/a"}
NAME = "/monay/dev/a"


class Aws:
    """A real client whose answers the test writes down; time passes without waiting."""

    def __init__(self):
        self.client = boto3.client("logs", region_name="eu-west-1", config=client_config())
        self.stub = Stubber(self.client)
        self.stub.activate()
        self.slept = []
        self.api = Api(self.client, sleep=self.slept.append)

    def answers(self, operation, answer=None, params=None):
        self.stub.add_response(operation, answer or {}, params)

    def refuses(self, operation, code, status=400, message="AWS says why", times=1):
        for _each in range(times):
            self.stub.add_client_error(operation, code, message, status)

    def create(self, **options):
        return self.api.write("create_log_group", f"create log group {NAME}", logGroupName=NAME, **options)


@pytest.fixture
def aws():
    aws = Aws()
    yield aws
    aws.stub.assert_no_pending_responses()


@pytest.fixture
def losing(aws, monkeypatch):
    """Make calls of an operation fail with exceptions of botocore, in turn; the last one for ever after."""

    def lose(operation, *errors):
        made = []

        def call(**_params):
            made.append(operation)
            error = errors[min(len(made), len(errors)) - 1]
            if error is not None:
                raise error
            return {}

        monkeypatch.setattr(aws.client, operation, call)
        return made

    return lose


def test_read_gives_the_answer(aws):
    aws.answers("describe_log_groups", {"logGroups": [GROUP]}, {"logGroupNamePrefix": NAME})

    answer = aws.api.read("describe_log_groups", "find it", logGroupNamePrefix=NAME)

    assert answer["logGroups"] == [GROUP]
    assert aws.slept == []


def test_pages_gives_everything_of_every_page(aws):
    aws.answers("describe_log_groups", {"logGroups": [GROUP], "nextToken": "2"}, {})
    aws.answers("describe_log_groups", {"logGroups": [{"logGroupName": "b"}]}, {"nextToken": "2"})

    found = aws.api.pages("describe_log_groups", "logGroups", "list them")

    assert [each["logGroupName"] for each in found] == [NAME, "b"]


def test_pages_of_an_operation_without_pages(aws):
    aws.answers("list_tags_for_resource", {"tags": {}})

    assert not aws.client.can_paginate("list_tags_for_resource")
    assert aws.api.pages("list_tags_for_resource", "tags", "list them", resourceArn="arn:aws:logs:x") == []


def test_pages_refuses_a_key_that_the_answer_does_not_have(aws):
    with pytest.raises(ValueError, match="describe_log_groups has no list groups"):
        aws.api.pages("describe_log_groups", "groups", "list them")


def test_what_is_missing_is_none(aws):
    for _each in range(3):
        aws.refuses("list_tags_for_resource", "ResourceNotFoundException")
    arn, codes = "arn:aws:logs:x", {"ResourceNotFoundException"}

    assert aws.api.read("list_tags_for_resource", "look", codes, resourceArn=arn) is None
    assert aws.api.write("list_tags_for_resource", "look", missing=codes, resourceArn=arn) is None
    assert aws.api.pages("list_tags_for_resource", "tags", "look", codes, resourceArn=arn) == []


@pytest.mark.parametrize("code", ["ThrottlingException", "RequestLimitExceeded", "SlowDown", "OperationAborted"])
def test_a_throttled_or_busy_call_is_sent_again(aws, code):
    aws.refuses("create_log_group", code, times=3)
    aws.answers("create_log_group")

    aws.create(repeatable=False)

    assert len(aws.slept) == 3


def test_a_throttled_page_is_asked_again(aws):
    aws.answers("describe_log_groups", {"logGroups": [GROUP], "nextToken": "2"})
    aws.refuses("describe_log_groups", "ThrottlingException")
    aws.answers("describe_log_groups", {"logGroups": [GROUP], "nextToken": "2"})
    aws.answers("describe_log_groups", {"logGroups": []})

    assert aws.api.pages("describe_log_groups", "logGroups", "list them") == [GROUP]


def test_a_code_to_wait_out_is_waited_out(aws):
    aws.refuses("create_log_group", "InvalidParameterException", times=2)
    aws.answers("create_log_group")

    aws.create(retry={"InvalidParameterException"})

    assert len(aws.slept) == 2


def test_any_other_refusal_is_final_and_told_in_full(aws):
    aws.refuses("create_log_group", "InvalidParameterException", message="The name is odd")

    with pytest.raises(AwsError) as raised:
        aws.create()

    assert str(raised.value) == (
        f"Cannot create log group {NAME} (logs:CreateLogGroup in eu-west-1): InvalidParameterException: The name is odd"
    )
    assert raised.value.code == "InvalidParameterException"
    assert not isinstance(raised.value, AmbiguousError)
    assert aws.slept == []


@pytest.mark.parametrize("code", ["AccessDeniedException", "UnauthorizedOperation"])
def test_a_denial_says_what_to_allow(aws, code):
    aws.refuses("create_log_group", code)

    with pytest.raises(AwsError, match="Allow logs:CreateLogGroup to the caller"):
        aws.create()


def test_it_gives_up_in_the_end_and_says_how_often_it_tried(aws):
    aws.refuses("create_log_group", "ThrottlingException", times=ATTEMPTS)

    with pytest.raises(AwsError, match=rf"ThrottlingException: .* \(tried {ATTEMPTS} times\)$"):
        aws.create()

    assert len(aws.slept) == ATTEMPTS - 1


LOST = [
    pytest.param(ReadTimeoutError(endpoint_url="https://logs"), id="no answer in time"),
    pytest.param(ConnectionClosedError(endpoint_url="https://logs"), id="connection reset"),
    pytest.param(
        ClientError(
            {"Error": {"Code": "InternalFailure"}, "ResponseMetadata": {"HTTPStatusCode": 500}}, "CreateLogGroup"
        ),
        id="broken server",
    ),
]


@pytest.mark.parametrize("error", LOST)
def test_a_lost_answer_to_a_repeatable_write_is_asked_for_again(aws, losing, error):
    made = losing("create_log_group", error, None)

    aws.create()

    assert len(made) == 2


@pytest.mark.parametrize("error", LOST)
def test_a_lost_answer_to_a_creation_is_ambiguous_at_once(aws, losing, error):
    made = losing("create_log_group", error)

    with pytest.raises(AmbiguousError, match=f"Cannot create log group {NAME}"):
        aws.create(repeatable=False)

    assert len(made) == 1
    assert aws.slept == []


@pytest.mark.parametrize("error", LOST)
def test_a_lost_answer_to_a_read_is_no_question(aws, losing, error):
    losing("describe_log_groups", error)

    with pytest.raises(AwsError) as raised:
        aws.api.read("describe_log_groups", "find it")

    assert not isinstance(raised.value, AmbiguousError)
    assert len(aws.slept) == ATTEMPTS - 1


@pytest.mark.parametrize(
    "error",
    [EndpointConnectionError(endpoint_url="https://logs"), ConnectTimeoutError(endpoint_url="https://logs")],
    ids=["refused", "no connection in time"],
)
def test_a_creation_that_never_arrived_is_sent_again(aws, losing, error):
    made = losing("create_log_group", error, error, None)

    aws.create(repeatable=False)

    assert len(made) == 3


def test_a_creation_that_was_throttled_with_a_5xx_did_not_happen(aws):
    aws.refuses("create_log_group", "RequestLimitExceeded", status=503)
    aws.answers("create_log_group")

    aws.create(repeatable=False)


def test_a_creation_that_was_throttled_to_the_end_did_not_happen(aws):
    aws.refuses("create_log_group", "RequestLimitExceeded", status=503, times=ATTEMPTS)

    with pytest.raises(AwsError) as raised:
        aws.create(repeatable=False)

    assert not isinstance(raised.value, AmbiguousError)


def test_a_service_that_is_not_implemented_is_a_refusal(aws):
    aws.refuses("create_log_group", "NotImplemented", status=501)

    with pytest.raises(AwsError) as raised:
        aws.create(repeatable=False)

    assert not isinstance(raised.value, AmbiguousError)


def test_missing_credentials_are_told(aws, losing):
    losing("create_log_group", NoCredentialsError())

    with pytest.raises(AwsError, match="NoCredentialsError: Unable to locate credentials"):
        aws.create()


def test_an_error_without_words_is_told_too(aws, losing):
    losing("create_log_group", ClientError({}, "CreateLogGroup"))

    with pytest.raises(AwsError, match=r"Cannot create log group /monay/dev/a \(logs:CreateLogGroup in eu-west-1\)"):
        aws.create()


def test_pauses_grow_and_have_a_limit(monkeypatch):
    monkeypatch.setattr(api_module.random, "uniform", lambda _low, high: high)

    pauses = [backoff(attempt) for attempt in range(1, ATTEMPTS)]

    assert pauses == sorted(pauses)
    assert pauses[0] == 0.5
    assert pauses[-1] == LONGEST_DELAY


def test_botocore_itself_sends_nothing_twice():
    client = boto3.client("logs", region_name="eu-west-1", config=client_config())

    assert client.meta.config.retries["total_max_attempts"] == 1
