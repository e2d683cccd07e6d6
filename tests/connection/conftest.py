# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Playbooks on the warm_local connection, each in a directory of its own, with each ansible-core that is supported."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from tests.connection.cores import NoOtherCoreError, other_core
from tests.connection.sandbox import Sandbox


@pytest.fixture(scope="session")
def second_core() -> Path | NoOtherCoreError:
    """Installed when the first test asks for it."""
    try:
        return other_core()
    except NoOtherCoreError as reason:
        return reason


@pytest.fixture(params=["this-core", "other-core"])
def core(request: pytest.FixtureRequest) -> Path:
    """The directory of the programs of one ansible-core."""
    if request.param == "this-core":
        return Path(sys.executable).parent
    found: Path | NoOtherCoreError = request.getfixturevalue("second_core")
    if isinstance(found, NoOtherCoreError):
        pytest.skip(str(found))  # a machine that cannot install the other ansible-core; the error says why
    return found


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
