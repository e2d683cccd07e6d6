# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The one place where AWS is called: retries and error messages are written here and nowhere else.

Exceptions:
  AwsError              AWS refused or could not be reached; says what was tried and what AWS said
    AmbiguousError      the answer to a write was lost: the work may be done or not, look before trying again
"""

from __future__ import annotations

import random
import time
import typing as t

try:
    from botocore.config import Config
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        ConnectTimeoutError,
        EndpointConnectionError,
        HTTPClientError,
    )
except ImportError:  # the module reports the missing library; see AnsibleAWSModule
    pass

THROTTLING = frozenset(
    {
        "BandwidthLimitExceeded",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
    }
)
# Words of AWS for "somebody else is at it, come back": the call did nothing.
BUSY = frozenset({"OperationAborted", "ConcurrentModification", "OperationInProgressException"})
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"})

# HTTP statuses of a server that broke down while it worked; 501 and 505 are plain refusals.
LOST = frozenset({500, 502, 503, 504})

ATTEMPTS = 8
FIRST_DELAY = 0.25
LONGEST_DELAY = 20.0


class AwsError(Exception):
    """A call failed for good. `code` is AWS's error code, or the name of botocore's exception."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class AmbiguousError(AwsError):
    """The answer to a write was lost (timeout, reset, 5xx): AWS may have done the work."""


def client_config() -> Config:
    """No retries inside botocore: a write must not be sent twice where AWS may have done it already."""
    return Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=60, max_pool_connections=32)


class Api:
    """Calls to one AWS service in one region. Safe to share between threads, as boto3 clients are."""

    def __init__(self, client: t.Any, sleep: t.Callable[[float], None] = time.sleep) -> None:
        self.client = client
        self.service: str = client.meta.service_model.service_name
        self.region: str = client.meta.region_name
        self._sleep = sleep

    def read(self, operation: str, doing: str, missing: t.Collection[str] = (), **params: t.Any) -> t.Any:
        """The answer of a read, or None where AWS answers with one of the `missing` codes."""
        return self._call(operation, doing, params, missing=missing, repeatable=True)

    def body(self, operation: str, doing: str, missing: t.Collection[str] = (), **params: t.Any) -> bytes | None:
        """The whole body that a read streams (S3's GetObject), or None where AWS answers with one of the `missing`."""

        def whole(**kwargs: t.Any) -> t.Any:
            return getattr(self.client, operation)(**kwargs)["Body"].read()

        return t.cast(
            "bytes | None", self._call(operation, doing, params, missing=missing, repeatable=True, function=whole)
        )

    def pages(
        self, operation: str, key: str, doing: str, missing: t.Collection[str] = (), **params: t.Any
    ) -> list[t.Any]:
        """All items under `key` over all pages; operations without a paginator answer in one page.

        A dot in the key leads into a member (CloudFront's `DistributionList.Items`). An answer of one of the `missing`
        codes is an empty list.
        """
        if not self.client.can_paginate(operation):
            answer = self.read(operation, doing, missing=missing, **params)
            return _items(answer, key)
        paginator = self.client.get_paginator(operation)
        more = t.cast("list[str]", paginator.result_keys and [str(each.expression) for each in paginator.result_keys])
        if key not in (more or []):
            raise ValueError(f"{operation} has no list {key}; it has {more}")

        def whole(**kwargs: t.Any) -> t.Any:
            return paginator.paginate(**kwargs).build_full_result()

        answer = self._call(operation, doing, params, missing=missing, repeatable=True, function=whole)
        return _items(answer, key)

    def write(
        self,
        operation: str,
        doing: str,
        *,
        missing: t.Collection[str] = (),
        retry: t.Collection[str] = (),
        repeatable: bool = True,
        **params: t.Any,
    ) -> t.Any:
        """The answer of a write, or None where AWS answers with one of the `missing` codes.

        `missing` are codes that mean "already as wanted" (gone, or there). `retry` are codes to wait out, such as a
        role that IAM has not spread yet. `repeatable=False` is for creations without a client token: when the answer
        is lost they raise AmbiguousError instead of being sent again.
        """
        return self._call(operation, doing, params, missing=missing, retry=retry, repeatable=repeatable)

    def _call(
        self,
        operation: str,
        doing: str,
        params: dict[str, t.Any],
        *,
        missing: t.Collection[str] = (),
        retry: t.Collection[str] = (),
        repeatable: bool,
        function: t.Callable[..., t.Any] | None = None,
    ) -> t.Any:
        function = function or getattr(self.client, operation)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return function(**params)
            except (ClientError, BotoCoreError) as error:
                code = error_code(error)
                if code in missing:
                    return None
                lost = answer_lost(error)
                waitable = code in THROTTLING | BUSY or code in retry or unreached(error) or (lost and repeatable)
                if attempt == ATTEMPTS or not waitable:
                    failure = AmbiguousError if lost and not repeatable else AwsError
                    raise failure(self._message(operation, doing, error, code, attempt), code) from error
                self._sleep(backoff(attempt))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _message(self, operation: str, doing: str, error: Exception, code: str, attempts: int) -> str:
        name = self.client.meta.method_to_api_mapping.get(operation, operation)
        action = f"{self.service}:{name}"
        said = error.response.get("Error", {}).get("Message") if isinstance(error, ClientError) else str(error)
        text = f"Cannot {doing} ({action} in {self.region}): {code}: {said or 'AWS says no more'}"
        if attempts > 1:
            text += f" (tried {attempts} times)"
        if code in DENIED:
            text += f". Allow {_permission(self.service, name)} to the caller, or run with other credentials"
        return text


def error_code(error: Exception) -> str:
    """AWS's error code, or the name of botocore's exception where no answer came."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "Unknown"))
    return type(error).__name__


def unreached(error: Exception) -> bool:
    """Whether the call never arrived, so that sending it again is safe."""
    return isinstance(error, (ConnectTimeoutError, EndpointConnectionError))


def answer_lost(error: Exception) -> bool:
    """Whether AWS may have done the work although the caller got no proper answer."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status in LOST and error_code(error) not in THROTTLING
    return isinstance(error, HTTPClientError) and not unreached(error)


def backoff(attempt: int) -> float:
    """Seconds to wait after the given attempt: exponential with full jitter, as AWS advises."""
    return random.uniform(0, min(LONGEST_DELAY, FIRST_DELAY * 2**attempt))  # noqa: S311 - jitter, not a secret


def _permission(service: str, operation: str) -> str:
    """What IAM calls an operation: by its name, but for those of budgets."""
    if service == "budgets" and "Tag" not in operation:
        return "budgets:ViewBudget" if operation.startswith("Describe") else "budgets:ModifyBudget"
    return f"{service}:{operation}"


def _items(answer: t.Any, key: str) -> list[t.Any]:
    for member in key.split("."):
        answer = (answer or {}).get(member)
    return list(answer or [])
