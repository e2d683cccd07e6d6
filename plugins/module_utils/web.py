# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One HTTP request, and its answer whatever it is. Proxies and certificates are those of Python's standard library."""

from __future__ import annotations

import ssl
import time
import typing as t
import urllib.error
import urllib.request
from http.client import HTTPException

from .core.api_test import Answer

# Enough for any answer that is looked into; a longer one is cut.
LONGEST_BODY = 1 << 20


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer to look at, not an instruction to follow."""

    def redirect_request(self, *_arguments: t.Any, **_keywords: t.Any) -> None:
        return None


class Web:
    """Asks over HTTP and HTTPS; safe to share between threads.

    HTTPS_PROXY, HTTP_PROXY, NO_PROXY and SSL_CERT_FILE are honoured, as by everything that Python runs.
    """

    def __init__(self) -> None:
        context = ssl.create_default_context()
        self._opener = urllib.request.build_opener(_Stay(), urllib.request.HTTPSHandler(context=context))

    def ask(self, method: str, url: str, headers: t.Mapping[str, str], body: bytes | None, timeout: float) -> Answer:
        """Send one request; statuses of errors are answers too. The time includes the connection."""
        request = urllib.request.Request(url, data=body, headers=dict(headers), method=method)  # noqa: S310
        started = time.monotonic()
        try:
            with self._opener.open(request, timeout=timeout) as response:
                return _answer(response, started)
        except urllib.error.HTTPError as error:
            with error:
                return _answer(error, started)
        except TimeoutError:
            return _failure(f"no answer within {timeout:g} s", started)
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            late = isinstance(reason, TimeoutError)
            said = f"no answer within {timeout:g} s" if late else f"no answer: {reason or type(error).__name__}"
            return _failure(said, started)


def _answer(response: t.Any, started: float) -> Answer:
    body = b"" if response.fp is None else response.read(LONGEST_BODY)
    charset = response.headers.get_content_charset() or "utf-8"
    return Answer(
        status=int(response.status),
        headers={name.lower(): value for name, value in response.headers.items()},
        body=_text(body, charset),
        milliseconds=_since(started),
    )


def _text(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset, errors="replace")
    except LookupError:  # a charset that Python does not know
        return body.decode("utf-8", errors="replace")


def _failure(said: str, started: float) -> Answer:
    return Answer(error=said, milliseconds=_since(started))


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
