#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: api_test
short_description: Ask an application through its front door and compare its answers with what is declared
version_added: 0.2.0
description:
  - Sends the declared requests side by side, and compares status, headers, JSON members, body and latency of each
    answer with what is declared.
  - Fails when an answer is not as declared, and says which condition failed and what was answered.
  - Proxies and certificates are those of Python's standard library, from C(HTTPS_PROXY), C(NO_PROXY) and
    C(SSL_CERT_FILE).
author: Monay platform engineers (@monay)
options:
  url:
    description: Where the application is reached, as in V(https://admin.dev.monay.example).
    type: str
    required: true
  requests:
    description: What to ask. Each has a name of its own.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What the request is called in the report.
        type: str
        required: true
      method:
        description: HTTP method.
        type: str
        choices: [GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS]
        default: GET
      path:
        description: Path and query, put behind O(url). C(${name}) stands for a value of O(secrets).
        type: str
        default: /
      headers:
        description: Headers of the request. C(${name}) in a value stands for a value of O(secrets).
        type: dict
        default: {}
      body:
        description:
          - Body of the request. A dictionary or list is sent as JSON. C(${name}) stands for a value of O(secrets).
        type: raw
      status:
        description: Statuses of which the answer must have one.
        type: list
        elements: int
        default: [200]
      json:
        description: What members of the answer's JSON document must be.
        type: list
        elements: dict
        default: []
        suboptions:
          path:
            description: The member, as in V(checks[0].name). Empty for the whole document.
            type: str
            required: true
          equals:
            description: The value that it must have.
            type: raw
          matches:
            description: A regular expression that must be found in it.
            type: str
          exists:
            description: Whether it must be there. Without any condition it must.
            type: bool
          type:
            description: The type that it must have.
            type: str
            choices: [string, integer, number, boolean, list, dict, "null"]
      response_headers:
        description: What headers of the answer must be.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: The header.
            type: str
            required: true
          equals:
            description: The value that it must have.
            type: str
          matches:
            description: A regular expression that must be found in it.
            type: str
          exists:
            description: Whether it must be there. Without any condition it must.
            type: bool
      body_matches:
        description: A regular expression that must be found in the body.
        type: str
      max_latency_ms:
        description: Milliseconds that the answer may take, from before the connection to the last byte.
        type: int
      timeout:
        description: Seconds to wait for the answer. Without it, O(timeout).
        type: float
      retries:
        description: How often to ask again while the answer is not as declared. Without it, O(retries).
        type: int
  secrets:
    description:
      - Values that requests refer to as C(${name}). They are hidden wherever they would be shown.
    type: dict
    default: {}
  timeout:
    description: Seconds to wait for an answer.
    type: float
    default: 10
  retries:
    description: How often to ask again while an answer is not as declared.
    type: int
    default: 0
  retry_delay:
    description: Seconds from one attempt to the next.
    type: float
    default: 2
attributes:
  check_mode:
    support: full
    description: Says what would be asked, and asks nothing.
  diff_mode:
    support: none
    description: Changes nothing by itself.
requirements:
  - python >= 3.11
"""

EXAMPLES = r"""
- name: Ask the backend how it is
  monay.platform.api_test:
    url: https://api.dev.monay.example
    retries: 5
    requests:
      - name: health
        path: /health
        json:
          - { path: status, equals: ok }
          - { path: checks.database, equals: ok }
        response_headers:
          - { name: Content-Type, matches: ^application/json }
        max_latency_ms: 2000
      - name: nobody gets in without a token
        path: /api/v1/accounts
        status: [401]

- name: Ask with a token that is shown nowhere
  monay.platform.api_test:
    url: https://api.dev.monay.example
    secrets:
      token: "{{ lookup('env', 'API_TOKEN') }}"
    requests:
      - name: accounts
        path: /api/v1/accounts
        headers: { Authorization: "Bearer ${token}" }
        json:
          - { path: items, type: list }
"""

RETURN = r"""
answers:
  description: What became of each request.
  returned: always
  type: list
  elements: dict
  sample:
    - name: health
      method: GET
      path: /health
      outcome: passed
      attempts: 1
      status: 200
      milliseconds: 12
      problems: []
report:
  description: The same as a table for people.
  returned: always
  type: str
  sample: "test  request  status  ms  tries  outcome"
"""

import json
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.monay.platform.plugins.module_utils.core import api_test as core
from ansible_collections.monay.platform.plugins.module_utils.web import Web

CONDITION = dict(equals=dict(type="raw"), matches=dict(type="str"), exists=dict(type="bool"))
REQUEST: dict[str, t.Any] = dict(
    name=dict(type="str", required=True),
    method=dict(type="str", choices=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"], default="GET"),
    path=dict(type="str", default="/"),
    headers=dict(type="dict", default={}),
    body=dict(type="raw"),
    status=dict(type="list", elements="int", default=[200]),
    json=dict(
        type="list",
        elements="dict",
        default=[],
        options={
            **CONDITION,
            "path": dict(type="str", required=True),
            "type": dict(type="str", choices=["string", "integer", "number", "boolean", "list", "dict", "null"]),
        },
    ),
    response_headers=dict(
        type="list",
        elements="dict",
        default=[],
        options={**CONDITION, "equals": dict(type="str"), "name": dict(type="str", required=True)},
    ),
    body_matches=dict(type="str"),
    max_latency_ms=dict(type="int"),
    timeout=dict(type="float"),
    retries=dict(type="int"),
)
PARALLEL = 8


@dataclass(frozen=True)
class Asker:
    """Asks one application; its parameters are those of the module."""

    web: Web
    params: dict[str, t.Any]

    def result(self, request: dict[str, t.Any]) -> core.Result:
        """Ask until the answer is as declared or the attempts are used up."""
        expected, attempts = expectation(request), 1 + self._own(request, "retries")
        for attempt in range(1, attempts + 1):
            answer = self._ask(request)
            problems = core.problems(expected, answer)
            if not problems or attempt == attempts:
                return named(request, core.FAILED if problems else core.PASSED, attempt, answer, problems)
            time.sleep(self.params["retry_delay"])
        raise AssertionError("unreachable: the last attempt returns")

    def _ask(self, request: dict[str, t.Any]) -> core.Answer:
        headers = {str(name): self._filled(str(value)) for name, value in request["headers"].items()}
        body = body_of(request)
        if body is not None and not isinstance(request["body"], str):
            headers.setdefault("Content-Type", "application/json")
        content = None if body is None else self._filled(body).encode()
        url = self.params["url"].rstrip("/") + self._filled(request["path"])
        return self.web.ask(request["method"], url, headers, content, self._own(request, "timeout"))

    def _filled(self, text: str) -> str:
        return core.filled(text, self.params["secrets"])

    def _own(self, request: dict[str, t.Any], option: str) -> t.Any:
        return self.params[option] if request[option] is None else request[option]


def body_of(request: dict[str, t.Any]) -> str | None:
    body = request["body"]
    return body if body is None or isinstance(body, str) else json.dumps(body)


def expectation(request: dict[str, t.Any]) -> core.Expectation:
    headers = ({"path": each["name"], **{key: each[key] for key in CONDITION}} for each in request["response_headers"])
    return core.Expectation(
        statuses=tuple(request["status"]),
        headers=tuple(core.Condition(**each) for each in headers),
        members=tuple(core.Condition(**each) for each in request["json"]),
        body_matches=request["body_matches"],
        longest_ms=request["max_latency_ms"],
    )


def named(request: dict[str, t.Any], outcome: str, *rest: t.Any) -> core.Result:
    return core.Result(request["name"], request["method"], request["path"], outcome, *rest)


def refusals(params: dict[str, t.Any]) -> t.Iterator[str]:
    """What is wrong with the declarations themselves."""
    names = [request["name"] for request in params["requests"]]
    yield from (f"two requests are called {name}" for name in sorted({each for each in names if names.count(each) > 1}))
    for request in params["requests"]:
        texts = [request["path"], body_of(request) or "", *(str(value) for value in request["headers"].values())]
        missing = core.unfilled(texts, params["secrets"])
        yield from (f"{request['name']}: no secret is called {name}" for name in missing)
        if not request["path"].startswith("/"):
            yield f"{request['name']}: path begins with /, got {request['path']}"
        yield from (f"{request['name']}: {problem}" for problem in core.bad_patterns(expectation(request)))


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            url=dict(type="str", required=True),
            requests=dict(type="list", elements="dict", required=True, options=REQUEST),
            secrets=dict(type="dict", default={}, no_log=True),
            timeout=dict(type="float", default=10),
            retries=dict(type="int", default=0),
            retry_delay=dict(type="float", default=2),
        ),
        supports_check_mode=True,
    )
    wrong = list(refusals(module.params))
    if wrong:
        module.fail_json(msg="Nothing was asked: " + "; ".join(wrong))
    requests = module.params["requests"]
    if module.check_mode:
        results = [named(request, core.NOT_ASKED) for request in requests]
    else:
        asker = Asker(Web(), module.params)
        with ThreadPoolExecutor(PARALLEL) as pool:
            results = list(pool.map(asker.result, requests))
    values = {"answers": [each.summary() for each in results], "report": core.report(results)}
    failed = [each.name for each in results if each.outcome == core.FAILED]
    if failed:
        told = f"{len(failed)} of {len(results)} API tests of {module.params['url']} failed"
        module.fail_json(msg=f"{told}\n{values['report']}", **values)
    module.exit_json(changed=False, **values)


if __name__ == "__main__":
    main()
