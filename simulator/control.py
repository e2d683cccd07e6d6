# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The control API under /_simulator/: health, call log, settings, faults, reset and save."""

from __future__ import annotations

import json
import math
import os
from typing import TYPE_CHECKING, Any

from simulator.faults import FaultError
from simulator.functions import FunctionsError
from simulator.http import HttpRequest, HttpResponse
from simulator.overlays import ce, compute_optimizer
from simulator.state import StateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.dataplane import DataPlane
    from simulator.dataplane.front_doors import FrontDoors
    from simulator.gateway import Gateway

PREFIX = "/_simulator/"


class ControlError(ValueError):
    """A control request that makes no sense; the text says what is wrong."""


def parse_speed(value: Any) -> float:
    """A speed factor: a number over 0, or 0 or "inf" for instantly.

    :raises ControlError: for anything else.
    """
    try:
        speed = float(value)
    except (TypeError, ValueError):
        raise ControlError(f"speed must be a number or inf, not {value!r}") from None
    if speed < 0 or math.isnan(speed):
        raise ControlError(f"speed must not be {value!r}")
    return math.inf if speed == 0 else speed


class Control:
    """Answers /_simulator/ requests as JSON."""

    def __init__(self, gateway: Gateway, state_file: str | None) -> None:
        self.gateway = gateway
        self.state_file = state_file
        self._routes: dict[tuple[str, str], Callable[[HttpRequest], Any]] = {
            ("GET", "health"): self._health,
            ("GET", "calls"): self._calls,
            ("DELETE", "calls"): self._clear_calls,
            ("GET", "settings"): self._settings,
            ("PUT", "settings"): self._change_settings,
            ("POST", "advance"): self._advance,
            ("GET", "functions"): self._functions,
            ("PUT", "functions"): self._register_functions,
            ("PUT", "costs"): self._tell_costs,
            ("PUT", "recommendations"): self._tell_recommendations,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): self._clear_faults,
            ("POST", "faults/release"): self._release,
            ("POST", "reset"): self._reset,
            ("POST", "save"): self._save,
            ("GET", "front_doors"): self._front_doors,
            ("GET", "ca.pem"): self._authority,
            ("GET", "resolve"): self._resolve,
            ("GET", "credentials"): self._credentials,
        }

    def handle(self, http: HttpRequest) -> HttpResponse:
        """Answer one control request; 400 with `{"error": text}` for what makes no sense, 404 for unknown paths."""
        name = http.path[len(PREFIX) :].strip("/")
        route = self._routes.get((http.method, name))
        if route is None:
            return _json(404, {"error": f"no such control: {http.method} {PREFIX}{name}"})
        try:
            content = route(http)
            return content if isinstance(content, HttpResponse) else _json(200, content)
        except (ControlError, FaultError, FunctionsError) as error:
            return _json(400, {"error": str(error)})
        except StateError as error:
            return _json(500, {"error": str(error)})

    def _health(self, _http: HttpRequest) -> dict[str, Any]:
        world = self.gateway.world
        health = {"status": "ok", "pid": os.getpid(), "pending": world.schedule.pending()}
        return health | ({"data_plane": world.data_plane.health()} if world.data_plane else {})

    def _calls(self, http: HttpRequest) -> dict[str, Any]:
        query = http.query()
        mutating = {"true": True, "false": False}.get(query.get("mutating", ""))
        if "mutating" in query and mutating is None:
            raise ControlError("mutating must be true or false")
        try:
            since = int(query.get("since", 0))
        except ValueError:
            raise ControlError("since must be a whole number") from None
        return {"calls": self.gateway.log.select(query.get("service"), query.get("operation"), mutating, since)}

    def _clear_calls(self, _http: HttpRequest) -> dict[str, Any]:
        self.gateway.log.clear()
        return {}

    def _settings(self, _http: HttpRequest) -> dict[str, Any]:
        clock, schedule = self.gateway.world.clock, self.gateway.world.schedule
        speed: Any = "inf" if clock.instant else clock.speed
        return {"latency_ms": self.gateway.latency_ms, "speed": speed, "provisioning": dict(schedule.seconds)}

    def _change_settings(self, http: HttpRequest) -> dict[str, Any]:
        given = _body(http)
        unknown = set(given) - {"latency_ms", "speed", "provisioning"}
        if unknown:
            raise ControlError(f"unknown settings: {', '.join(sorted(unknown))}")
        schedule = self.gateway.world.schedule
        seconds = given.get("provisioning", {})
        if set(seconds) - set(schedule.seconds):
            raise ControlError(f"unknown kinds: {', '.join(sorted(set(seconds) - set(schedule.seconds)))}")
        speed = parse_speed(given["speed"]) if "speed" in given else None
        latency = _latency(given["latency_ms"]) if "latency_ms" in given else self.gateway.latency_ms
        with self.gateway.world.lock:
            schedule.seconds.update({kind: float(value) for kind, value in seconds.items()})
            if speed is not None:
                schedule.clock.set_speed(speed)
            self.gateway.latency_ms = latency
        return self._settings(http)

    def _advance(self, http: HttpRequest) -> dict[str, Any]:
        """Skip `seconds` of simulated time, or `minutes` as deployments count them."""
        world, given = self.gateway.world, _body(http)
        if len(given) != 1 or not set(given) <= {"seconds", "minutes"}:
            raise ControlError("advance takes seconds or minutes")
        if world.clock.instant:
            raise ControlError("nothing takes time at this speed: there is no time to skip")
        ((unit, value),) = given.items()
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
            raise ControlError(f"{unit} must be a number of at least 0, not {value!r}")
        with world.lock:
            world.clock.skip(value * (world.schedule.seconds["ecs_minute"] if unit == "minutes" else 1))
            world.schedule.run_due(world)
        return {"pending": world.schedule.pending()}

    def _functions(self, _http: HttpRequest) -> dict[str, Any]:
        return {"functions": self.gateway.world.functions.as_json()}

    def _register_functions(self, http: HttpRequest) -> dict[str, Any]:
        """Addresses on loopback by the ARNs of the functions that they answer for."""
        for arn, url in _body(http).items():
            self.gateway.world.functions.register(arn, str(url))
        return self._functions(http)

    def _tell_costs(self, http: HttpRequest) -> dict[str, Any]:
        """What an account has spent, in the place of what was said before: Cost Explorer knows no more than that."""
        account, given = _of_account(http)
        return self._told(ce.told, given, account)

    def _tell_recommendations(self, http: HttpRequest) -> dict[str, Any]:
        """What Compute Optimizer finds in an account and region, in the place of what was said before."""
        account, given = _of_account(http)
        return self._told(compute_optimizer.told, given, account, str(given.pop("region", "us-east-1")))

    def _told(
        self, read: Callable[[dict[str, Any]], Any], given: dict[str, Any], account: str, region: str = ""
    ) -> dict[str, Any]:
        try:
            new = read(given)
        except ValueError as error:
            raise ControlError(str(error)) from error
        world = self.gateway.world
        with world.lock:
            vars(world.store(type(new), account, region)).update(vars(new))
        return {}

    def _faults(self, _http: HttpRequest) -> dict[str, Any]:
        return self.gateway.faults.as_json()

    def _add_fault(self, http: HttpRequest) -> dict[str, Any]:
        return self.gateway.faults.add(_body(http))

    def _clear_faults(self, _http: HttpRequest) -> dict[str, Any]:
        self.gateway.faults.clear()
        return {}

    def _release(self, _http: HttpRequest) -> dict[str, Any]:
        return {"released": self.gateway.faults.release()}

    def _reset(self, _http: HttpRequest) -> dict[str, Any]:
        self.gateway.faults.clear()
        self.gateway.world.reset()
        self.gateway.log.clear()
        return {}

    def _save(self, _http: HttpRequest) -> dict[str, Any]:
        if not self.state_file:
            raise ControlError("the simulator was started without --state-file")
        self.gateway.world.save(self.state_file)
        return {"state_file": self.state_file}

    def _plane(self) -> DataPlane:
        """:raises ControlError: without a data plane."""
        plane = self.gateway.world.data_plane
        if plane is None:
            raise ControlError("the simulator was started with --data-plane off")
        return plane

    def _doors(self) -> FrontDoors:
        from simulator.dataplane.front_doors import FrontDoors  # noqa: PLC0415 - needed with a data plane alone

        return self._plane().component(FrontDoors)

    def _resolve(self, http: HttpRequest) -> dict[str, Any]:
        from simulator.dataplane import for_tasks  # noqa: PLC0415 - needed with a data plane alone

        return for_tasks.resolve(self._plane(), http.query().get("name", ""))

    def _credentials(self, http: HttpRequest) -> dict[str, Any]:
        from simulator.dataplane import for_tasks  # noqa: PLC0415 - needed with a data plane alone

        found = for_tasks.credentials(self._plane(), http.query().get("task", ""))
        if found is None:
            raise ControlError("no such task runs, or it has no role")
        return found

    def _front_doors(self, _http: HttpRequest) -> dict[str, Any]:
        return self._doors().as_json()

    def _authority(self, _http: HttpRequest) -> HttpResponse:
        return HttpResponse(200, {"Content-Type": "application/x-pem-file"}, self._doors().authority.pem.encode())


def _latency(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ControlError(f"latency_ms must be a number of at least 0, not {value!r}")
    return float(value)


def _of_account(http: HttpRequest) -> tuple[str, dict[str, Any]]:
    given = _body(http)
    account = str(given.pop("account", ""))
    if not account:
        raise ControlError("the account that they are of is missing")
    return account, given


def _body(http: HttpRequest) -> dict[str, Any]:
    try:
        given = json.loads(http.body or b"{}")
    except ValueError as error:
        raise ControlError(f"the body is no JSON: {error}") from None
    if not isinstance(given, dict):
        raise ControlError("the body must be a JSON object")
    return given


def _json(status: int, content: Any) -> HttpResponse:
    return HttpResponse(status, {"Content-Type": "application/json"}, json.dumps(content, default=str).encode())
