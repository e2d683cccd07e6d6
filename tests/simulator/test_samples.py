# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sample applications by themselves, and their images in the simulated ECR."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from simulator.__main__ import main
from simulator.samples import catalogue
from tests.support.simulator import ACCOUNT, REGION, ROOT, Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulator.conftest import Watched

HOST = "127.0.0.1"


@contextmanager
def running(program: str, **variables: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A sample application in a process of its own, and the port that it listens on."""
    with socket.create_server((HOST, 0)) as free:
        port = int(free.getsockname()[1])
    environment = {"PATH": os.environ["PATH"], "PORT": str(port), "SIMULATOR_ADDRESS": HOST, **variables}
    command = [sys.executable, "-m", "simulator.samples", program]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert "listens on" in process.stdout.readline()
        yield process, port
    finally:
        process.kill()
        process.communicate()


def ask(port: int, path: str, method: str = "GET", body: str | None = None) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers of one request."""
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())
    finally:
        connection.close()


def test_the_web_application_serves_a_page_with_assets_of_its_version() -> None:
    with running("nextjs", SIMULATOR_VERSION="1.1.0", SIMULATOR_APPLICATION="<admin>") as (_process, port):
        status, page, headers = ask(port, "/")
        assert (status, headers["X-Version"], headers["Content-Type"]) == (200, "1.1.0", "text/html; charset=utf-8")
        assert b"<h1>&lt;admin&gt;</h1>" in page
        assert b'src="/_next/static/1.1.0/app.js"' in page
        assert "immutable" in ask(port, "/_next/static/1.1.0/app.css")[2]["Cache-Control"]
        assert ask(port, "/_next/static/1.0.0/app.js")[0] == 404
        assert json.loads(ask(port, "/api/health")[1]) == {"status": "ok", "version": "1.1.0"}
        assert ask(port, "/", "POST", "{}")[0] == 405


def test_the_backend_streams_and_says_what_it_has_no_database_for() -> None:
    with running("backend") as (_process, port):
        status, body, headers = ask(port, "/api/stream?n=3&pause=0")
        assert (status, headers["Transfer-Encoding"]) == (200, "chunked")
        assert [json.loads(line)["number"] for line in body.splitlines()] == [0, 1, 2]
        assert ask(port, "/ready")[0] == 503
        assert json.loads(ask(port, "/ready")[1])["database"] == "not configured"
        assert ask(port, "/none")[0] == 404
        assert ask(port, "/api/accounts", "POST", "no json")[0] == 400


def test_requests_under_way_are_finished_when_it_is_told_to_stop() -> None:
    with running("backend") as (process, port):
        answers: list[int] = []
        asking = threading.Thread(target=lambda: answers.append(ask(port, "/api/slow?seconds=0.7")[0]))
        asking.start()
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        asking.join()
        assert answers == [200]


@pytest.mark.parametrize(("fault", "health", "others"), [("health", 503, {200}), ("errors", 200, {200, 500})])
def test_a_broken_version_fails_as_its_tag_says(fault: str, health: int, others: set[int]) -> None:
    with running("backend", SIMULATOR_FAULT=fault) as (_process, port):
        assert ask(port, "/health")[0] == health
        statuses = [ask(port, "/version")[0] for _request in range(40)]
        assert set(statuses) == others
        assert statuses.count(500) == (2 if fault == "errors" else 0)


def test_a_version_that_does_not_start_and_one_that_crashes() -> None:
    command = [sys.executable, "-m", "simulator.samples", "backend"]
    environment = {"PATH": os.environ["PATH"], "SIMULATOR_FAULT": "start"}
    ended = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    assert (ended.returncode, "Cannot find module" in ended.stdout) == (1, True)
    with running("backend", SIMULATOR_FAULT="crash", SAMPLE_CRASH_SECONDS="0.1") as (process, _port):
        assert process.wait(timeout=10) == 139
    ended = subprocess.run([*command, "node", "x.js"], cwd=ROOT, env={}, check=False, capture_output=True, text=True)
    assert (ended.returncode, "not found in the sample image" in ended.stdout) == (127, True)


def test_it_keeps_a_connection_for_hundreds_of_requests() -> None:
    with running("nextjs") as (_process, port):
        connection = http.client.HTTPConnection(HOST, port, timeout=10)
        connection.connect()
        own = connection.sock.getsockname()
        for _request in range(400):
            connection.request("GET", "/api/version")
            assert connection.getresponse().read()
            assert connection.sock.getsockname() == own
        connection.close()


def test_images_are_pushed_once(simulator: Simulator, aws: Watched, capsys: pytest.CaptureFixture[str]) -> None:
    ecr: Any = aws("ecr")
    for name in ("monay/dev/backend-common", "monay/dev/admin", "monay/prod/admin"):
        ecr.create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")
    options = ["push-samples", "--endpoint", simulator.endpoint, "--account", ACCOUNT, "--region", REGION]
    assert main(options) == 0
    first = capsys.readouterr().out
    assert main(options) == 0
    assert capsys.readouterr().out == first
    assert len(first.splitlines()) == 2 * len(catalogue.TAGS)
    images = ecr.batch_get_image(
        repositoryName="monay/dev/backend-common", imageIds=[{"imageTag": "1.2.0-slow"}, {"imageTag": "1.1.0"}]
    )["images"]
    samples = {catalogue.sample_of(image["imageManifest"]) for image in images}
    assert samples == {catalogue.Sample("backend", "1.2.0", "slow"), catalogue.Sample("backend", "1.1.0", "")}
    assert ecr.describe_images(repositoryName="monay/prod/admin")["imageDetails"] == []
    assert main([*options, "--environment", "none"]) == 1
    assert main([*options, "--tag", "9.9.9"]) == 2
    assert catalogue.sample_of('{"layers": []}') is None
