# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]
SCRIPT = """
import importlib, json, pathlib, sys
filters = "ansible_collections.monay.platform.plugins.filter"
names = [path.stem for path in pathlib.Path("plugins/filter").glob("*.py")]
made = {name: importlib.import_module(f"{filters}.{name}").FilterModule().filters()[name] for name in names}
before = [name for name in sys.modules if ".module_utils.core." in name]
short = made["short_name"]("monay-dev-backend-common", 12)
print(json.dumps([len(made), before, len(short)]))
"""


def test_finding_a_filter_imports_nothing_that_filters_stand_for() -> None:
    """In a process of its own, as a worker is."""
    command = [sys.executable, "-c", SCRIPT]
    path = f"{ROOT / 'collections'}"
    found = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": path}, capture_output=True, text=True, check=True)

    count, imported, width = json.loads(found.stdout)
    assert count > 10
    assert imported == []
    assert width == 12
