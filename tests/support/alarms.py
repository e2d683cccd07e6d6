# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Alarms for tests of what reads them."""

from __future__ import annotations

from typing import Any

STATES = {"missing": "INSUFFICIENT_DATA", "notBreaching": "OK", "breaching": "ALARM"}


def silent_alarm(cloudwatch: Any, name: str, silence: str) -> None:
    """An alarm that nothing tells anything: what that means is said by `silence`, and is its state from the start."""
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="test",
        MetricName=name,
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData=silence,
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=STATES[silence], StateReason="nothing is said")
