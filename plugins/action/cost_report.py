# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Estimate what an environment costs, from its inventory. See M(monay.platform.cost_report)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.monay.platform.plugins.module_utils.core.cost_budget import compare
from ansible_collections.monay.platform.plugins.module_utils.core.cost_change import costs, difference, rollouts
from ansible_collections.monay.platform.plugins.module_utils.core.cost_document import Document, Findings, document
from ansible_collections.monay.platform.plugins.module_utils.core.cost_document import costs as costs_of_document
from ansible_collections.monay.platform.plugins.module_utils.core.cost_html import page
from ansible_collections.monay.platform.plugins.module_utils.core.cost_prices import Assumptions, Prices, price_table
from ansible_collections.monay.platform.plugins.module_utils.core.cost_quantity import Component
from ansible_collections.monay.platform.plugins.module_utils.core.cost_text import markdown, terminal
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused
from ansible_collections.monay.platform.plugins.plugin_utils.cost_inventory import CostInventory, measured

PRICES = Path(__file__).parents[2] / "roles" / "cost" / "files" / "prices"
ARGUMENTS: dict[str, dict[str, Any]] = {
    "environment": {"type": "str", "required": True},
    "budget": {"type": "dict", "default": {}},
    "budget_tolerance": {"type": "float", "default": 10},
    "gate": {"type": "bool", "default": False},
    "directory": {"type": "str", "default": ""},
    "propose": {"type": "bool", "default": False},
    "proposal_risks": {"type": "dict", "default": {}},
    "actuals": {"type": "dict", "default": {}},
    "usage": {"type": "dict", "default": {}},
    "what_if": {"type": "dict", "default": {}},
    "before": {"type": "str", "default": ""},
    "prices_directory": {"type": "str", "default": ""},
    "prices_stale_days": {"type": "int", "default": 180},
    "prices_given": {"type": "dict", "default": {}},
    "prices_regions": {"type": "dict", "default": {}},
    "prices_multi_az_factor": {"type": "float", "default": 2},
    "prices_spot_discount": {"type": "float", "default": 0},
    "free_tier": {"type": "bool", "default": False},
}

display = Display()


class ActionModule(ActionBase):
    """Works on the controller: reads variables and price files, and writes reports where that is asked for."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _result, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        variables = task_vars or {}
        try:
            prices = _prices(arguments)
            inventory = CostInventory(self._templar, self._loader, variables, prices, arguments["free_tier"])
            environment = inventory.components(arguments["what_if"])
            report = _report(inventory, environment, prices, arguments)
        except PlanRefused as error:
            raise AnsibleError(str(error)) from error
        summary = terminal(report)
        files = _files(report, arguments) if arguments["directory"] else {}
        written = [str(path) for path, text in files.items() if _differs(path, text)]
        if not self._task.check_mode:
            _write({path: text for path, text in files.items() if str(path) in written})
        if report["prices"]["stale"]:
            old = ", ".join(report["prices"]["stale"])
            display.warning(f"prices read before {report['prices']['stale_before']}, or nobody knows when: {old}")
        result = {"changed": bool(written), "files": [str(path) for path in files], "report": report}
        result["targets"] = measured(environment)
        verdict = report["budget"]["verdict"]
        if arguments["gate"] and verdict in ("over", "unknown"):
            return {**result, "failed": True, "summary": summary, "msg": f"{summary}\n\nThe budget is not kept."}
        return {**result, "summary": summary, "verdict": verdict}


def _report(
    inventory: CostInventory, environment: list[Component], prices: Prices, arguments: Mapping[str, Any]
) -> Document:
    what_if, before = arguments["what_if"], arguments["before"]
    if what_if and before:
        raise AnsibleError("cost_what_if and cost_before exclude each other: what is it to be compared with?")
    lines = inventory.lines(environment)
    comparison = compare(lines, _decimals(arguments["budget"]), _decimal(arguments["budget_tolerance"]))
    proposal = None
    if arguments["propose"] and comparison.verdict == "over":
        proposal = inventory.proposal(environment, comparison.budget, _risks(arguments["proposal_risks"]))
    earlier = None
    if what_if:
        earlier = costs(inventory.lines(inventory.components({})))
    elif before:
        earlier = costs_of_document(_json(Path(before))["lines"])
    today = dt.datetime.now(tz=dt.UTC).date()
    return document(
        Findings(
            environment=arguments["environment"],
            date=today.isoformat(),
            lines=lines,
            comparison=comparison,
            stale_before=(today - dt.timedelta(days=arguments["prices_stale_days"])).isoformat(),
            rollouts=rollouts(environment, prices),
            change=None if earlier is None else difference(earlier, costs(lines)),
            changed=what_if,
            proposal=proposal,
            actuals=arguments["actuals"] or None,
            rightsizing=inventory.rightsizing(environment, arguments["usage"]) if arguments["usage"] else None,
        )
    )


def _prices(arguments: Mapping[str, Any]) -> Prices:
    directory = Path(arguments["prices_directory"]).expanduser() if arguments["prices_directory"] else PRICES
    tables = [_json(path) for path in sorted(directory.glob("*.json"))]
    if not tables:
        raise AnsibleError(f"no prices in {directory} (cost_prices_directory)")
    assumptions = Assumptions(
        regions=arguments["prices_regions"],
        multi_az_factor=_decimal(arguments["prices_multi_az_factor"]),
        spot_discount=_decimal(arguments["prices_spot_discount"]),
        given=_decimals(arguments["prices_given"]),
    )
    return Prices({table["region"]: price_table(table) for table in tables}, assumptions)


def _risks(given: Mapping[str, Any]) -> dict[str, int]:
    """An option whose risk is null is left out, so that one can be taken out of the defaults."""
    return {name: int(risk) for name, risk in given.items() if risk is not None}


def _files(report: Document, arguments: Mapping[str, Any]) -> dict[Path, str]:
    directory, name = Path(arguments["directory"]).expanduser(), f"cost-{report['environment']}"
    return {
        directory / f"{name}.json": json.dumps(report, indent=2, ensure_ascii=False) + "\n",
        directory / f"{name}.md": markdown(report),
        directory / f"{name}.html": page(report),
    }


def _differs(path: Path, text: str) -> bool:
    return not path.is_file() or path.read_text(encoding="utf-8") != text


def _write(files: Mapping[Path, str]) -> None:
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _json(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.expanduser().read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AnsibleError(f"{path} cannot be read: {error}") from error
    return found


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value))


def _decimals(values: Mapping[str, Any]) -> dict[str, Decimal]:
    return {name: _decimal(value) for name, value in values.items()}
