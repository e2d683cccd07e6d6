# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Archives of modules are kept between runs, and never used when ansible-core would build another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.connection.sandbox import ONE_CORE, ROOT, Sandbox

MODULE = """\
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.a.b.plugins.module_utils.helpers import word
AnsibleModule({}).exit_json(word=str(getattr(word, "WORD", word)))
"""


class Collection:
    """A collection in a sandbox, with a module that says a word which it imports."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.path = sandbox.path / "collections/ansible_collections/a/b"
        self.write("plugins/modules/say.py", MODULE)
        self.write("plugins/module_utils/helpers/__init__.py", "word = 'first'\n")

    def write(self, name: str, content: str) -> None:
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_text(content, encoding="utf-8")

    def say(self) -> tuple[str, bool]:
        """(the word, whether ansible-core built the archive)."""
        paths = f"{ROOT / 'collections'}:{self.sandbox.path / 'collections'}"
        task: dict[str, Any] = {"a.b.say": {}}
        (result,) = self.sandbox.run([task], "-vvvvv", environment={"ANSIBLE_COLLECTIONS_PATH": paths})
        assert "EXEC (warm)" in self.sandbox.output
        return result["word"], "Including module_utils file" in self.sandbox.output

    def kept(self) -> Path:
        """The archive that is kept."""
        (found,) = (self.sandbox.path / "home/.ansible/warm_local").glob("*/*say*-none")
        return found


@pytest.fixture
def collection(sandbox: Sandbox) -> Collection:
    return Collection(sandbox)


def test_an_archive_is_built_once_until_a_file_of_it_changes(collection: Collection) -> None:
    assert collection.say() == ("first", True)
    assert collection.say() == ("first", False)
    collection.write("plugins/module_utils/helpers/__init__.py", "word = 'other'\n")
    assert collection.say() == ("other", True)


@ONE_CORE
def test_an_archive_is_not_used_when_another_one_could_be_built(collection: Collection) -> None:
    assert collection.say() == ("first", True)
    collection.write("plugins/module_utils/helpers/word.py", "")  # what the import means, if the package lacks the name
    assert collection.say() == ("first", True)
    kept = collection.kept()
    kept.write_bytes(kept.read_bytes() + b" ")  # somebody changed it
    assert collection.say() == ("first", True)
    kept.parent.chmod(0o770)  # somebody could change it
    assert collection.say() == ("first", True)
    assert "is not a private directory of this user" in collection.sandbox.output
    kept.parent.chmod(0o700)
    (collection.sandbox.path / "home/.ansible/plugins/module_utils").mkdir(parents=True)  # can override ansible's files
    assert collection.say() == ("first", True)
