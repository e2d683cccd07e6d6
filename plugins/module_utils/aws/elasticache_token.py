# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The access token of a cache: it goes from Secrets Manager to ElastiCache, and nowhere else."""

from __future__ import annotations

from datetime import datetime

from ..core.cache import token_problem
from ..core.plan import PlanRefused
from .api import Api

MISSING = {"ResourceNotFoundException"}


class TokenSecret:
    """A secret of AWS Secrets Manager whose whole value is the token."""

    def __init__(self, secrets: Api, name: str) -> None:
        self.secrets = secrets
        self.name = name

    def value(self) -> str:
        """The token. Raises PlanRefused where there is none, or one that ElastiCache does not take."""
        answer = self.secrets.read("get_secret_value", f"read secret {self.name}", MISSING, SecretId=self.name)
        if answer is None:
            raise PlanRefused(self._missing())
        token: str = answer.get("SecretString") or ""
        problem = token_problem(token)
        if problem:
            raise PlanRefused(
                f"the value of secret {self.name} cannot be the access token of a cache: {problem}. Put another value"
                " into the secret"
            )
        return token

    def changed_at(self) -> datetime:
        """When the present value was put in, without reading it. Raises PlanRefused where there is no secret."""
        doing = f"see when secret {self.name} changed"
        answer = self.secrets.read("list_secret_version_ids", doing, MISSING, SecretId=self.name)
        versions = (answer or {}).get("Versions") or ()
        current = [each["CreatedDate"] for each in versions if "AWSCURRENT" in (each.get("VersionStages") or ())]
        if not current:
            raise PlanRefused(self._missing())
        moment: datetime = current[0]
        return moment

    def _missing(self) -> str:
        return (
            f"secret {self.name} does not exist in {self.secrets.region} or has no value: create it first (role cache"
            " does), or correct auth_token_secret"
        )
