# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action shows what the module writes about its progress, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from ansible_collections.monay.platform.plugins.action import static_site


@pytest.fixture
def run(monkeypatch):
    """Run the action with a module in its place; returns its result, what it said, and the module's arguments."""

    def run(module, **arguments):
        said, given = [], []
        monkeypatch.setattr(static_site.display, "display", said.append)
        monkeypatch.setattr(static_site.ActionBase, "run", lambda *_args: {})
        action = static_site.ActionModule.__new__(static_site.ActionModule)
        action._task = SimpleNamespace(args={"bucket": "site", **arguments})

        def execute(module_args, task_vars):
            given.append(module_args)
            return module(Path(module_args["progress_file"]))

        action._execute_module = execute
        return action.run(task_vars={}), said, given[0]

    return run


def test_shows_what_the_module_writes(run):
    def module(progress):
        progress.write_text("uploaded 3 of 9 files\nuploaded 9 of 9 files\n")
        return {"changed": True, "invocation": {"module_args": {"progress_file": str(progress)}}}

    result, said, given = run(module, folder="out")

    assert said == ["  site: uploaded 3 of 9 files", "  site: uploaded 9 of 9 files"]
    assert result == {"changed": True, "invocation": {"module_args": {}}}
    assert given["folder"] == str(Path.cwd() / "out")
    assert not Path(given["progress_file"]).exists()


def test_a_module_that_breaks_down_leaves_nothing_behind(run, tmp_path):
    seen = []

    def module(progress):
        seen.append(progress)
        raise RuntimeError("gone")

    with pytest.raises(RuntimeError, match="gone"):
        run(module)
    assert not seen[0].exists()
