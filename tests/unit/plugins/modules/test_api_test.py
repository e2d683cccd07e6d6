# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Against a small server on loopback that answers as told."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support.modules import answer_of, fail_module, run_module


class Handler(BaseHTTPRequestHandler):
    """Answers by path; keeps what it was asked."""

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        asked = {
            "method": self.command,
            "path": self.path,
            "headers": dict(self.headers),
            "body": self.rfile.read(length).decode(),
        }
        self.server.asked.append(asked)
        status, headers, body = self.server.answers[self.path.split("?")[0]](asked)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    do_GET = do_POST = do_HEAD = answer  # noqa: N815

    def log_message(self, *arguments):
        """Quiet."""


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.asked, running.answers = [], {}
        running.url = f"http://127.0.0.1:{running.server_port}"
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def says(document, status=200, **headers):
    return lambda asked: (status, {"Content-Type": "application/json", **headers}, json.dumps(document))


def test_passes_and_reports(server):
    server.answers["/health"] = says({"status": "ok"})
    request = {
        "name": "health",
        "path": "/health",
        "json": [{"path": "status", "equals": "ok"}],
        "response_headers": [{"name": "content-type", "matches": "^application/json"}],
        "max_latency_ms": 5000,
    }

    result = run_module("api_test", {"url": server.url, "requests": [request]})

    assert result["changed"] is False
    (told,) = result["answers"]
    assert (told["outcome"], told["status"], told["attempts"], told["problems"]) == ("passed", 200, 1, [])
    assert "health  GET /health" in result["report"]


def test_fails_with_the_condition_and_the_answer(server):
    server.answers |= {"/good": says({"status": "ok"}), "/bad": says({"status": "down", "why": "no database"}, 503)}
    requests = [
        {"name": "good", "path": "/good"},
        {"name": "bad", "path": "/bad", "json": [{"path": "status", "equals": "ok"}]},
    ]

    message = fail_module("api_test", {"url": server.url, "requests": requests})

    assert message.startswith(f"1 of 2 API tests of {server.url} failed")
    assert "- status is 503, not 200" in message
    assert '- JSON status is "down", not "ok"' in message
    assert "no database" in message


def test_asks_again_until_the_answer_is_right(server):
    answers = iter([(503, {}, "starting"), (503, {}, "starting"), (200, {}, "here")])
    server.answers["/"] = lambda asked: next(answers)

    result = run_module("api_test", {"url": server.url, "requests": [{"name": "x", "retries": 4}], "retry_delay": 0.01})

    assert result["answers"][0]["attempts"] == 3


def test_a_redirect_is_an_answer(server):
    server.answers["/"] = lambda asked: (301, {"Location": "https://elsewhere.example/"}, "")
    request = {"name": "x", "status": [301], "response_headers": [{"name": "Location", "matches": "^https:"}]}

    run_module("api_test", {"url": server.url, "requests": [request]})


def test_sends_method_headers_and_a_json_body(server):
    server.answers["/login"] = says({}, 201)
    request = {
        "name": "login",
        "method": "POST",
        "path": "/login",
        "headers": {"X-Request-Id": "42"},
        "body": {"user": "a"},
        "status": [200, 201],
    }

    run_module("api_test", {"url": f"{server.url}/", "requests": [request]})

    (asked,) = server.asked
    assert (asked["method"], json.loads(asked["body"])) == ("POST", {"user": "a"})
    assert (asked["headers"]["X-Request-Id"], asked["headers"]["Content-Type"]) == ("42", "application/json")


def test_secrets_are_sent_and_never_shown(server):
    server.answers["/"] = lambda asked: (403, {}, f"you said {asked['headers']['Authorization']}")
    request = {"name": "x", "headers": {"Authorization": "Bearer ${token}"}}
    args = {"url": server.url, "requests": [request], "secrets": {"token": "s3cr3t-v4lue"}}

    from ansible_collections.monay.platform.plugins.modules.api_test import main

    result = answer_of(main, args)

    assert server.asked[0]["headers"]["Authorization"] == "Bearer s3cr3t-v4lue"
    assert result["failed"]
    assert "s3cr3t-v4lue" not in json.dumps(result)
    assert "you said" in result["msg"]


def test_check_mode_asks_nothing(server):
    result = run_module("api_test", {"url": server.url, "requests": [{"name": "x", "path": "/y"}]}, check=True)

    assert server.asked == []
    assert result["answers"][0]["outcome"] == "not asked"
    assert "GET /y" in result["report"]


def test_side_by_side(server):
    def slow(asked):
        time.sleep(0.2)
        return 200, {}, ""

    server.answers["/"] = slow
    started = time.monotonic()

    run_module("api_test", {"url": server.url, "requests": [{"name": str(number)} for number in range(6)]})

    assert time.monotonic() - started < 6 * 0.2


def test_silence_and_absence_are_told_apart(server):
    release = threading.Event()
    server.answers["/"] = lambda asked: (release.wait(5), (200, {}, ""))[1]
    late = fail_module("api_test", {"url": server.url, "requests": [{"name": "x", "timeout": 0.1}]})
    release.set()
    gone = fail_module("api_test", {"url": "http://127.0.0.1:9", "requests": [{"name": "x"}]})

    assert "no answer within 0.1 s" in late
    assert "no answer: [Errno 111] Connection refused" in gone


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"name": "x", "path": "health"}, "x: path begins with /"),
        ({"name": "x", "headers": {"a": "${nobody}"}}, "x: no secret is called nobody"),
        ({"name": "x", "body_matches": "("}, "is no regular expression"),
        ({"name": "y"}, "two requests are called y"),
    ],
)
def test_wrong_declarations_are_refused_before_anything_is_asked(server, request_, words):
    message = fail_module("api_test", {"url": server.url, "requests": [{"name": "y"}, request_]})

    assert message.startswith("Nothing was asked: ")
    assert words in message
    assert server.asked == []
