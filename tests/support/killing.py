# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""End a module that runs in this process in the middle of its work, as a lost connection or Ctrl-C does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any
from unittest import mock

from botocore.client import BaseClient

from tests.support.modules import READS


class Killed(BaseException):
    """The process ends here: nothing catches this."""


class Killer:
    """Ends the process when the n-th write is made: no further one is, in no thread. A context manager.

    `made` says how many writes were asked for in the end.
    """

    def __init__(self, nth: int) -> None:
        self.nth, self.made = nth, 0
        self._lock = threading.Lock()
        self._call = vars(BaseClient)["_make_api_call"]

    def __enter__(self) -> Killer:
        killer = self

        def counted(client: BaseClient, operation: str, params: dict[str, Any]) -> Any:
            if operation.startswith(READS):
                return killer._call(client, operation, params)
            with killer._lock:
                killer.made += 1
                if killer.made > killer.nth:
                    raise Killed
                answer = killer._call(client, operation, params)
                if killer.made == killer.nth:
                    raise Killed
                return answer

        self._patch = mock.patch.object(BaseClient, "_make_api_call", counted)
        self._patch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> bool:
        self._patch.stop()
        return kind is Killed


@contextmanager
def killed_after(number: int) -> Iterator[None]:
    """Kill whoever makes this many calls to AWS, reads or writes, in one thread, when the last of them is done."""
    call, made = vars(BaseClient)["_make_api_call"], []

    def count(client: BaseClient, operation: str, params: dict[str, Any]) -> Any:
        answer = call(client, operation, params)
        made.append(operation)
        if len(made) == number:
            raise Killed
        return answer

    with mock.patch.object(BaseClient, "_make_api_call", count):
        yield
