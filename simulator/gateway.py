# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The way of a call: recognised, logged, delayed, disturbed where a test wants it, answered."""

from __future__ import annotations

import sys
import time
import traceback
from typing import TYPE_CHECKING, Any

from moto.core.parse import RequestParserError

from simulator import overlay
from simulator.calls import CallLog, Entry
from simulator.describe_call import redacted, resource_of
from simulator.errors import AwsError, render_error
from simulator.faults import Fault, Faults, denial, throttling
from simulator.http import Drop, HttpRequest, HttpResponse
from simulator.identify import Call, identify
from simulator.mutations import is_mutating

if TYPE_CHECKING:
    from simulator.world import World


class Gateway:
    """Answers AWS calls from many threads."""

    def __init__(self, world: World, latency_ms: float) -> None:
        self.world = world
        self.latency_ms = latency_ms
        self.log = CallLog()
        self.faults = Faults()

    def handle(self, http: HttpRequest) -> HttpResponse | Drop:
        """Answer one AWS call, or drop it where a fault says so."""
        started = time.monotonic()
        try:
            call = identify(http)
        except AwsError as error:
            return self._unrecognised(http, error)
        except (ValueError, LookupError, TypeError, AttributeError, RequestParserError) as error:
            # what does not parse by botocore's model: AWS names the same code
            text = f"The request cannot be read: {type(error).__name__}: {error}"
            return self._unrecognised(http, AwsError("SerializationException", text, 400))
        facts = self._facts(call)
        entry = self.log.append(at=time.time(), parameters=redacted(call.parameters), **facts)
        fault = self.faults.choose(facts)
        entry.fault = fault.kind if fault else None
        if self.latency_ms:
            time.sleep(self.latency_ms / 1000)
        outcome = self._outcome(call, fault, entry)
        entry.status = outcome.status if isinstance(outcome, HttpResponse) else None
        entry.duration_ms = round((time.monotonic() - started) * 1000, 2)
        return outcome

    @staticmethod
    def _facts(call: Call) -> dict[str, Any]:
        return {
            "account": call.account,
            "region": call.region,
            "service": call.service,
            "operation": call.operation,
            "mutating": is_mutating(call.service, call.operation),
            "resource": resource_of(call),
        }

    def _unrecognised(self, http: HttpRequest, error: AwsError) -> HttpResponse:
        """Answer and log what no AWS operation could be made of."""
        response = render_error(None, error, http.headers.get("content-type", ""))
        facts = {"account": "", "region": "", "service": "unknown", "operation": f"{http.method} {http.path}"}
        entry = self.log.append(at=time.time(), mutating=False, resource=None, parameters={}, **facts)
        entry.status, entry.error, entry.duration_ms = response.status, error.code, 0.0
        return response

    def _outcome(self, call: Call, fault: Fault | None, entry: Entry) -> HttpResponse | Drop:
        if fault is not None and fault.when == "before":
            return self._disturbed(call, fault, entry)
        response = self._answer(call, entry)
        if fault is None:
            return response
        if fault.kind == "hold":
            self.faults.hold()
            return response
        return self._disturbed(call, fault, entry)

    def _disturbed(self, call: Call, fault: Fault, entry: Entry) -> HttpResponse | Drop:
        if fault.kind in ("timeout", "reset"):
            return Drop(fault.seconds if fault.kind == "timeout" else 0.0, reset=fault.kind == "reset")
        if fault.kind == "throttle":
            code, status = throttling(call.service, call.model.protocol)
            error = AwsError(code, "Rate exceeded (injected by the simulator)", status)
        elif fault.kind == "deny":
            code, status = denial(call.model.protocol)
            error = AwsError(code, "The caller is not authorized to do this (injected by the simulator)", status)
        else:
            code = "InternalError" if call.model.protocol in ("ec2", "rest-xml") else "InternalFailure"
            error = AwsError(code, "An internal error has occurred (injected by the simulator)", 500)
        entry.error = error.code
        return render_error(call.model, error)

    def _answer(self, call: Call, entry: Entry) -> HttpResponse:
        try:
            with self.world.lock:
                self.world.schedule.run_due(self.world)
                response = overlay.answer(self.world, call)
        except AwsError as error:
            entry.error = error.code
            return render_error(call.model, error)
        # moto's own faults must reach the client as AWS's 500, never end the server
        except Exception as error:  # noqa: BLE001
            traceback.print_exc(file=sys.stderr)
            entry.error = "InternalFailure"
            text = f"The simulator failed in {call.service} {call.operation}: {type(error).__name__}: {error}"
            return render_error(call.model, AwsError("InternalFailure", text, 500))
        if response.status >= 400:
            entry.error = _error_code(call, response)
        return response


def _error_code(call: Call, response: HttpResponse) -> str:
    parsed = call.model.parse_answer(call.operation_model, response.status, response.headers, response.body)
    return str(parsed.get("Error", {}).get("Code") or response.status)
