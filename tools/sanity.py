# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run `ansible-test sanity` on a copy of the files that git knows or would add.

ansible-test must stand in a directory ansible_collections/<namespace>/<name>, dislikes links that lead out of it, and
downloads a bootstrap script for pip. Everything it needs is laid out under .cache/sanity, its home directory included,
so that nothing outside the repository changes and a second run finds the environments of the first.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "sanity"
COLLECTIONS = CACHE / "ansible_collections"
COPY = COLLECTIONS / "monay" / "platform"
# The product: what is tested and linted elsewhere (tests/, tools/, the simulator) follows the rules in pyproject.toml.
WANTED = (
    ".gitignore",
    "README.md",
    "galaxy.yml",
    "meta/",
    "playbooks/",
    "plugins/",
    "roles/",
    "tests/config.yml",
    "tests/sanity/",
)
# Runs instead of the script that ansible-test would download.
GET_PIP = "import ensurepip\n\nensurepip.bootstrap(default_pip=True)\n"


def repository_files() -> list[Path]:
    """Return the files that git tracks or would add, and that exist."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    names = [name for name in listing.split("\0") if name.startswith(WANTED)]
    return [Path(name) for name in names if (ROOT / name).is_file()]


def lay_out_copy() -> None:
    shutil.rmtree(COPY, ignore_errors=True)
    for name in repository_files():
        (COPY / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, COPY / name)
    # ansible-test asks git for the files, and would be told that the repository around the copy ignores .cache.
    subprocess.run(["git", "init", "--quiet"], cwd=COPY, check=True)


def lay_out_dependency() -> None:
    """Show ansible-test the amazon.aws of this environment: it looks in its own ansible_collections only."""
    installed = Path(sysconfig.get_paths()["purelib"]) / "ansible_collections" / "amazon"
    link = COLLECTIONS / "amazon"
    link.unlink(missing_ok=True)
    link.symlink_to(installed, target_is_directory=True)


def lay_out_home() -> Path:
    """Return a home directory whose pip bootstrap script needs no download."""
    home = CACHE / "home"
    scripts = home / ".ansible" / "test" / "cache"
    scripts.mkdir(parents=True, exist_ok=True)
    (scripts / f"get_pip_{pip_version().replace('.', '_')}.py").write_text(GET_PIP, encoding="utf-8")
    # A package index that the user has configured is used here too.
    settings, theirs = home / ".config", Path.home() / ".config"
    settings.mkdir(exist_ok=True)
    if (theirs / "pip").is_dir() and not (settings / "pip").is_symlink():
        (settings / "pip").symlink_to(theirs / "pip", target_is_directory=True)
    return home


def pip_version() -> str:
    """Return the version of pip that this ansible-test bootstraps: it is part of the script's name."""
    spec = importlib.util.find_spec("ansible_test")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("sanity: ansible_test is not installed beside this Python; run `make venv`")
    source = Path(spec.submodule_search_locations[0]) / "_internal" / "python_requirements.py"
    found = re.search(r"^ +pip='([0-9.]+)',$", source.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise SystemExit(f"sanity: no version of pip in {source}; ansible-test has changed, adapt tools/sanity.py")
    return found.group(1)


def interpreter_path() -> str:
    """Return PATH with the real interpreter first: ansible-test makes no environment from one in an environment."""
    real = Path(sys.base_prefix) / "bin"
    return os.pathsep.join([str(Path(sys.executable).parent), str(real), os.environ["PATH"]])


def run(command: list[str], environment: dict[str, str]) -> int:
    """Run ansible-test, keep all that it says in a file and show what matters of it: tests, errors, skipped tests."""
    log = CACHE / "log.txt"
    with log.open("w", encoding="utf-8") as lines:
        done = subprocess.run(
            command, cwd=COPY, env=environment, check=False, stdout=lines, stderr=subprocess.STDOUT, text=True
        )
    shown = re.compile(r"^(Running sanity test|ERROR|FATAL|WARNING: (?!Location|Using locale|Reviewing))")
    print("".join(line for line in log.read_text(encoding="utf-8").splitlines(keepends=True) if shown.match(line)))
    print(f"ansible-test sanity: {'failed' if done.returncode else 'passed'}; everything it said: {log}")
    return done.returncode


def main() -> int:
    lay_out_copy()
    lay_out_dependency()
    environment = {**os.environ, "HOME": str(lay_out_home()), "PATH": interpreter_path()}
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    return run(["ansible-test", "sanity", "--venv", "--python", minor, "--color", "no", *sys.argv[1:]], environment)


if __name__ == "__main__":
    sys.exit(main())
