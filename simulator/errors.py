# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS errors in the shape of each protocol, so that botocore reads code and message."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from simulator.http import HttpResponse

if TYPE_CHECKING:
    from simulator.models import Model


class AwsError(Exception):
    """An answer that AWS would give instead of a result."""

    def __init__(self, code: str, message: str, status: int | None = None, **members: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = members


def not_implemented(service: str, operation: str, detail: str = "") -> AwsError:
    """The answer to what is not simulated: never a made-up success."""
    message = f"The simulator does not implement {service} {operation}"
    return AwsError("NotImplemented", f"{message}: {detail}" if detail else message, 501)


def render_error(model: Model | None, error: AwsError, content_type: str = "") -> HttpResponse:
    """Render an error by the protocol of the service; by the request's content type where that is not known."""
    protocol = model.protocol if model else ("json" if "json" in content_type else "query")
    status = error.status or _modelled_status(model, error.code)
    code, message = escape(error.code), escape(error.message)
    request_id = str(uuid.uuid4())
    fault = "Receiver" if status >= 500 else "Sender"
    if protocol == "ec2":
        body = (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
            f"<RequestID>{request_id}</RequestID></Response>"
        )
        return _xml(status, body, request_id)
    if protocol == "query" or (protocol == "rest-xml" and model is not None and model.service != "s3"):
        body = (
            f"<ErrorResponse><Error><Type>{fault}</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return _xml(status, body, request_id)
    if protocol == "rest-xml":
        body = f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{request_id}</RequestId></Error>"
        return _xml(status, body, request_id)
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": request_id}
    headers["x-amzn-ErrorType"] = error.code
    payload = {"__type": error.code, "message": error.message, "Message": error.message, **error.members}
    return HttpResponse(status, headers, json.dumps(payload, default=str).encode())


def _modelled_status(model: Model | None, code: str) -> int:
    """The status that the service's model gives the code; 400 where it says nothing."""
    return model.error_status(code) if model else 400


def _xml(status: int, body: str, request_id: str) -> HttpResponse:
    headers = {"Content-Type": "text/xml", "x-amzn-RequestId": request_id, "x-amz-request-id": request_id}
    return HttpResponse(status, headers, f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode())
