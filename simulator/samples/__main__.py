# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a task's process runs: `python -m simulator.samples PROGRAM [COMMAND]`."""

from __future__ import annotations

import asyncio
import importlib
import os
import sys

from simulator.samples import faults, names, settings
from simulator.samples.web import Server, log

NOT_FOUND = 127
MIGRATIONS = (["expand"], ["contract"], ["down"])


async def _serve(program: str, own: settings.Settings) -> None:
    # the web application needs no database driver
    module = importlib.import_module(f"simulator.samples.{program}")
    application = module.Backend(own) if program == "backend" else module.Web(own)
    crash = asyncio.ensure_future(faults.crash(own))
    server = Server(faults.around(own, application.handle))
    started = {"level": "info", "message": f"{own.name} {own.version} listens on {own.address}:{own.port}"}
    await server.serve(own.address, own.port, lambda: log(**started))
    crash.cancel()
    log(level="info", message="stopped")


def _migrate(own: settings.Settings, step: str) -> None:
    module = importlib.import_module("simulator.samples.backend")
    done = module.Backend(own).migrate(step)
    log(level="info", message=f"migrate {step}: {', '.join(done) or 'nothing is missing'}")


def main(arguments: list[str]) -> int:
    """Run a program; the exit status."""
    program, *command = arguments
    own = settings.read()
    faults.at_start(own)
    if os.environ.get("SIMULATOR_ENDPOINT"):
        names.install(os.environ["SIMULATOR_ENDPOINT"])
    if program == "backend" and command[:1] == ["migrate"] and command[1:] in MIGRATIONS:
        _migrate(own, *command[1:])
    elif command in ([], ["serve"]):
        asyncio.run(_serve(program, own))
    else:
        log(level="error", message=f"exec: {' '.join(command)}: not found in the sample image")
        return NOT_FOUND
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
