# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""IAM: OpenID Connect providers. An account has one for each issuer, so several environments share it."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from ..core.iam import is_owned
from ..core.plan import Observed, State
from ..core.tags import from_pairs, tag_changes, to_pairs
from .api import Api
from .reconcile import Kind, Scope, side_by_side

GONE = {"NoSuchEntity"}


class OidcProviders(Kind):
    """Named by the issuer's URL without `https://`. State: `client_ids`, `thumbprints`, `tags`.

    A provider that is not ours keeps its tags and its client ids, gets ours besides them, and is never deleted.
    """

    kind = "OpenID Connect provider"

    def __init__(
        self, iam: Api, ours: Mapping[str, t.Any] | None, ownership_keys: Sequence[str], *, deleting: bool = False
    ) -> None:
        """`ours` are the task's tags; a provider is ours when it has their values under all of `ownership_keys`.

        `deleting`: the providers that are not ours are left out, and noted in `kept`.
        """
        self.iam = iam
        self.ours = ours
        self.ownership_keys = list(ownership_keys)
        self.deleting = deleting
        self.kept: list[str] = []

    def _is_ours(self, tags: Mapping[str, str]) -> bool:
        return is_owned(tags, self.ours, self.ownership_keys)

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        doing = "list OpenID Connect providers"
        listed = self.iam.pages("list_open_id_connect_providers", "OpenIDConnectProviderList", doing)
        arns = {each["Arn"].partition(":oidc-provider/")[2]: each["Arn"] for each in listed}
        found = side_by_side({name: partial(self._read, name, arns[name]) for name in names if name in arns})
        providers = {name: provider for name, provider in found.items() if provider}
        if not self.deleting:
            return providers
        self.kept = sorted(name for name, each in providers.items() if not self._is_ours(each.state["tags"]))
        return {name: each for name, each in providers.items() if name not in self.kept}

    def _read(self, name: str, arn: str) -> Observed | None:
        doing = f"read OpenID Connect provider {name}"
        data = self.iam.read("get_open_id_connect_provider", doing, GONE, OpenIDConnectProviderArn=arn)
        if data is None:
            return None
        state = {
            "client_ids": sorted(data.get("ClientIDList", [])),
            "thumbprints": sorted(each.lower() for each in data.get("ThumbprintList", [])),
            "tags": from_pairs(data.get("Tags")),
        }
        return Observed(arn, state, {"arn": arn})

    def settle(self, wanted: State, observed: State) -> State:
        settled = {**wanted, "client_ids": sorted({*wanted["client_ids"], *observed["client_ids"]})}
        if not self._is_ours(observed["tags"]):
            settled["tags"] = None
        return settled

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        thumbprints = {"ThumbprintList": wanted["thumbprints"]} if wanted.get("thumbprints") else {}
        answer = self.iam.write(
            "create_open_id_connect_provider",
            f"create OpenID Connect provider {name}",
            missing={"EntityAlreadyExists"},
            Url=f"https://{name}",
            ClientIDList=wanted["client_ids"],
            Tags=to_pairs(wanted.get("tags")),
            **thumbprints,
        )
        if answer is None:
            return self.observe(scope, [name])[name]
        arn = answer["OpenIDConnectProviderArn"]
        # Not read back: IAM may not find for some seconds what it has just created.
        return Observed(arn, {"tags": {}, "thumbprints": [], **wanted}, {"arn": arn})

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        setters: dict[str, Callable[[str, Observed, t.Any], None]] = {
            "client_ids": self._add_clients,
            "thumbprints": self._set_thumbprints,
            "tags": self._set_tags,
        }
        for field in fields:
            setters[field](name, before, wanted[field])

    def _add_clients(self, name: str, before: Observed, client_ids: list[str]) -> None:
        for client in sorted(set(client_ids) - set(before.state["client_ids"])):
            self.iam.write(
                "add_client_id_to_open_id_connect_provider",
                f"add client {client} to OpenID Connect provider {name}",
                OpenIDConnectProviderArn=before.id,
                ClientID=client,
            )

    def _set_thumbprints(self, name: str, before: Observed, thumbprints: list[str]) -> None:
        self.iam.write(
            "update_open_id_connect_provider_thumbprint",
            f"set thumbprints of OpenID Connect provider {name}",
            OpenIDConnectProviderArn=before.id,
            ThumbprintList=thumbprints,
        )

    def _set_tags(self, name: str, before: Observed, tags: dict[str, str]) -> None:
        setting, removing = tag_changes(before.state["tags"], tags)
        doing, arn = f"tag OpenID Connect provider {name}", before.id
        if setting:
            pairs = to_pairs(setting)
            self.iam.write("tag_open_id_connect_provider", doing, OpenIDConnectProviderArn=arn, Tags=pairs)
        if removing:
            self.iam.write("untag_open_id_connect_provider", doing, OpenIDConnectProviderArn=arn, TagKeys=removing)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        doing = f"delete OpenID Connect provider {name}"
        self.iam.write("delete_open_id_connect_provider", doing, missing=GONE, OpenIDConnectProviderArn=before.id)
