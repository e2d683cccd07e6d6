# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""moto without its own web server: a call goes straight to the method that answers it."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
# an account fixed by the environment would put every client into one account
os.environ.pop("MOTO_ACCOUNT_ID", None)

from moto import backends
from moto.core import DEFAULT_ACCOUNT_ID
from werkzeug.exceptions import HTTPException

from simulator.errors import not_implemented
from simulator.http import HttpResponse
from simulator.models import model_of

if TYPE_CHECKING:
    from simulator.identify import Call

Handler = Callable[[Any, str, Any], Any]
ACCOUNT_HEADER = "HTTP_X_MOTO_ACCOUNT_ID"
PHASE_1 = (
    "sts",
    "ec2",
    "iam",
    "kms",
    "s3",
    "s3control",
    "logs",
    "rds",
    "elasticache",
    "ecr",
    "secretsmanager",
    "resourcegroupstaggingapi",
    "backup",
    "directconnect",
    "accessanalyzer",
    "elbv2",
    "acm",
    "route53",
    "cloudfront",
    "wafv2",
    "cloudwatch",
    "sns",
)


def backend_name(service: str) -> str:
    """moto's name of a boto3 client's service."""
    return "awslambda" if service == "lambda" else service.replace("-", "")


@functools.cache
def backend_dict(service: str) -> Any | None:
    """moto's state of a service, by account and region; None where moto has no such service."""
    name = backend_name(service)
    if name not in set(backends.list_of_moto_modules()):
        return None
    return backends.get_backend(name)


@functools.cache
def _routes(service: str) -> list[tuple[re.Pattern[str], Handler]]:
    state = backend_dict(service)
    if state is None:
        return []
    regions = state[DEFAULT_ACCOUNT_ID]
    backend = regions["us-east-1"] if "us-east-1" in regions else regions["aws"]
    return [(re.compile(url), handler) for url, handler in backend.urls.items()]


def dispatch(call: Call) -> HttpResponse:
    """Let moto answer; the caller holds the dispatch lock.

    :raises AwsError: NotImplemented (501) for what moto does not know.
    """
    url = call.request.base_url
    handler = next((handler for pattern, handler in _routes(call.service) if pattern.match(url)), None)
    if handler is None:
        raise not_implemented(call.service, call.operation)
    call.request.environ[ACCOUNT_HEADER] = call.account
    try:
        answer = handler(call.request, call.request.raw_url, call.request.headers)
    except NotImplementedError as error:
        raise not_implemented(call.service, call.operation, str(error)) from error
    except HTTPException as error:
        answer = error.code, dict(error.get_headers()), error.get_body()
    return _response(call, answer)


def _response(call: Call, answer: Any) -> HttpResponse:
    status, headers, body = answer if len(answer) == 3 else (200, *answer[::-1])
    if body is None:
        body = b""
    if isinstance(body, str):
        body = body.encode()
    elif not isinstance(body, bytes | bytearray):
        body = b"".join(piece if isinstance(piece, bytes) else str(piece).encode() for piece in body)
    if int(status) == 404 and body in (b"", b"Not yet implemented") and call.model.protocol in ("ec2", "query", "json"):
        raise not_implemented(call.service, call.operation)
    return HttpResponse(int(status), {str(name): str(value) for name, value in dict(headers).items()}, bytes(body))


def preload() -> None:
    """Import what phase 1 touches, so that the first call of a service is as quick as the second."""
    for service in PHASE_1:
        model_of(service).prepare()
        _routes(service)
