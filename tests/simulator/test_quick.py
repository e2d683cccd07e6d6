# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The quick XML writer says what xmltodict says."""

from __future__ import annotations

from typing import Any

import pytest
import xmltodict  # type: ignore[import-untyped]

from simulator.quick import unparse

CASES: list[dict[str, Any]] = [
    {"a": {"b": "c"}},
    {"a": {"@xmlns": 'http://x/"y"', "b": None}},
    {"a": {"@type": "t", "#text": "<&>"}},
    {"a": {"list": [{"item": [1, 2]}, "x"], "empty": [], "none": None, "blank": "", "flag": True, "no": False}},
    {"a": {"nested": {"deep": {"@k": "v"}}, "text": "ä & ö"}},
    {"a": {}},
]


@pytest.mark.parametrize("content", CASES, ids=str)
@pytest.mark.parametrize("full_document", [True, False])
def test_it_writes_what_xmltodict_writes(content: dict[str, Any], full_document: bool) -> None:
    written = unparse(content, full_document=full_document)
    wanted = xmltodict.unparse(content, full_document=full_document, short_empty_elements=True)
    assert xmltodict.parse(written) == xmltodict.parse(wanted)
    assert written.startswith("<?xml") is full_document
