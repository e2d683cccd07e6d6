# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Playbooks on the warm_local connection, each in a directory of its own, with every ansible-core that there is."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from tests.connection.sandbox import Sandbox

# A second ansible-core is another environment, so its place cannot be known here.
OTHER_CORE = os.environ.get("MONAY_TEST_ANSIBLE_2_21", "")
CORES = {"this-core": Path(sys.executable).parent, **({"core-2.21": Path(OTHER_CORE)} if OTHER_CORE else {})}


def pytest_report_header() -> str:
    if OTHER_CORE:
        return f"connection tests: also with the ansible-core of {OTHER_CORE}"
    return "connection tests: NOT run with ansible-core 2.21; MONAY_TEST_ANSIBLE_2_21=/path/to/its/bin runs them"


@pytest.fixture(params=list(CORES))
def core(request: pytest.FixtureRequest) -> Path:
    """The directory of the programs of one ansible-core."""
    return CORES[request.param]


@pytest.fixture
def moto() -> Iterator[str]:
    """The address of an AWS that was empty when the test began."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def sandbox(tmp_path: Path, core: Path) -> Iterator[Sandbox]:
    """A sandbox, of which nothing runs any more after the test."""
    made = Sandbox(tmp_path, core)
    yield made
    made.kill()
