# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""botocore's service models, as moto loads them: operations, protocols, request parsing, answers."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, cast

from botocore import parsers, serialize
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model

from simulator import quick

if TYPE_CHECKING:
    from moto.core.model import OperationModel, ServiceModel


class Model:
    """One service: its botocore model and what is derived from it."""

    def __init__(self, service: str, protocol: str | None = None) -> None:
        self.service = service
        self.model: ServiceModel = get_service_model(service)
        self.protocol = protocol or _preferred_protocol(self.model)
        self._statuses = {
            shape.error_code: int(shape.metadata.get("error", {}).get("httpStatusCode", 400))
            for shape in self.model.error_shapes
        }
        self._botocore_serializer = serialize.create_serializer(self.protocol, include_validation=False)
        self._botocore_parser = parsers.create_parser(self.protocol)

    def operation(self, name: str) -> OperationModel:
        return self.model.operation_model(name)

    def prepare(self) -> None:
        """Do beforehand what the first request would wait for: REST services build a table of their paths."""
        if self.protocol.startswith("rest"):
            get_service_router(self.service)._get_router(self.protocol)

    def has_operation(self, name: str) -> bool:
        return name in self.model.operation_names

    def error_status(self, code: str) -> int:
        return self._statuses.get(code, 400)

    @property
    def endpoint_prefix(self) -> str:
        return str(self.model.endpoint_prefix)

    def parse_request(self, operation: OperationModel, wire: dict[str, Any]) -> dict[str, Any]:
        """The request's parameters under their botocore names."""
        protocol = self.protocol
        return cast("dict[str, Any]", PROTOCOL_PARSERS[protocol](operation).parse(cast("Any", wire)))

    def render_answer(self, operation: OperationModel, result: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        """Serialise a result; members that the output shape does not know are never sent."""
        serializer = get_serializer_class(self.service, self.protocol)(operation, value_picker=quick.DictPicker())
        answer = serializer.serialize(result)
        body = answer["body"]
        return answer["status_code"], dict(answer["headers"]), body.encode() if isinstance(body, str) else body

    def parse_answer(self, operation: OperationModel, status: int, headers: dict[str, str], body: bytes) -> Any:
        """Read an answer as boto3 would."""
        wire = {"status_code": status, "headers": _CaseInsensitive(headers), "body": body}
        return self._botocore_parser.parse(wire, operation.output_shape)

    def build_request(self, operation: OperationModel, parameters: dict[str, Any]) -> dict[str, Any]:
        """Write a request as boto3 would: url_path, query_string, method, headers, body."""
        return cast("dict[str, Any]", self._botocore_serializer.serialize_to_request(parameters, operation))

    def route(self, request: Any) -> tuple[OperationModel, dict[str, Any]]:
        """Find the operation of a REST request and the parameters in its path."""
        operation, path_parameters = get_service_router(self.service).match(request)
        return operation, path_parameters


class _CaseInsensitive(dict[str, str]):
    def __init__(self, items: dict[str, str]) -> None:
        super().__init__({key.lower(): str(value) for key, value in items.items()})

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(key.lower(), default)

    def __getitem__(self, key: str) -> str:
        return super().__getitem__(key.lower())

    def __contains__(self, key: object) -> bool:
        return super().__contains__(str(key).lower())


def _preferred_protocol(model: ServiceModel) -> str:
    """The protocol that boto3 speaks to the service, as far as moto speaks it."""
    protocols = [str(model.protocol), *model.metadata.get("protocols", [])]
    return next(str(protocol) for protocol in protocols if protocol in PROTOCOL_PARSERS)


@functools.cache
def model_of(service: str, protocol: str | None = None) -> Model:
    """The model of a boto3 client's service; `botocore.exceptions.UnknownServiceError` for other names.

    `protocol` only where the client chose another one than the model's own (SQS, CloudWatch).
    """
    return Model(service, protocol)


def model_for(service: str, content_type: str | None) -> Model:
    """The model in the protocol that a request of this content type speaks."""
    model = model_of(service)
    protocol = determine_request_protocol(model.model, content_type)
    return model if protocol == model.protocol else model_of(service, protocol)
