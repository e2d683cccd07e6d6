# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Starts a program that ends with the simulator, even when the simulator is killed.

Run as a script of its own, `python -I -S child.py PARENT UID GID PROGRAM...`: it changes the user where that is wanted
(-1: it stays), asks the kernel for a signal when its parent dies, and becomes the program.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Become the program; does not return."""
    parent, user, group = (int(number) for number in arguments[:3])
    command = arguments[3:]
    if user >= 0:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    if sys.platform == "linux":
        # after the change of the user, which would take it back
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the simulator is gone")
    os.execvp(command[0], command)  # noqa: S606 - no shell


if __name__ == "__main__":
    main(sys.argv[1:])
