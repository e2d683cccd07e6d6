# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How an overlay mends an operation: a guard refuses before moto acts, an answer takes its place or mends its word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from simulator import moto_backend
from simulator.errors import AwsError
from simulator.http import HttpRequest, HttpResponse
from simulator.identify import Call, aws_host, werkzeug_request
from simulator.models import model_of

if TYPE_CHECKING:
    from simulator.world import World

Store = TypeVar("Store")


@dataclass(slots=True)
class Context:
    """One call on its way through the overlays."""

    world: World
    call: Call

    @property
    def account(self) -> str:
        return self.call.account

    @property
    def region(self) -> str:
        return self.call.region

    @property
    def parameters(self) -> dict[str, Any]:
        return self.call.parameters

    def moto(self, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
        """What moto answers, as boto3 would show it; `parameters` in place of those that the client sent.

        :raises AwsError: what moto refuses.
        """
        call = (
            self.call if parameters is None else _rebuilt(self.call, self.call.service, self.call.operation, parameters)
        )
        return _read(call, moto_backend.dispatch(call))

    def invoke(self, service: str, operation: str, /, region: str = "", **parameters: Any) -> dict[str, Any]:
        """Another AWS call in the same account, overlays included: what a service does on the caller's behalf."""
        call = _rebuilt(self.call, service, operation, parameters, region or self.region)
        return _read(call, answer(self.world, call))

    def backend(self, service: str = "", region: str = "") -> Any:
        """moto's model of a service in this account."""
        return self.world.backend(service or self.call.service, self.account, region or self.region)

    def store(self, kind: type[Store], region: str | None = None) -> Store:
        """The overlay's own state in this account and region ("" for what has no region)."""
        return self.world.store(kind, self.account, self.region if region is None else region)


Guard = Callable[[Context], None]
Answer = Callable[[Context], dict[str, Any]]
GUARDS: dict[tuple[str, str], list[Guard]] = {}
ANSWERS: dict[tuple[str, str], Answer] = {}


def guards(service: str, *operations: str) -> Callable[[Guard], Guard]:
    """Register a check that raises AwsError for what AWS refuses."""

    def register(function: Guard) -> Guard:
        for operation in operations:
            GUARDS.setdefault((service, operation), []).append(function)
        return function

    return register


def answers(service: str, *operations: str) -> Callable[[Answer], Answer]:
    """Register what answers an operation; its result is written by botocore's output shape."""

    def register(function: Answer) -> Answer:
        for operation in operations:
            if (service, operation) in ANSWERS:
                raise ValueError(f"{service} {operation} is answered twice")
            ANSWERS[service, operation] = function
        return function

    return register


def inside(world: World, account: str, region: str) -> Context:
    """A context for what a service does by itself, when nobody calls: `invoke`, `store` and `backend` work in it."""
    credential = f"AWS4-HMAC-SHA256 Credential=AKIASIMU{account}/20200101/{region}/sts/aws4_request"
    http = HttpRequest("POST", "/", [("Authorization", credential)], b"")
    model = model_of("sts")
    request = werkzeug_request(http, aws_host(model, region, account))
    operation = model.operation("GetCallerIdentity")
    return Context(world, Call(account, region, "sts", operation.name, model, operation, {}, http, request))


def answer(world: World, call: Call) -> HttpResponse:
    """Answer a call; the caller holds the dispatch lock.

    :raises AwsError: what AWS, or the simulator, refuses.
    """
    key = (call.service, call.operation)
    context = Context(world, call)
    for guard in GUARDS.get(key, ()):
        guard(context)
    function = ANSWERS.get(key)
    if function is None:
        return moto_backend.dispatch(call)
    status, headers, body = call.model.render_answer(call.operation_model, function(context))
    return HttpResponse(status, headers, body)


def _read(call: Call, response: HttpResponse) -> dict[str, Any]:
    parsed: dict[str, Any] = call.model.parse_answer(
        call.operation_model, response.status, response.headers, response.body
    )
    parsed.pop("ResponseMetadata", None)
    if response.status >= 300:
        error = parsed.pop("Error", {})
        raise AwsError(error.get("Code", "InternalFailure"), error.get("Message", ""), response.status)
    return parsed


def _rebuilt(call: Call, service: str, operation: str, parameters: dict[str, Any], region: str = "") -> Call:
    """A call of the same account with other parameters, or of another operation."""
    model = model_of(service)
    operation_model = model.operation(operation)
    region = region or call.region
    http = _wire(model.build_request(operation_model, parameters))
    if model.protocol in ("ec2", "query"):
        http.header_items.append(("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"))
    for name, value in call.http.header_items:
        if name.lower() == "authorization":
            http.header_items.append((name, value))
    http.headers = {name.lower(): value for name, value in http.header_items}
    request = werkzeug_request(http, aws_host(model, region, call.account))
    return Call(call.account, region, service, operation, model, operation_model, parameters, http, request)


def _wire(built: dict[str, Any]) -> HttpRequest:
    body = built["body"]
    if isinstance(body, dict):
        body = urlencode(body)
    if isinstance(body, str):
        body = body.encode()
    query = urlencode(built["query_string"]) if built["query_string"] else ""
    path = built["url_path"]
    target = f"{path}{'&' if '?' in path else '?'}{query}" if query else path
    headers = [(str(name), str(value)) for name, value in built["headers"].items()]
    return HttpRequest(built["method"], target, headers, body or b"")
