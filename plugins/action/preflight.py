# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Refuse bad input before anything is read from or written to AWS. See M(monay.platform.preflight)."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.yaml import yaml_load
from ansible.plugins.action import ActionBase

from ansible_collections.monay.platform.plugins.module_utils.core.inventory_rules import problems
from ansible_collections.monay.platform.plugins.module_utils.core.problem import Problem
from ansible_collections.monay.platform.plugins.plugin_utils.inventory_files import place_of

ROLES = Path(__file__).parents[2] / "roles"
# How alike two names must be for one to count as the other, misspelt.
ALIKE = 0.85
# What rules read besides the roles' inputs.
CONTEXT = ("inventory_hostname", "group_names", "application_health_path")


class ActionModule(ActionBase):
    """Checks every component of the play: argument specs of its roles, rules between variables, misspelt names."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        variables = task_vars or {}
        _result, arguments = self.validate_argument_spec(
            argument_spec={"components": {"type": "dict", "required": True}}
        )
        components: dict[str, list[str]] = arguments["components"]
        given = variables.keys() - variables["hostvars"][variables["inventory_hostname"]].keys()
        specs = {
            role: {name: option for name, option in self._options(role).items() if name not in given}
            for role in {"platform", *(role for roles in components.values() for role in roles)}
        }
        known = frozenset(name for options in specs.values() for name in options)
        # All hosts of the play at once, so that what is wrong for all of them is said once.
        lines: dict[Problem, str] = {}
        for host in variables["ansible_play_hosts_all"]:
            of_host = variables["hostvars"][host]
            mine = ["platform", *(role for group in of_host["group_names"] for role in components.get(group, []))]
            options = {name: spec for role in mine for name, spec in specs[role].items()}
            for problem in [*_wrong_names(of_host, known, specs), *_wrong_values(of_host, options)]:
                lines.setdefault(problem, place_of(problem.variable, of_host.get("inventory_dir"), host))
        if not lines:
            return {"changed": False}
        told = [f"- {problem.variable} ({place}): {problem.message}" for problem, place in lines.items()]
        return {
            "failed": True,
            "changed": False,
            "msg": "\n".join(["The input is refused; nothing was changed.", *told]),
            "problems": [{"variable": problem.variable, "message": problem.message} for problem in lines],
        }

    @staticmethod
    def _options(role: str) -> dict[str, dict[str, Any]]:
        """The options of all entry points of a role, by variable.

        Read as plain YAML: it is the collection's own, and Ansible's loader takes ten times as long.
        """
        path = ROLES / role / "meta" / "argument_specs.yml"
        if not path.is_file():
            raise AnsibleError(f"role {role} of the component map has no {path}")
        specs = yaml_load(path.read_text(encoding="utf-8"))["argument_specs"]
        return {name: option for entry in specs.values() for name, option in (entry.get("options") or {}).items()}


def _wrong_names(variables: Mapping[str, Any], known: frozenset[str], roles: Iterable[str]) -> Iterator[Problem]:
    """Variables that look like a role's but that no role knows."""
    prefixes = tuple(f"{role}_" for role in roles)
    # Ansible's own variables look like nobody's, which takes long to find out.
    for name in sorted(each for each in set(variables) - known if not each.startswith("ansible_")):
        near = _nearest(name, known)
        if near:
            yield Problem(name, f"no role knows this variable; did you mean {near}?")
        elif name.startswith(prefixes):
            yield Problem(name, "no role knows this variable; docs/inventory.md lists those that exist")


@functools.cache
def _nearest(name: str, known: frozenset[str]) -> str:
    """The name that is probably meant, or nothing; the same for all hosts."""
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=ALIKE)), "")


def _wrong_values(variables: Mapping[str, Any], options: Mapping[str, dict[str, Any]]) -> Iterator[Problem]:
    """Missing and wrongly typed values, and, among those that are right so far, broken rules."""
    values: dict[str, Any] = {name: variables[name] for name in CONTEXT if name in variables}
    for name, spec in options.items():
        if name not in variables:
            if spec.get("required"):
                yield Problem(name, f"required: {_first(spec.get('description'))}")
            continue
        try:
            value = variables[name]
        except AnsibleError as error:
            yield Problem(name, f"cannot be worked out: {error.message}")
            continue
        wrong = ArgumentSpecValidator({name: _plain(spec)}).validate({name: value}).error_messages
        yield from (Problem(name, message) for message in wrong)
        if not wrong:
            values[name] = value
    yield from problems(values)


def _plain(spec: dict[str, Any]) -> dict[str, Any]:
    """An option without its prose, which the validator does not know."""
    kept = {key: value for key, value in spec.items() if key not in ("description", "version_added", "default")}
    if "options" in kept:
        kept["options"] = {name: _plain(option) for name, option in kept["options"].items()}
    return kept


def _first(description: Any) -> str:
    return str(description[0] if isinstance(description, list) else description or "see docs/inventory.md")
