# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Command line: `python -m simulator serve`, `env` and `push-samples`."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import signal
import socket
import sys
import urllib.request
from pathlib import Path

DEFAULT_PORT = 5557
DEFAULT_LATENCY_MS = 60.0


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the exit status."""
    options = _parser().parse_args(arguments)
    return int(options.command(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator", description="AWS on loopback.")
    commands = parser.add_subparsers(required=True)
    serve = commands.add_parser("serve", help="run the simulator until SIGTERM or SIGINT")
    serve.add_argument("--host", default="127.0.0.1", help="a loopback address")
    serve.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes a free port")
    serve.add_argument("--ready-file", type=Path, help="written with endpoint and pid when the simulator listens")
    serve.add_argument("--latency-ms", type=float, default=DEFAULT_LATENCY_MS, help="added to every AWS call")
    serve.add_argument("--speed", default="1", help="factor of the provisioning times; 0 or inf: they take no time")
    serve.add_argument(
        "--data-plane",
        choices=["on", "off"],
        default="on",
        help="on: tasks, databases, load balancers and the CDN run on loopback; off: they are taken to be healthy",
    )
    serve.add_argument("--state-file", help="loaded at the start where it exists, saved at the end")
    serve.set_defaults(command=_serve)
    env = commands.add_parser("env", help="print shell exports that point AWS clients at the simulator")
    env.add_argument("--account", default="123456789012", type=_account)
    env.add_argument("--region", default="us-east-1")
    env.add_argument("--port", type=int, default=DEFAULT_PORT)
    env.set_defaults(command=_env)
    push = commands.add_parser("push-samples", help="put the sample applications' images into the simulated ECR")
    push.add_argument("--account", default="123456789012", type=_account)
    push.add_argument("--region", default="us-east-1")
    push.add_argument("--port", type=int, default=DEFAULT_PORT)
    push.add_argument("--endpoint", help="in place of the port")
    push.add_argument("--project", default="monay")
    push.add_argument("--environment", default="dev", help="repositories PROJECT/ENVIRONMENT/... get the images")
    push.add_argument("--tag", action="append", dest="tags", help="only these tags; all of them by default")
    push.set_defaults(command=_push_samples)
    return parser


def _account(value: str) -> str:
    if not re.fullmatch(r"\d{12}", value):
        raise argparse.ArgumentTypeError(f"an AWS account has 12 digits, not {value!r}")
    return value


def environment(endpoint: str, account: str, region: str) -> dict[str, str]:
    """The variables that point an AWS client at the simulator; the account is the end of the access key.

    With a data plane also those that lead host names to its front doors, as far as the simulator can be asked.
    """
    return _front_doors(endpoint) | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": f"AKIASIMU{account}",
        "AWS_SECRET_ACCESS_KEY": "simulated",
        "AWS_REGION": region,
    }


def _front_doors(endpoint: str) -> dict[str, str]:
    """The proxy that knows the simulated names, and the authorities that its certificates are from."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{endpoint}/_simulator/front_doors", timeout=5) as answer:
            found = json.load(answer)
    except OSError:
        return {}  # it does not run yet, or runs without a data plane
    return {
        "HTTPS_PROXY": found["proxy"],
        "HTTP_PROXY": found["proxy"],
        "NO_PROXY": "127.0.0.1,localhost",
        "SSL_CERT_FILE": found["ca_bundle"],
    }


def _env(options: argparse.Namespace) -> int:
    for name, value in environment(f"http://127.0.0.1:{options.port}", options.account, options.region).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def _push_samples(options: argparse.Namespace) -> int:
    from simulator.samples import catalogue, push  # noqa: PLC0415

    unknown = set(options.tags or []) - set(catalogue.TAGS)
    if unknown:
        print(f"simulator: no sample has the tags {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    variables = environment(options.endpoint or f"http://127.0.0.1:{options.port}", options.account, options.region)
    prefix = f"{options.project}/{options.environment}/"
    pushed = push.push(variables, prefix, options.tags or list(catalogue.TAGS))
    for repository, tag, digest in pushed:
        print(f"{repository}:{tag}@{digest}")
    if not pushed:
        print(f"simulator: no repository {prefix}... in account {options.account}, {options.region}", file=sys.stderr)
    return 0 if pushed else 1


def _serve(options: argparse.Namespace) -> int:
    # the imports take a second: `env` does without them
    from simulator.application import start  # noqa: PLC0415
    from simulator.control import ControlError, parse_speed  # noqa: PLC0415
    from simulator.server import NotLoopbackError  # noqa: PLC0415
    from simulator.state import StateError  # noqa: PLC0415

    # A handler in Python may come too late: a signal between the interpreter's last look and the system call
    # that waits, or one that another thread gets, wakes nobody. The descriptor is written to at once, in C.
    stop, woken = socket.socketpair()
    woken.setblocking(False)
    signal.set_wakeup_fd(woken.fileno())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    try:
        application = start(
            options.host,
            options.port,
            options.latency_ms,
            parse_speed(options.speed),
            options.state_file,
            data_plane=options.data_plane == "on",
        )
    except (ControlError, NotLoopbackError, StateError, OSError) as error:
        print(f"simulator: cannot start on {options.host}:{options.port}: {error}", file=sys.stderr)
        return 2
    ready = json.dumps({"endpoint": application.endpoint, "pid": os.getpid()})
    print(ready, flush=True)
    if options.ready_file:
        temporary = options.ready_file.with_suffix(".tmp")
        temporary.write_text(ready + "\n", encoding="utf-8")
        temporary.replace(options.ready_file)
    stop.recv(1)
    try:
        application.stop()
    except StateError as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
