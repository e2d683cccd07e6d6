# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Archives of modules are kept between runs, and what they import within a run; never when a file of them changed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.connection.sandbox import ONE_CORE, ROOT, Sandbox

MODULE = """\
import os
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.amazon.aws.plugins.module_utils.helpers import imported_by, word
AnsibleModule({}).exit_json(word=str(getattr(word, "WORD", word)), in_server=imported_by == os.getppid())
"""
HELPERS = "import os\nimported_by, word = os.getpid(), {!r}\n"


class Collection:
    """A collection in a sandbox, with modules that say a word which they import."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.path = sandbox.path / "collections/ansible_collections/amazon/aws"
        self.write("plugins/modules/say.py", MODULE)
        self.write("plugins/modules/tell.py", MODULE)
        self.write("plugins/module_utils/helpers/__init__.py", HELPERS.format("first"))

    def write(self, name: str, content: str) -> None:
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_text(content, encoding="utf-8")

    def run(self, *tasks: dict[str, Any], **environment: str) -> list[dict[str, Any]]:
        paths = f"{self.sandbox.path / 'collections'}:{ROOT / 'collections'}"
        results = self.sandbox.run(
            list(tasks), "-vvvvv", environment={"ANSIBLE_COLLECTIONS_PATH": paths, **environment}
        )
        assert "EXEC (warm)" in self.sandbox.output
        return results

    def say(self, **environment: str) -> tuple[str, bool]:
        """(the word, whether ansible-core built the archive)."""
        (result,) = self.run({"amazon.aws.say": {}}, **environment)
        return result["word"], re.search(r"Including module_utils file\s+\S*helpers", self.sandbox.output) is not None

    def kept(self) -> Path:
        """The archive that is kept."""
        (found,) = (self.sandbox.path / "home/.ansible/warm_local").glob("*/*/*say*-none")
        return found


@pytest.fixture
def collection(sandbox: Sandbox) -> Collection:
    return Collection(sandbox)


def test_an_archive_is_built_once_until_a_file_of_it_changes(collection: Collection) -> None:
    assert collection.say() == ("first", True)
    assert collection.say() == ("first", False)
    collection.write("plugins/module_utils/helpers/__init__.py", HELPERS.format("other"))
    assert collection.say() == ("other", True)
    assert collection.say() == ("other", False)


@ONE_CORE
def test_an_archive_is_not_used_when_another_one_could_be_built(collection: Collection) -> None:
    assert collection.say() == ("first", True)
    collection.write("plugins/module_utils/helpers/word.py", "")  # what the import means, if the package lacks the name
    assert collection.say() == ("first", True)
    kept = collection.kept()
    kept.parent.chmod(0o770)  # somebody could change it
    assert collection.say() == ("first", True)
    assert "is not a private directory of this user" in collection.sandbox.output
    kept.parent.chmod(0o700)
    assert collection.say() == ("first", False)
    mine = collection.sandbox.path / "mine/basic.py"  # it overrides a file of ansible-core
    mine.parent.mkdir()
    mine.write_text("raise ValueError\n", encoding="utf-8")
    assert collection.say(ANSIBLE_MODULE_UTILS=str(mine.parent / "nothing-there")) == ("first", False)
    with pytest.raises(AssertionError, match="ValueError"):
        collection.say(ANSIBLE_MODULE_UTILS=str(mine.parent))


@ONE_CORE
def test_what_modules_import_is_imported_once_in_a_run(collection: Collection) -> None:
    results = collection.run({"amazon.aws.say": {}}, {"amazon.aws.tell": {}})
    assert [(result["word"], result["in_server"]) for result in results] == [("first", True)] * 2


def test_a_helper_that_changes_during_the_run_is_imported_by_the_module(collection: Collection) -> None:
    helpers = collection.path / "plugins/module_utils/helpers/__init__.py"
    change = {"ansible.builtin.replace": {"path": str(helpers), "regexp": "first", "replace": "other"}}
    before, _changed, after = collection.run({"amazon.aws.say": {}}, change, {"amazon.aws.tell": {}})
    assert (before["word"], before["in_server"]) == ("first", True)
    assert (after["word"], after["in_server"]) == ("other", False)
