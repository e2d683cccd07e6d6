#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: price_table
short_description: Refresh the price tables of the cost estimate from AWS's price list
version_added: 0.1.0
description:
  - Looks each row of the tables up in the AWS Price List Query API. A row gets the price that is found, with date,
    version of the price list, SKU and usage type, where exactly one product fits; otherwise the old row stays,
    and RV(rows) says why. Prices that nobody told the collection how to look up stay as well.
  - All is read before anything is written, so a refused call leaves the tables as they were.
  - Which region the task names has no meaning for the prices. The API is asked in us-east-1, for all of them.
  - The caller needs C(pricing:GetProducts). AWS takes nothing for it.
author: Monay platform engineers (@monay)
options:
  source:
    description: Folder with the tables to begin with, one JSON file for each region.
    type: path
    required: true
  directory:
    description:
      - Folder that the tables are written to. A table that it has already is taken from here, not from O(source).
      - Without it, O(source).
    type: path
attributes:
  check_mode:
    support: full
    description: Asks AWS and says what would be written.
  diff_mode:
    support: full
    description: Shows the rows that differ.
requirements:
  - python >= 3.11
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Refresh prices of our own
  monay.platform.price_table:
    source: "{{ playbook_dir }}/../roles/cost/files/prices"
    directory: "{{ lookup('env', 'HOME') }}/prices"
"""

RETURN = r"""
files:
  description: The tables that were written, or would be in check mode.
  returned: always
  type: list
  elements: str
  sample: [/home/monay/prices/us-east-1.json]
rows:
  description: >-
    What became of each row: C(changed) has another price, C(confirmed) the same from a newer reading, C(current) was
    read today already, C(kept) could not be looked up.
  returned: always
  type: list
  elements: dict
  sample: [{region: us-east-1, key: nat.hours, outcome: changed, old: "0.045", new: "0.046", why: ""}]
summary:
  description: The same as a table for people, without what is current.
  returned: always
  type: str
  sample: "table      row        old    new    outcome"
"""

import datetime as dt
import json
import typing as t
from pathlib import Path

from ansible_collections.monay.platform.plugins.module_utils.aws.module import PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.pricing import PRICING_REGION, products
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused
from ansible_collections.monay.platform.plugins.module_utils.core.price_lookup import lookup
from ansible_collections.monay.platform.plugins.module_utils.core.price_refresh import (
    Refreshed,
    facts,
    refreshed,
    report,
    written,
)


def work(module: PlatformModule) -> t.NoReturn:
    source = Path(module.params["source"])
    directory = Path(module.params["directory"] or source)
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    rows: list[dict[str, str]] = []
    texts: dict[Path, str] = {}
    diff: list[dict[str, str]] = []
    for path, document in tables(source, directory).items():
        found = refresh(module, document, today)
        rows += [facts(document["region"], each) for each in found]
        text = written(document, [each.after for each in found])
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            texts[path] = text
            diff.append(difference(path, found))
    if not module.check_mode:
        write(texts)
    files = [str(path) for path in texts]
    module.exit_json(changed=bool(texts), files=files, rows=rows, summary=report(rows), diff=diff)


def tables(source: Path, directory: Path) -> dict[Path, dict[str, t.Any]]:
    """The tables by the file that they are written to."""
    begin = {**_files(source), **_files(directory)}
    if not begin:
        raise PlanRefused(f"there is no table of prices in {source}: that folder has to have a JSON file per region")
    found = {}
    for name, path in sorted(begin.items()):
        try:
            found[directory / name] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise PlanRefused(f"{path} is not a table of prices: {error}") from error
    return found


def _files(directory: Path) -> dict[str, Path]:
    return {path.name: path for path in directory.glob("*.json")}


def refresh(module: PlatformModule, document: dict[str, t.Any], today: str) -> list[Refreshed]:
    lookups = {row["key"]: lookup(row["key"], document["region"]) for row in document["prices"]}
    wanted = {key: each for key, each in lookups.items() if each}
    found = products(module.api("pricing", PRICING_REGION), wanted)
    return [refreshed(row, lookups[row["key"]], found.get(row["key"], []), today) for row in document["prices"]]


def difference(path: Path, found: list[Refreshed]) -> dict[str, str]:
    """The rows that differ, one a line."""
    changed = [each for each in found if each.after != each.before]
    before = "".join(f"{json.dumps(each.before)}\n" for each in changed)
    after = "".join(f"{json.dumps(each.after)}\n" for each in changed)
    return {"before_header": str(path), "after_header": str(path), "before": before, "after": after}


def write(texts: dict[Path, str]) -> None:
    for path, text in texts.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise PlanRefused(
                f"{path} cannot be written: {error}. Name a folder of yours (cost_prices_directory)"
            ) from error


def main() -> None:
    PlatformModule(
        argument_spec=dict(source=dict(type="path", required=True), directory=dict(type="path")),
    ).run(work)


if __name__ == "__main__":
    main()
