# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who asks what of whom: account, region, service, operation and parameters of a request."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from botocore.session import Session
from moto.core.request import Request
from moto.core.routing import NotFound
from moto.iam.models import get_account_id_from
from werkzeug.datastructures import CombinedMultiDict, MultiDict

from simulator.errors import AwsError, not_implemented
from simulator.models import Model, model_for

if TYPE_CHECKING:
    from botocore.model import OperationModel

    from simulator.http import HttpRequest

DEFAULT_REGION = "us-east-1"

# Signing names that are not the name of the boto3 client.
CLIENT_OF_SIGNING_NAME = {
    "access-analyzer": "accessanalyzer",
    "airflow": "mwaa",
    "aoss": "opensearchserverless",
    "cloudcontrolapi": "cloudcontrol",
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "elasticmapreduce": "emr",
    "execute-api": "apigatewaymanagementapi",
    "kafka-cluster": "kafka",
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
    "email": "ses",
    "aidevops": "devopsagent",
}

_KEY_ACCOUNT = re.compile(r"^A[KS]IA[A-Z0-9]{4}(\d{12})$")
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


@dataclass(slots=True)
class Call:
    """One AWS call, as far as it could be recognised."""

    account: str
    region: str
    service: str
    operation: str
    model: Model
    operation_model: OperationModel
    parameters: dict[str, Any]
    http: HttpRequest
    request: Request


def account_of_key(access_key: str) -> str:
    """The twelve digits that end the key; for a key that the simulator issued, the account of its user or role."""
    match = _KEY_ACCOUNT.match(access_key)
    return match.group(1) if match else get_account_id_from(access_key)


def identify(http: HttpRequest) -> Call:
    """Recognise a request.

    :raises AwsError: MissingAuthenticationToken, or NotImplemented for a service or operation botocore does not know.
    """
    access_key, region, signing_name = _credentials(http)
    service = _client_name(signing_name, http)
    if service not in _known_services():
        raise not_implemented(service, "", "botocore knows no such service")
    _strip_host_bucket(http, service)
    if service == "cloudwatch" and http.headers.get("content-encoding") == "gzip":
        # botocore packs much metric data; S3's objects stay as they were packed
        http.body = gzip.decompress(http.body)
    model = model_for(service, http.headers.get("content-type"))
    account = account_of_key(access_key)
    request = werkzeug_request(http, aws_host(model, region, account))
    operation, path_parameters, form = _operation(model, http, request)
    wire = {
        "method": http.method,
        "values": form,
        "headers": request.headers,
        "body": http.body,
        "url_path": request.path,
        "url_params": path_parameters,
    }
    parameters = model.parse_request(operation, wire)
    return Call(account, region, service, operation.name, model, operation, parameters, http, request)


def _credentials(http: HttpRequest) -> tuple[str, str, str]:
    """Access key, region and signing name, from the header, a presigned URL or, unsigned, from the body."""
    match = _CREDENTIAL.search(http.headers.get("authorization", ""))
    if match:
        return match.group(1), match.group(2), match.group(3)
    presigned = http.query().get("X-Amz-Credential", "")
    parts = presigned.split("/")
    if len(parts) == 5:
        return parts[0], parts[2], parts[3]
    form = dict(parse_qsl(http.body.decode("utf-8", "replace")))
    if form.get("Action", "").startswith("AssumeRoleWith"):
        # the only signed-less calls that a deployment makes: a CI job trading its OIDC token for a role
        account = form.get("RoleArn", "").split(":")[4:5]
        return f"AKIASIMU{account[0] if account else ''}", DEFAULT_REGION, "sts"
    message = "The request carries no AWS signature (no Authorization header and no X-Amz-Credential)"
    raise AwsError("MissingAuthenticationToken", message, 403)


def _client_name(signing_name: str, http: HttpRequest) -> str:
    if signing_name == "s3" and http.path.startswith("/v20180820/"):
        return "s3control"
    if signing_name == "ses" and http.path.startswith("/v2/"):
        return "sesv2"
    if signing_name == "elasticloadbalancing" and b"Version=2012-06-01" in http.body:
        return "elb"
    return CLIENT_OF_SIGNING_NAME.get(signing_name, signing_name)


@lru_cache(maxsize=1)
def _known_services() -> frozenset[str]:
    return frozenset(Session().get_available_services())


def _strip_host_bucket(http: HttpRequest, service: str) -> None:
    """Turn http://BUCKET.localhost/KEY into http://localhost/BUCKET/KEY, which is how IP endpoints are asked."""
    host = http.headers.get("host", "").partition(":")[0]
    bucket, dot, rest = host.partition(".localhost")
    if service == "s3" and dot and not rest and bucket:
        http.target = f"/{bucket}{http.target}"


def aws_host(model: Model, region: str, account: str) -> str:
    """The host that AWS would be asked at; moto chooses its handlers by it."""
    service = model.service
    if service == "s3control":
        return f"{account}.s3-control.{region}.amazonaws.com"
    if service in ("budgets", "cloudfront"):
        return f"{service}.amazonaws.com"
    if service == "route53":
        return "route53.amazonaws.com"
    return f"{model.endpoint_prefix}.{region}.amazonaws.com"


def werkzeug_request(http: HttpRequest, host: str) -> Request:
    """The request in the type that moto acts on, as if it had been sent to AWS's own host."""
    path = http.target.partition("?")[0] or "/"
    environ: dict[str, Any] = {
        "REQUEST_METHOD": http.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(path, "latin-1") if "%" in path else path,
        "QUERY_STRING": http.query_string,
        "RAW_URI": path,
        "SERVER_NAME": host,
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": None,
        "wsgi.errors": None,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "CONTENT_LENGTH": str(len(http.body)),
    }
    return _fill(environ, http, host)


def _fill(environ: dict[str, Any], http: HttpRequest, host: str) -> Request:
    preserved: dict[str, str] = {}
    for name, value in http.header_items:
        key = name.upper().replace("-", "_")
        if key == "CONTENT_TYPE":
            environ["CONTENT_TYPE"] = value
        elif key not in ("CONTENT_LENGTH", "TRANSFER_ENCODING", "HOST"):
            environ[f"HTTP_{key}"] = value
            if "_" in name and name.lower().startswith("x-amz-meta-"):
                preserved[f"HTTP_{key}"] = name
    environ["HTTP_HOST"] = host
    environ["wsgi.input"] = BytesIO(http.body)
    environ["moto.preserved_header_names"] = preserved
    return Request(environ)


def _operation(model: Model, http: HttpRequest, request: Request) -> tuple[Any, dict[str, Any], Any]:
    """The operation, the parameters in the path, and the form (query protocols) or query string."""
    if model.protocol in ("ec2", "query"):
        query = MultiDict(parse_qsl(http.query_string, keep_blank_values=True))
        body = MultiDict(parse_qsl(http.body.decode("utf-8", "replace"), keep_blank_values=True))
        form: Any = body if not query else CombinedMultiDict([query, body])
        name = form.get("Action", "")
        if not model.has_operation(name):
            raise AwsError("InvalidAction", f"The action {name!r} is not known to {model.service}", 400)
        return model.operation(name), {}, form
    if model.protocol == "json":
        name = http.headers.get("x-amz-target", "").rpartition(".")[2]
        if not model.has_operation(name):
            raise AwsError("UnknownOperationException", f"{model.service} has no operation {name!r}", 400)
        return model.operation(name), {}, MultiDict()
    try:
        operation, path_parameters = model.route(request)
    except NotFound:
        raise not_implemented(model.service, f"{http.method} {urlsplit(http.target).path}") from None
    return operation, path_parameters, request.args
