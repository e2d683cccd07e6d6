# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A deployment that failed is written down, by the action that waited for it."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any

MODULE = "monay.platform.rollout_evidence"


def written_down(
    action: Any,
    result: Mapping[str, Any],
    timeline: Sequence[Mapping[str, Any]],
    own: Collection[str],
    task_vars: dict[str, Any] | None,
) -> dict[str, Any]:
    """Have written down why it failed, where the task has an `evidence_directory`: `{msg, evidence}` over the result.

    `own` are the options of the action's module; all others say how to reach AWS. Nothing of the failure is lost where
    there can be no evidence.
    """
    arguments, deployment = action._task.args, result.get("deployment") or {}
    if deployment.get("verdict") != "failed" or not arguments.get("evidence_directory"):
        return {}
    asked = {
        **{key: value for key, value in arguments.items() if key not in own},
        "service": arguments["service"],
        "cluster": arguments["cluster"],
        "deployment": deployment.get("arn", ""),
        # Modules run in the playbook's directory, people in theirs.
        "directory": os.path.abspath(os.path.expanduser(arguments["evidence_directory"])),
        "gates": arguments.get("evidence_gates") or [],
        "ledger_bucket": arguments.get("evidence_ledger") or "",
        "timeline": list(timeline),
    }
    made = action._execute_module(MODULE, module_args=asked, task_vars=task_vars)
    if made.get("failed"):
        return {"msg": f"{result['msg']}\nThere is no evidence: {made.get('msg')}"}
    evidence = {key: made[key] for key in ("headline", "page", "json")}
    return {"msg": f"{made['headline']}\n{result['msg']}\nEvidence: {made['page']}", "evidence": evidence}


def seen_now(seconds: float, text: str) -> dict[str, Any]:
    """One line of a timeline, so many seconds after its beginning."""
    return {"at": f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}", "seconds": int(seconds), "text": text}
