# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every test relies on: no test can reach a real account."""

from __future__ import annotations

import os

import pytest

# Removed before anything is imported: botocore would otherwise find an account that a test could change.
for _name in [name for name in os.environ if name.startswith(("AWS_", "EC2_"))]:
    del os.environ[_name]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
os.environ["AWS_CONFIG_FILE"] = os.devnull
os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull


@pytest.fixture(autouse=True)
def _no_account_leaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every test made-up credentials; those that need an endpoint set AWS_ENDPOINT_URL themselves."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
