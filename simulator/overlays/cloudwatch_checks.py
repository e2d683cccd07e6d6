# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What CloudWatch refuses of an alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError, not_implemented
from simulator.watching import queries, rules
from simulator.watching.alarms import COMPARISONS

if TYPE_CHECKING:
    from collections.abc import Collection

NOT_SIMULATED = (
    "EvaluationWindow",
    "WarmUpConfiguration",
    "EvaluationCriteria",
    "EvaluationInterval",
    "ActionConfiguration",
    "ThresholdMetricId",
    "ActionsSuppressor",
)
SHORT_PERIODS = (10, 20, 30)
DAY, WEEK = 86_400, 604_800
SINGLE = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit")
MOST_ACTIONS = 5


def _refuse(message: str) -> None:
    raise AwsError("ValidationError", message)


def _check_common(parameters: dict[str, Any]) -> None:
    for member in NOT_SIMULATED:
        if member in parameters:
            raise not_implemented("cloudwatch", "alarms", f"{member} is not simulated")
    if not 1 <= len(parameters["AlarmName"]) <= 255:
        _refuse("AlarmName must have 1 to 255 characters")
    for member in ("AlarmActions", "OKActions", "InsufficientDataActions"):
        actions = parameters.get(member, [])
        if len(actions) > MOST_ACTIONS:
            _refuse(f"{member} has more than {MOST_ACTIONS} members")
        for action in actions:
            if not action.startswith("arn:"):
                _refuse(f"Invalid arn syntax: {action}")


def check_metric_alarm(parameters: dict[str, Any]) -> None:
    """Refuse what AWS refuses of PutMetricAlarm."""
    _check_common(parameters)
    if parameters.get("ComparisonOperator") not in COMPARISONS:
        _refuse(f"ComparisonOperator must be one of {', '.join(COMPARISONS)}")
    periods = parameters.get("EvaluationPeriods", 0)
    if periods < 1 or not 1 <= parameters.get("DatapointsToAlarm", periods) <= periods:
        _refuse("EvaluationPeriods must be at least 1, and DatapointsToAlarm between 1 and EvaluationPeriods")
    if "Threshold" not in parameters:
        _refuse("Threshold is missing")
    if parameters.get("TreatMissingData", "missing") not in ("breaching", "notBreaching", "ignore", "missing"):
        _refuse(f"Option {parameters['TreatMissingData']} is not supported for TreatMissingData")
    period = _check_queries(parameters) if parameters.get("Metrics") else _check_single(parameters)
    if periods * period > (DAY if period < 3600 else WEEK):
        _refuse(f"Metrics cannot be checked across more than a {'day' if period < 3600 else 'week'}")


def _check_single(parameters: dict[str, Any]) -> int:
    for member in ("MetricName", "Namespace", "Period"):
        if not parameters.get(member):
            _refuse(f"The parameter {member} is required")
    if bool(parameters.get("Statistic")) == bool(parameters.get("ExtendedStatistic")):
        _refuse("Exactly one of Statistic and ExtendedStatistic must be given")
    return _period(parameters["Period"])


def _check_queries(parameters: dict[str, Any]) -> int:
    given = [member for member in SINGLE if parameters.get(member)]
    if given:
        _refuse(f"Metrics and {given[0]} cannot both be given")
    wanted: list[dict[str, Any]] = parameters["Metrics"]
    queries.check(wanted)
    if sum(query.get("ReturnData", True) for query in wanted) != 1:
        _refuse("Exactly one element of the metrics list should return data.")
    periods = {_period(query["MetricStat"]["Period"]) for query in wanted if "MetricStat" in query}
    if len(periods) > 1:
        raise not_implemented("cloudwatch", "PutMetricAlarm", "metrics of different periods are not simulated")
    return queries.period_of(wanted)


def _period(period: int) -> int:
    if period not in SHORT_PERIODS and (period < 60 or period % 60):
        _refuse("Period must be 10, 20, 30 or a multiple of 60")
    return period


def check_composite_alarm(parameters: dict[str, Any], known: Collection[str]) -> None:
    """Refuse what AWS refuses of PutCompositeAlarm; `known` are the alarms that exist."""
    _check_common(parameters)
    try:
        named = rules.alarms_in(rules.parse(parameters["AlarmRule"]))
    except rules.RuleError as error:
        raise AwsError("ValidationError", f"AlarmRule must not contain invalid expressions: {error}") from error
    if parameters["AlarmName"] in named:
        _refuse(f"The rule of {parameters['AlarmName']} asks the alarm itself")
    missing = sorted(named - set(known))
    if missing:
        listed = ", ".join(missing)
        _refuse(f"Could not save the composite alarm as alarms [{listed}] in the alarm rule do not exist")
