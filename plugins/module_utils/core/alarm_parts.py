# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What alarms are made of, in the words of the module cloudwatch_alarm. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Level = Literal["basic", "enhanced", "full"]
LEVELS: tuple[Level, ...] = ("basic", "enhanced", "full")
ABOVE, BELOW = "GreaterThanThreshold", "LessThanThreshold"
# The region of what has none: CloudFront and its certificates.
GLOBAL_REGION = "us-east-1"


@dataclass(frozen=True)
class Metric:
    """One metric; `period` in seconds."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str = "Average"
    period: int = 60

    def option(self) -> dict[str, Any]:
        return {
            "namespace": self.namespace,
            "name": self.name,
            "dimensions": dict(self.dimensions),
            "statistic": self.statistic,
            "period": self.period,
        }


@dataclass(frozen=True)
class Alarm:
    """One alarm: what it watches, when it goes off, and from which monitoring level on it exists.

    `watched` is a metric, or several by id for `expression`. `points` of the latest `periods` datapoints must breach.
    """

    name: str
    level: Level
    description: str
    watched: Metric | Mapping[str, Metric]
    threshold: float
    expression: str = ""
    comparison: str = ABOVE
    periods: int = 5
    points: int = 0
    missing: str = "missing"
    everywhere: bool = False
    """Watched in us-east-1, wherever the platform is."""
    silence_tells: bool = False
    """Whether somebody is told when the data ends. A new alarm has none, so that is no news."""
    band: float = 0
    """In place of the threshold: so many standard deviations around what CloudWatch expects."""
    applies: bool = True
    """Whether there is anything to watch; if not, the alarm is deleted where it exists."""

    def option(self, actions: Sequence[str], silence_actions: Sequence[str]) -> dict[str, Any]:
        """As the module takes it."""
        return {
            "name": self.name,
            "description": self.description,
            **self._watched(),
            **self._limit(),
            "evaluation_periods": self.periods,
            "datapoints_to_alarm": self.points or self.periods,
            "treat_missing_data": self.missing,
            "alarm_actions": list(actions),
            "ok_actions": list(actions),
            "insufficient_data_actions": list(silence_actions) if self.silence_tells else [],
        }

    def _watched(self) -> dict[str, Any]:
        if isinstance(self.watched, Metric):
            return {"metric": self.watched.option()}
        queries: list[dict[str, Any]] = [
            {"id": key, "return_data": False, "metric": each.option()} for key, each in self.watched.items()
        ]
        queries.append({"id": "result", "label": self.name, "expression": self.expression})
        if self.band:
            queries.append({"id": "band", "expression": f"ANOMALY_DETECTION_BAND(result, {self.band:g})"})
        return {"metrics": queries}

    def _limit(self) -> dict[str, Any]:
        if self.band:
            return {"comparison": "LessThanLowerOrGreaterThanUpperThreshold", "threshold_metric": "band"}
        return {"comparison": self.comparison, "threshold": self.threshold}


def exists_at(alarm_level: Level, level: Level) -> bool:
    """Whether what begins at one level exists at another: each level has all of the one below."""
    return LEVELS.index(alarm_level) <= LEVELS.index(level)


def either(count: str, enough: float, rate: str) -> str:
    """A rate where there is enough to speak of one, and none otherwise."""
    return f"IF({count} >= {enough:g}, {rate}, 0)"


def filled_sum(*ids: str) -> str:
    """The sum of metrics that are silent while nothing happens, or while another colour serves."""
    return "(" + " + ".join(f"FILL({each}, 0)" for each in ids) + ")"
