# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudWatch dashboards as data: names instead of ids in their metrics. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Translate = Callable[[str, str], str]


def translated(body: Mapping[str, Any], translate: Translate) -> dict[str, Any]:
    """The body with `translate(dimension, value)` in place of each value of a dimension."""
    widgets = [_widget(each, translate) for each in body.get("widgets", ())]
    return {**body, "widgets": widgets}


def _widget(widget: Mapping[str, Any], translate: Translate) -> dict[str, Any]:
    properties = widget.get("properties", {})
    if "metrics" not in properties:
        return dict(widget)
    metrics = [_metric(each, translate) for each in properties["metrics"]]
    return {**widget, "properties": {**properties, "metrics": metrics}}


def _metric(metric: list[Any], translate: Translate) -> list[Any]:
    """`[namespace, name, dimension, value, ..., {options}]`; an expression has its options alone."""
    words = [each for each in metric if isinstance(each, str)]
    head, pairs = words[:2], words[2:]
    values = [
        value if position % 2 == 0 else translate(pairs[position - 1], value) for position, value in enumerate(pairs)
    ]
    return [*head, *values, *(each for each in metric if not isinstance(each, str))]
