# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One call of an AWS service with the credentials of the task's role, signed (Signature Version 4).

boto3 would take more memory than all the rest of a sample application.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import urllib.request
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

SECONDS = 5
ALGORITHM = "AWS4-HMAC-SHA256"
# Neither the endpoint nor the credentials are behind the proxy that leads to the applications.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def call(service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """The answer of an operation of a service that speaks JSON.

    :raises OSError: when AWS refuses, or does not answer.
    """
    region, endpoint = os.environ["AWS_REGION"], os.environ["AWS_ENDPOINT_URL"]
    body = json.dumps(parameters).encode()
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "Host": urlsplit(endpoint).netloc,
        "X-Amz-Target": f"{service}.{operation}",
    }
    headers |= _signature(service, region, headers, body)
    return _ask(urllib.request.Request(endpoint, body, headers))  # noqa: S310 - given by the platform


def _ask(request: urllib.request.Request | str) -> dict[str, Any]:
    with _opener.open(request, timeout=SECONDS) as answer:
        found: dict[str, Any] = json.loads(answer.read())
    return found


def _signature(service: str, region: str, headers: dict[str, str], body: bytes) -> dict[str, str]:
    credentials = _ask(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    more = {"X-Amz-Date": moment, "X-Amz-Security-Token": credentials["Token"]}
    signed = {name.lower(): value for name, value in (headers | more).items()}
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    request = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    text = f"{ALGORITHM}\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{credentials['SecretAccessKey']}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    credential = f"{credentials['AccessKeyId']}/{scope}"
    return {
        **more,
        "Authorization": f"{ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}",
    }
