# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run a command, then print as the last line the CPU seconds of it and of all that it started.

The server of the warm_local connection is no child of ansible-playbook any more when it ends, so the times of children
do not hold it: this process adopts what the command leaves behind, and waits for it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import subprocess
import sys

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def main() -> int:
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    status: int = subprocess.run(sys.argv[1:], check=False).returncode
    with contextlib.suppress(ChildProcessError):  # nobody is left
        while True:
            os.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{used.ru_utime + used.ru_stime:.3f}")
    return status


if __name__ == "__main__":
    sys.exit(main())
