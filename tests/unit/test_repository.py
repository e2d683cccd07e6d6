# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shape of the repository: what no other tool would notice when it breaks."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import action_groups, inventory_docs

ROOT = Path(__file__).parents[2]
COLLECTION = "ansible_collections.monay.platform"
MODULE_LINES = 150  # besides documentation
LICENCE = "# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)"


def repository_files() -> list[Path]:
    """The files that git tracks or would add."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [path for name in listing.split("\0") if name and (path := ROOT / name).is_file()]


FILES = repository_files()
MODULES = sorted((ROOT / "plugins" / "modules").glob("[!_]*.py"))
ROLES = sorted(path for path in (ROOT / "roles").glob("*") if path.is_dir())
LOCKS = sorted((ROOT / "requirements").glob("lock-*.txt"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def under(*directories: str, suffix: str) -> list[Path]:
    return [path for path in FILES if name_of(path).startswith(directories) and path.suffix == suffix]


def imports(path: Path) -> set[str]:
    """Every module that the file imports, relative imports of the collection made absolute."""
    package = (COLLECTION + "." + name_of(path).replace("/", ".")).split(".")[:-2]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            found.add(".".join([*above, *(node.module or "").split(".")]).strip("."))
    return found


def offences(paths: Iterable[Path], find: Callable[[Path], Iterable[object]]) -> dict[str, list[object]]:
    """What `find` finds, by file; a test asserts that it is empty, so that its failure lists all of it at once."""
    paths = list(paths)
    assert paths, "no file to look at: the test would pass whatever is wrong"
    found = {name_of(path): list(find(path)) for path in paths}
    return {name: list_ for name, list_ in found.items() if list_}


def matches(pattern: str, flags: re.RegexFlag = re.MULTILINE) -> Callable[[Path], list[object]]:
    return lambda path: re.findall(pattern, path.read_text(encoding="utf-8"), flags)


# --- layers: imports point one way ------------------------------------------------------------------------------------


def test_core_imports_the_standard_library_alone() -> None:
    core = f"{COLLECTION}.plugins.module_utils.core"

    def foreign(path: Path) -> set[str]:
        ours = {name for name in imports(path) if f"{name}.".startswith(f"{core}.")}
        return {name for name in imports(path) - ours if name.split(".")[0] not in sys.stdlib_module_names}

    assert not offences(under("plugins/module_utils/core/", suffix=".py"), foreign)


def test_core_has_no_clock_no_chance_no_world() -> None:
    impure = {"datetime", "os", "pathlib", "random", "secrets", "socket", "subprocess", "time", "urllib"}
    core = under("plugins/module_utils/core/", suffix=".py")
    assert not offences(core, lambda path: {name.split(".")[0] for name in imports(path)} & impure)


def test_aws_layer_knows_no_module() -> None:
    modules = f"{COLLECTION}.plugins.modules"
    layer = under("plugins/module_utils/aws/", suffix=".py")
    assert not offences(layer, lambda path: {name for name in imports(path) if name.startswith(modules)})


def test_product_does_not_import_the_simulator() -> None:
    product = under("plugins/", suffix=".py")
    assert not offences(
        product, lambda path: {name for name in imports(path) if {"simulator", "moto"} & set(name.split("."))}
    )


def test_simulator_does_not_import_the_product() -> None:
    simulator = under("simulator/", suffix=".py")
    assert not offences(simulator, lambda path: {name for name in imports(path) if name.startswith("ansible")})


def test_playbooks_do_not_know_the_simulator() -> None:
    words = matches(r"simulator|localhost:\d|127\.0\.0\.1|endpoint_url|AWS_ENDPOINT", re.IGNORECASE)
    assert not offences(under("roles/", "playbooks/", "inventories/", suffix=".yml"), words)


# --- modules ----------------------------------------------------------------------------------------------------------


def test_action_groups_are_current() -> None:
    assert action_groups.RUNTIME.read_text(encoding="utf-8") == action_groups.runtime(), "run `make action-groups`"


def test_inventory_page_is_current() -> None:
    text = inventory_docs.PAGE.read_text(encoding="utf-8")
    assert text.endswith(inventory_docs.tables()), "run `make inventory-docs`"


def test_every_module_has_tests() -> None:
    tested = {path.stem for path in (ROOT / "tests/unit/plugins/modules").glob("test_*.py")}
    assert not {path.stem for path in MODULES if f"test_{path.stem}" not in tested}


def test_modules_are_small() -> None:
    documentation = {"DOCUMENTATION", "EXAMPLES", "RETURN"}

    def written(path: Path) -> int:
        nodes = ast.parse(path.read_text(encoding="utf-8")).body
        code = [
            node
            for node in nodes
            if not (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in documentation)
        ]
        return sum((node.end_lineno or node.lineno) - node.lineno + 1 for node in code)

    assert not offences(MODULES, lambda path: [lines for lines in [written(path)] if lines > MODULE_LINES])


def test_no_exception_is_swallowed() -> None:
    """A handler that only passes hides faults; a missing library is the exception, the module itself reports it."""

    def hidden(path: Path) -> list[int]:
        handlers = [
            node
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ExceptHandler) and all(isinstance(each, ast.Pass) for each in node.body)
        ]
        return [node.lineno for node in handlers if node.type is None or ast.unparse(node.type) != "ImportError"]

    assert not offences(under("plugins/", "simulator/", suffix=".py"), hidden)


# --- roles ------------------------------------------------------------------------------------------------------------


def loaded(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {} if path.is_file() else {}


def specified(role: Path) -> dict[str, dict[str, Any]]:
    """The options of all entry points of a role."""
    specs = loaded(role / "meta/argument_specs.yml").get("argument_specs", {})
    return {name: option for entry in specs.values() for name, option in entry.get("options", {}).items()}


def test_roles_specify_their_arguments() -> None:
    assert not offences(ROLES, lambda role: [] if specified(role) else ["no meta/argument_specs.yml with options"])


def test_defaults_of_roles_are_their_optional_arguments() -> None:
    """A variable with a default is documented, and an argument that is not required has its default in one place."""

    def difference(role: Path) -> set[str]:
        optional = {name for name, option in specified(role).items() if not option.get("required")}
        return set(loaded(role / "defaults/main.yml")) ^ optional

    assert not offences(ROLES, difference)


def test_no_task_hides_or_improvises() -> None:
    tasks = under("roles/", "playbooks/", suffix=".yml")
    # the short names ansible-lint refuses (fqcn); an option of a module may have one of them
    improvised = matches(r"^\s*(?:- )?ansible\.builtin\.(?:shell|command|raw|pause|set_fact):")
    hidden = matches(r"^\s*(?:ignore_errors|ignore_unreachable|failed_when: false)")
    assert not offences(tasks, improvised)
    assert not offences(tasks, hidden)


def test_no_role_includes_another() -> None:
    assert not offences(under("roles/", suffix=".yml"), matches(r"(?:include|import)_role:|^dependencies: *\n? *-"))


# --- requirements -----------------------------------------------------------------------------------------------------


def test_there_is_a_lock_for_every_python() -> None:
    assert [path.name for path in LOCKS] == ["lock-3.11.txt", "lock-3.12.txt", "lock-3.13.txt"]


@pytest.mark.parametrize("lock", LOCKS, ids=name_of)
def test_lock_pins_and_names_no_index(lock: Path) -> None:
    lines = [line for line in lock.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert not [line for line in lines if not re.fullmatch(r"[a-z0-9._-]+==[0-9][A-Za-z0-9.+!]*", line)]


@pytest.mark.parametrize("lock", LOCKS, ids=name_of)
def test_lock_holds_what_is_asked_for(lock: Path) -> None:
    minor = lock.stem.removeprefix("lock-")
    pinned = set(lock.read_text(encoding="utf-8").splitlines())
    for path in (ROOT / "requirements").glob("*.in"):
        for line in path.read_text(encoding="utf-8").splitlines():
            requirement, _, marker = line.partition(";")
            if not requirement or requirement.startswith("#") or not applies(marker, minor):
                continue
            wanted = requirement.strip().lower()
            assert [pin for pin in pinned if pin == wanted or ("==" not in wanted and pin.startswith(f"{wanted}=="))], (
                f"{path.name} wants {wanted}: run `make lock`"
            )


def applies(marker: str, minor: str) -> bool:
    """Whether a `python_version` marker of requirements/*.in holds for a Python."""
    if not marker:
        return True
    found = re.fullmatch(r' python_version (<|>=) "3\.(\d+)"', marker)
    assert found, f"this test does not understand {marker!r}"
    younger = int(minor.split(".")[1]) < int(found[2])
    return younger if found[1] == "<" else not younger


# --- tests, workflows, files ------------------------------------------------------------------------------------------


def test_every_kind_of_test_has_a_make_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    kinds = {path.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").rglob("test_*.py")}
    assert not [kind for kind in kinds if f" tests/{kind}\n" not in makefile]


def test_workflows_are_pinned_and_modest() -> None:
    workflows = under(".github/workflows/", suffix=".yml")
    assert not offences(workflows, matches(r"uses: *(?![\w./-]+@[0-9a-f]{40}\b)(\S+)"))
    for path in workflows:
        workflow = loaded(path)
        assert workflow["permissions"] == {"contents": "read"}, path
        assert workflow["concurrency"]["cancel-in-progress"] is True, path


def test_python_files_name_their_licence() -> None:
    # ansible-test wants the __init__.py of module_utils to be empty.
    written = [path for path in FILES if path.suffix == ".py" and path.stat().st_size]
    assert not [name_of(path) for path in written if LICENCE not in path.read_text(encoding="utf-8")[:200]]


def test_yaml_is_called_yml() -> None:
    # The names that are not ours to choose.
    given = {".pre-commit-config.yaml", "changelogs/changelog.yaml", "changelogs/config.yaml"}
    assert {name_of(path) for path in FILES if path.suffix == ".yaml"} <= given


def test_every_link_leads_somewhere_inside() -> None:
    command = ["git", "ls-files", "-s", "--cached"]
    listing = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    links = [ROOT / line.split("\t")[1] for line in listing.splitlines() if line.startswith("120000")]
    assert links
    assert not [name_of(link) for link in links if link.is_symlink() and not link.resolve().is_relative_to(ROOT)]
    assert not [name_of(link) for link in links if link.is_symlink() and not link.exists()]
