# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A refusal names the file that decides."""

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.plugin_utils.inventory_files import place_of


@pytest.fixture
def inventory(tmp_path, monkeypatch):
    files = {
        "group_vars/all/00_shared.yml": "---\na: 1\nb: 1\n",
        "group_vars/all/environment.yml": "---\n# b: no\nb: 2\n",
        "group_vars/services.yml": "c: 1\n",
        "host_vars/api/own.yml": "c: 2\n",
        "host_vars/web.yml": "a: 5\n",
    }
    for name, text in files.items():
        path = tmp_path / "inv" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    return str(tmp_path / "inv")


@pytest.mark.parametrize(
    ("variable", "host", "place"),
    [
        pytest.param("a", "api", "inv/group_vars/all/00_shared.yml:2", id="written once"),
        pytest.param("b", "api", "inv/group_vars/all/environment.yml:3", id="the later file wins"),
        pytest.param("c", "api", "inv/host_vars/api/own.yml:1", id="the host's own file wins"),
        pytest.param("c", "web", "inv/group_vars/services.yml:1", id="another host's file does not count"),
        pytest.param("a", "web", "inv/host_vars/web.yml:1", id="host file without directory"),
    ],
)
def test_finds_the_deciding_place(inventory, variable, host, place):
    assert place_of(variable, inventory, host) == place


def test_says_where_a_missing_variable_belongs(inventory):
    assert "group_vars/all/environment.yml" in place_of("zz", inventory, "api")
