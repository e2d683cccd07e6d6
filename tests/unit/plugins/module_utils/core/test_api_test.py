# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.api_test import (
    FAILED,
    HIDDEN,
    MISSING,
    PASSED,
    Answer,
    Condition,
    Expectation,
    Result,
    bad_patterns,
    excerpt,
    filled,
    member,
    problems,
    report,
    unfilled,
)

DOCUMENT = {"status": "ok", "checks": [{"name": "database", "ok": True}], "count": 3, "nothing": None, "ratio": 0.5}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("", DOCUMENT),
        ("status", "ok"),
        ("checks[0].name", "database"),
        ("checks[1].name", MISSING),
        ("checks.name", MISSING),
        ("status.more", MISSING),
        ("nothing", None),
        ("absent", MISSING),
    ],
)
def test_member(path, value):
    assert member(DOCUMENT, path) is value or member(DOCUMENT, path) == value


@pytest.mark.parametrize(
    "condition",
    [
        Condition("status"),
        Condition("status", equals="ok"),
        Condition("status", matches="^o"),
        Condition("count", equals=3),
        Condition("count", equals="3"),
        Condition("count", matches="^3$"),
        Condition("count", type="integer"),
        Condition("count", type="number"),
        Condition("ratio", type="number"),
        Condition("nothing", type="null"),
        Condition("nothing", exists=True),
        Condition("absent", exists=False),
        Condition("checks", type="list"),
        Condition("checks[0]", type="dict"),
        Condition("checks[0].ok", equals=True),
        Condition("checks[0].ok", equals="true"),
        Condition("checks[0].ok", type="boolean"),
        Condition("checks", equals=[{"name": "database", "ok": True}]),
    ],
)
def test_conditions_that_hold(condition):
    assert problems(Expectation(members=(condition,)), Answer(200, body=json.dumps(DOCUMENT))) == ()


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        (Condition("absent"), "JSON absent is not there"),
        (Condition("absent", equals=1), "JSON absent is not there"),
        (Condition("status", exists=False), 'JSON status is there: "ok"'),
        (Condition("status", equals="down"), 'JSON status is "ok", not "down"'),
        (Condition("count", equals=4), "JSON count is 3, not 4"),
        (Condition("checks[0].ok", equals=1), "JSON checks[0].ok is true, not 1"),
        (Condition("status", matches="^k"), "JSON status is \"ok\", which does not match '^k'"),
        (Condition("checks[0].ok", type="integer"), "JSON checks[0].ok is true, not of type integer"),
        (Condition("ratio", type="integer"), "JSON ratio is 0.5, not of type integer"),
    ],
)
def test_conditions_that_do_not(condition, problem):
    assert problems(Expectation(members=(condition,)), Answer(200, body=json.dumps(DOCUMENT))) == (problem,)


def test_everything_that_is_wrong_is_said_at_once():
    expected = Expectation(
        statuses=(200, 204),
        headers=(Condition("Content-Type", matches="json"), Condition("X-Powered-By", exists=False)),
        members=(Condition("status"),),
        body_matches="welcome",
        longest_ms=100,
    )
    answer = Answer(502, {"content-type": "text/html", "x-powered-by": "us"}, "<h1>Bad gateway</h1>", 250)

    assert problems(expected, answer) == (
        "status is 502, not 200 or 204",
        "header Content-Type is \"text/html\", which does not match 'json'",
        'header X-Powered-By is there: "us"',
        "the body is not JSON",
        "the body does not match 'welcome'",
        "took 250 ms, more than 100 ms",
    )


def test_no_answer_is_the_one_problem():
    assert problems(Expectation(longest_ms=1), Answer(error="no answer within 2 s", milliseconds=2000)) == (
        "no answer within 2 s",
    )


@pytest.mark.parametrize("name", ["token", "accessToken", "PASSWORD", "jwt", "api_key", "Set-Cookie"])
def test_secrets_of_an_answer_are_hidden(name):
    answer = Answer(200, body=json.dumps({"user": {name: "hunter2"}}))
    wrong = problems(Expectation(members=(Condition(f"user.{name}", equals="other"),)), answer)
    text = report([Result("login", "POST", "/login", FAILED, 1, answer, wrong)])

    assert "hunter2" not in text
    assert HIDDEN in text


def test_excerpt_of_a_page_is_short_and_without_scripts():
    text = excerpt("<html><script>const secret = 1</script>\n<h1>Hello</h1>" + "x" * 1000)

    assert "const" not in text
    assert text.startswith("<html> <h1>Hello</h1>")
    assert len(text) <= 301


def test_secrets_are_filled_in_by_name():
    assert filled("Bearer ${token} ${other}", {"token": "abc"}) == "Bearer abc ${other}"
    assert unfilled(["${token}", "/x?${other}"], {"token": "abc"}) == ["other"]


def test_patterns_that_are_none_are_found():
    expected = Expectation(
        body_matches="(", headers=(Condition("a", matches="ok"),), members=(Condition("b", "[", "["),)
    )

    assert [each.split(" is ")[0] for each in bad_patterns(expected)] == ["'('", "'['"]


def test_report():
    results = [
        Result("health", "GET", "/health", PASSED, 1, Answer(200, milliseconds=12)),
        Result(
            "accounts", "GET", "/accounts", FAILED, 3, Answer(500, body='{"error": "no database"}'), ("status is 500",)
        ),
    ]

    assert report(results).splitlines() == [
        "test      request        status  ms  tries  outcome",
        "--------  -------------  ------  --  -----  -------",
        "health    GET /health       200  12      1  passed",
        "accounts  GET /accounts     500   0      3  FAILED",
        "",
        "accounts (GET /accounts):",
        "  - status is 500",
        '  answered: {"error": "no database"}',
    ]
