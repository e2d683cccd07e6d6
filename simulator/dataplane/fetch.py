# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What health checks need of curl and wget, for machines that have neither: asks a URL, and fails for an error."""

from __future__ import annotations

import socket
import sys

SECONDS = 5
FAILED, NO_CONNECTION = 22, 7


def main(arguments: list[str]) -> int:
    """The exit status of one request."""
    url = next((one for one in arguments if one.startswith("http://")), "")
    host, _slash, path = url.removeprefix("http://").partition("/")
    name, _colon, port = host.partition(":")
    try:
        with socket.create_connection((name, int(port or 80)), SECONDS) as connection:
            connection.settimeout(SECONDS)
            head = f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            connection.sendall(head.encode())
            status = connection.recv(4096).split(b" ", 2)[1]
    except (OSError, IndexError, ValueError):
        return NO_CONNECTION
    return 0 if status < b"400" else FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
