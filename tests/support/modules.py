# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Run a module of the collection in this process, as a task would, and read what it answers."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args
from botocore.client import BaseClient
from botocore.loaders import Loader

LOADER = Loader()
READS = ("BatchGet", "Describe", "Get", "Head", "List")
MODULES = "ansible_collections.monay.platform.plugins.modules"


class ModuleFailedError(AssertionError):
    """The module ended in failure although the test wanted it to succeed; `result` is what it answered."""

    def __init__(self, name: str, result: dict[str, Any]) -> None:
        super().__init__(f"{name} failed: {result.get('msg')}")
        self.result = result


def run_module(module: str, args: dict[str, Any], check: bool = False) -> dict[str, Any]:
    """What the module (by its short name, e.g. `kms_key`) answers, and its `warnings`; `check`: in check mode.

    Raises ModuleFailedError where the module fails: `fail_module` is for tests that want that.
    """
    result = _run(module, args, check)
    if result.get("failed"):
        raise ModuleFailedError(module, result)
    return result


def fail_module(module: str, args: dict[str, Any], check: bool = False) -> str:
    """The error message of a module that must fail."""
    result = _run(module, args, check)
    assert result.get("failed"), f"{module} was expected to fail, and answered {result}"
    return str(result["msg"])


def changes(result: dict[str, Any]) -> set[tuple[str, str, str]]:
    """(action, kind, name) of every change that a module reports."""
    return {(change["action"], change["kind"], change["name"]) for change in result["changes"]}


def _run(name: str, args: dict[str, Any], check: bool) -> dict[str, Any]:
    return answer_of(importlib.import_module(f"{MODULES}.{name}").main, args, check)


def answer_of(main: Callable[[], None], args: dict[str, Any], check: bool = False) -> dict[str, Any]:
    """What a module with this `main` answers, success or failure, and its `warnings`."""
    said, warned = io.StringIO(), []
    task = {**args, "_ansible_check_mode": check, "_ansible_diff": True}
    # Where ansible puts a warning depends on what else of it is loaded in this process.
    keep = mock.patch.object(AnsibleModule, "warn", lambda _module, warning, **_options: warned.append(warning))
    # Every run makes new clients; the descriptions of AWS's services that they read need to be read once only.
    descriptions = mock.patch("botocore.session.create_loader", return_value=LOADER)
    with patch_module_args(task), keep, descriptions, contextlib.redirect_stdout(said), pytest.raises(SystemExit):
        main()
    # Strict on purpose: a module that prints anything besides its answer is at fault.
    result: dict[str, Any] = json.loads(said.getvalue())
    return {**result, "warnings": warned}


@contextlib.contextmanager
def recorded_calls() -> Iterator[list[str]]:
    """The AWS calls made inside, as `service:Operation`, whatever answers them."""
    made: list[str] = []
    call = vars(BaseClient)["_make_api_call"]

    def record(client: BaseClient, operation: str, params: dict[str, Any]) -> Any:
        made.append(f"{client.meta.service_model.service_name}:{operation}")
        return call(client, operation, params)

    with mock.patch.object(BaseClient, "_make_api_call", record):
        yield made


def writes(calls: list[str]) -> list[str]:
    """Those of the calls that change something."""
    return [call for call in calls if not call.partition(":")[2].startswith(READS)]


def assert_settled(module: str, args: dict[str, Any]) -> None:
    """Running the module again finds nothing to do and writes nothing."""
    with recorded_calls() as calls:
        again = run_module(module, args)
    assert again["changed"] is False, again["diff"]
    assert writes(calls) == []


def assert_previewed(module: str, args: dict[str, Any]) -> dict[str, Any]:
    """What a check run announces, without a write, is what the real run then does. Returns what the real run says."""
    with recorded_calls() as calls:
        preview = run_module(module, args, check=True)
    assert writes(calls) == []
    done = run_module(module, args)
    assert preview["changes"] == done["changes"]
    assert preview["diff"] == done["diff"]
    return done
