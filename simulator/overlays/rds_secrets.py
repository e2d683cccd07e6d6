# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The secret in which RDS keeps a master password: the instance's own user name, and a password that nobody knows."""

from __future__ import annotations

import json
import secrets
from typing import Any

from moto.rds.models import MasterUserSecret

LENGTH = 28
# What RDS never puts into a password of PostgreSQL.
_ALPHABET = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!#$%&()*+,-.:;<=>?[]^_{|}~"


def _content(secret: Any) -> str:
    password = "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))
    return json.dumps({"username": secret.resource.master_username, "password": password})


MasterUserSecret._generate_secret_string = _content
