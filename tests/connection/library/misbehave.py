# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A module of the tests: ends in every way that a module should not end."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import time

from ansible.module_utils.basic import AnsibleModule


def main():
    how = AnsibleModule({"how": {}}).params["how"]
    if how == "raise":
        raise ValueError("the module is broken")
    if how == "silent":
        sys.exit(3)
    if how == "text":
        sys.exit("a last word")
    if how == "signal":
        os.kill(os.getpid(), signal.SIGTERM)
    if how == "noise":
        print("not JSON")
        print("of no use", file=sys.stderr)
        sys.exit(7)
    if how == "late":
        atexit.register(print, '{"changed": false, "said": "at exit, after the thread"}')
        threading.Thread(target=time.sleep, args=(0.2,)).start()
        sys.exit(0)


if __name__ == "__main__":
    main()
