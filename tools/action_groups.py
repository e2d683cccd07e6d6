# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write meta/runtime.yml: its action groups follow from the modules and cannot be forgotten.

`all` takes defaults for the connection to AWS (preflight has none), `tagged` those of modules that tag what they
create. With `--check` nothing is written and the exit code says whether the file is current.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "plugins" / "modules"
RUNTIME = ROOT / "meta" / "runtime.yml"
CONNECTION_FRAGMENTS = {"amazon.aws.region.modules", "monay.platform.platform"}
TAGS_FRAGMENT = "monay.platform.platform.tags"
HEADER = "# Made by `make action-groups` from plugins/modules; the playbooks set defaults for these groups.\n"


def documentation(module: Path) -> dict[str, object]:
    """Return the DOCUMENTATION of a module, without importing it."""
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["DOCUMENTATION"]:
            return dict(yaml.safe_load(ast.literal_eval(node.value)))
    raise SystemExit(f"{module}: no DOCUMENTATION")


def groups() -> dict[str, list[str]]:
    """Return the modules of each action group by name, sorted."""
    fragments = {
        path.stem: set(documentation(path).get("extends_documentation_fragment") or ())  # type: ignore[call-overload]
        for path in sorted(MODULES.glob("[!_]*.py"))
    }
    return {
        "all": [name for name, used in fragments.items() if used & CONNECTION_FRAGMENTS],
        "tagged": [name for name, used in fragments.items() if TAGS_FRAGMENT in used],
    }


def runtime() -> str:
    """Return what meta/runtime.yml is to contain."""
    content = {"requires_ansible": ">=2.19.0,<2.22.0", "action_groups": groups()}
    return HEADER + yaml.safe_dump(content, sort_keys=False, default_style=None).replace("\n  - ", "\n    - ")


def main() -> int:
    wanted = runtime()
    if RUNTIME.read_text(encoding="utf-8") == wanted:
        return 0
    if "--check" in sys.argv:
        print(f"{RUNTIME.relative_to(ROOT)} is not what the modules make it: run `make action-groups`", file=sys.stderr)
        return 1
    RUNTIME.write_text(wanted, encoding="utf-8")
    print(f"{RUNTIME.relative_to(ROOT)}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
