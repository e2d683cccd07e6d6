# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write the tables of docs/inventory.md from the roles' argument specs, which the playbooks themselves check.

With `--check` nothing is written and the exit code says whether the file is current.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "inventory.md"
MARK = "<!-- made by `make inventory-docs` from roles/*/meta/argument_specs.yml -->"
# Read in the order in which a person fills an inventory.
ROLES = (
    "platform",
    "account",
    "encryption",
    "network",
    "security_groups",
    "admin_access",
    "database",
    "cache",
    "storage",
    "dns",
    "certificate",
    "web_acl",
    "load_balancer",
    "static_site",
    "task_role",
    "registry",
    "secrets",
    "ecs_cluster",
    "service",
    "rollout",
    "migration",
    "api_tests",
    "monitoring",
    "alarms",
    "cost",
)
# Ansible's marks for options, values and the like.
MARKUP = re.compile(r"\b[CMOV]\(([^)]*)\)")
# Set by playbooks, not by people.
WIRED = {"platform_components", "rollout_task_definition", "migration_task_definition"}


def options(role: str) -> dict[str, dict[str, Any]]:
    """The options of all entry points of a role, by variable, in the order of the file."""
    path = ROOT / "roles" / role / "meta" / "argument_specs.yml"
    specs = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
    return {name: option for entry in specs.values() for name, option in (entry.get("options") or {}).items()}


def line(name: str, option: dict[str, Any]) -> str:
    description = option.get("description", "")
    text = MARKUP.sub(r"`\1`", " ".join(description) if isinstance(description, list) else str(description))
    kind = option["type"] + (f" of {option['elements']}" if "elements" in option else "")
    default = "**required**" if option.get("required") else f"`{shown(option.get('default', ''))}`"
    return f"| `{name}` | {kind} | {default} | {' '.join(text.split()).replace('|', '/')} |"


def shown(default: Any) -> str:
    text = str(default).lower() if isinstance(default, bool) else str(default)
    return " ".join(text.split()).replace("|", "\\|") or '""'


def tables() -> str:
    parts = [MARK]
    for role in ROLES:
        rows = [line(name, option) for name, option in options(role).items() if name not in WIRED]
        if rows:
            parts += ["", f"### {role}", "", "| variable | type | default | meaning |", "|---|---|---|---|", *rows]
    return "\n".join(parts) + "\n"


def main() -> int:
    text = PAGE.read_text(encoding="utf-8")
    wanted = text[: text.index(MARK)] + tables()
    if wanted == text:
        return 0
    if "--check" in sys.argv:
        print(f"{PAGE.relative_to(ROOT)} is not what the roles say: run `make inventory-docs`", file=sys.stderr)
        return 1
    PAGE.write_text(wanted, encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
