# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Start a simulator for tests, and talk to it: AWS clients, call log, faults, settings."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "111111111111"
REGION = "us-east-1"
START_SECONDS = 60


class SimulatorError(Exception):
    """The simulator did not start, or refused a control request; the text is its own."""


class Simulator:
    """A simulator in a process of its own; use it as a context manager or call `stop`."""

    def __init__(
        self,
        *,
        latency_ms: float = 0,
        speed: str = "inf",
        state_file: Path | None = None,
        python: str = sys.executable,
        data_plane: bool = False,
    ) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="simulator-")
        ready = Path(self._directory.name, "ready.json")
        self._errors = Path(self._directory.name, "stderr")
        self._said = ""
        self._data_plane = data_plane
        self._session = boto3.session.Session()
        self._clients: dict[tuple[str, str, str, int], Any] = {}
        command = [python, "-m", "simulator", "serve", "--port", "0", "--ready-file", str(ready)]
        command += ["--latency-ms", str(latency_ms), "--speed", speed]
        command += ["--data-plane", "on" if data_plane else "off"]
        command += ["--state-file", str(state_file)] if state_file else []
        with self._errors.open("w") as errors:
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=errors)
        self.endpoint = self._wait(ready)
        self.pid = self._process.pid

    def _wait(self, ready: Path) -> str:
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise SimulatorError(f"the simulator did not start: {self.errors()}")
            time.sleep(0.05)
        return str(json.loads(ready.read_text())["endpoint"])

    def __enter__(self) -> Simulator:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def stop(self) -> int:
        """End the process as a user would (SIGTERM); its exit status."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(timeout=30)
        self._said = self.errors()
        self._directory.cleanup()
        return status

    def errors(self) -> str:
        """What the simulator wrote to stderr."""
        return self._errors.read_text() if self._errors.exists() else self._said

    def client(self, service: str, account: str = ACCOUNT, region: str = REGION, retries: int = 0) -> Any:
        """A boto3 client of the simulator; `retries` beyond the first attempt, none by default.

        The same arguments give the same client, which is what threads may share.
        """
        key = (service, account, region, retries)
        if key not in self._clients:
            self._clients[key] = self._make_client(*key)
        return self._clients[key]

    def _make_client(self, service: str, account: str, region: str, retries: int) -> Any:
        config = Config(retries={"total_max_attempts": retries + 1}, connect_timeout=5, read_timeout=60)
        variables = self.env(account, region)
        client = _client_factory(self._session)(
            service,
            endpoint_url=self.endpoint,
            region_name=region,
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            config=config,
        )
        if service == "s3control":
            client.meta.events.register("before-send.s3-control.*", _plain_host)
        return client

    def env(self, account: str = ACCOUNT, region: str = REGION) -> dict[str, str]:
        """The environment variables that point an AWS client, and what asks the front doors, at the simulator."""
        return self._front_door_variables() | {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": f"AKIASIMU{account}",
            "AWS_SECRET_ACCESS_KEY": "simulated",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def front_doors(self) -> dict[str, Any]:
        """What listens for the outside: {proxy, ca_bundle, front_doors}. Only with a data plane."""
        return dict(self.control("GET", "front_doors"))

    def authority(self) -> str:
        """The certificate (PEM) of the authority that the front doors' certificates are from."""
        with urllib.request.urlopen(f"{self.endpoint}/_simulator/ca.pem", timeout=60) as answer:  # noqa: S310
            return str(answer.read().decode())

    def _front_door_variables(self) -> dict[str, str]:
        if not self._data_plane:
            return {}
        found = self.front_doors()
        return {
            "HTTPS_PROXY": found["proxy"],
            "HTTP_PROXY": found["proxy"],
            "NO_PROXY": "127.0.0.1,localhost",
            "SSL_CERT_FILE": found["ca_bundle"],
        }

    def control(self, method: str, path: str, content: Any = None) -> Any:
        """One request to /_simulator/PATH; its JSON answer.

        :raises SimulatorError: with the simulator's words when it refuses.
        """
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(f"{self.endpoint}/_simulator/{path}", data=body, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise SimulatorError(f"{method} {path}: {error.code} {error.read().decode()}") from None

    def calls(
        self, service: str = "", operation: str = "", mutating: bool | None = None, since: int = 0
    ) -> list[dict[str, Any]]:
        """The call log, oldest first."""
        query = f"calls?since={since}"
        query += f"&service={service}" if service else ""
        query += f"&operation={operation}" if operation else ""
        query += "" if mutating is None else f"&mutating={str(mutating).lower()}"
        return list(self.control("GET", query)["calls"])

    def clear_calls(self) -> None:
        """Empty the call log."""
        self.control("DELETE", "calls")

    def reset(self) -> None:
        """Forget all AWS state, the call log and the faults; settings stay."""
        self.control("POST", "reset")

    def fault(self, kind: str, **members: Any) -> dict[str, Any]:
        """Set one fault: match, nth, times, each_operation, when, seconds."""
        return dict(self.control("POST", "faults", {"kind": kind, **members}))

    def faults(self) -> dict[str, Any]:
        """The faults that are set, with `fired` counts, and how many answers are held: {faults, holding}."""
        return dict(self.control("GET", "faults"))

    def clear_faults(self) -> None:
        """Take all faults away; held answers go out."""
        self.control("DELETE", "faults")

    def release(self) -> None:
        """Let the held answers go."""
        self.control("POST", "faults/release")

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change settings (latency_ms, speed, provisioning) if any are given; the settings."""
        return dict(self.control("PUT", "settings", changes) if changes else self.control("GET", "settings"))


def _client_factory(session: Any) -> Any:
    """boto3's client function without its hundreds of typed overloads, none of which takes a plain string."""
    return session.client


def _plain_host(request: Any, **_arguments: Any) -> None:
    """Take away the account that botocore puts before the host: no address can have a prefix."""
    request.url = re.sub(r"//\d{12}\.", "//", request.url)
