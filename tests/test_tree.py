"""What holds for the tree as a whole: sizes, docstrings, who may import what, where the clock is read."""

from __future__ import annotations

import ast
import configparser
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = sorted((*ROOT.glob("crawler/**/*.py"), *ROOT.glob("alerts/**/*.py")))
PYTHON = sorted((*PRODUCT, *ROOT.glob("tests/**/*.py"), *ROOT.glob("benchmarks/**/*.py")))

MAX_LINES = 400
TOLD_BY_THEIR_FOLDER = r"/(?:versions|spiders|db|commands|channels|checkup|explanation|trial|demo)/"

# A heavy library is imported in one place, so that a run that does not need it does not pay for it.
OWNERS = {
    "httpx": "alerts/transport/http.py",
    "apprise": "alerts/transport/courier.py",
    "requests": "alerts/transport/watched.py",
    "apscheduler": "alerts/scheduler.py",
    "trafilatura": "crawler/article/extract.py",
    "feedparser": "crawler/parse/feeds.py",
}

# Reads of the wall clock; time.monotonic() measures and is free.
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
}

# Index hosts, and folders that exist on one machine only. A web address may hold the same words.
FOREIGN = re.compile(
    r"pypi\.org|pythonhosted\.org|registry\.npmjs|deb\.debian\.org|(?<![\w.~}-])/(?:work|farm|root|tmp)/"
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes(), name_of(path))


def imported_packages(tree: ast.Module) -> set[str]:
    """Return the top-level packages that a module imports anywhere, in functions too."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def clock_reads(tree: ast.Module) -> list[int]:
    """Return the lines that name a wall clock, called or handed on; also one imported by name."""
    lines: list[int] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value
            last = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if (last, node.attr) in CLOCKS:
                lines.append(node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            lines += [node.lineno for alias in node.names if ("time", alias.name) in CLOCKS]
    return lines


def tracked_files() -> list[Path]:
    """Return what the next commit holds: tracked files and new ones that are not ignored."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip("not a git checkout, so nothing tells the project's files from others")
    return [path for name in listing.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def layers(container: str) -> set[str]:
    """Return the modules of *container* that have a place in .importlinter."""
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    return set(re.findall(r"\w+", contracts[f"importlinter:contract:{container}"]["layers"]))


def pins(lock: str) -> dict[str, str]:
    """Return name: version of a lock file."""
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    found = [re.match(r"([\w.-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)", line) for line in lines]
    return {str(canonicalize_name(match[1])): match[2] for match in found if match}


def test_no_python_file_is_longer_than_its_limit() -> None:
    lengths = {name_of(path): path.read_bytes().count(b"\n") for path in PYTHON}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES} == {}


def test_every_module_says_what_it_owns() -> None:
    assert [name_of(path) for path in PYTHON if not ast.get_docstring(parse(path))] == []


@pytest.mark.parametrize("library", OWNERS)
def test_heavy_library_is_imported_in_one_place(library: str) -> None:
    importers = {name_of(path) for path in PRODUCT if library in imported_packages(parse(path))}
    assert importers <= {OWNERS[library]}


def test_only_the_clock_module_reads_the_clock() -> None:
    reads = {name_of(path): clock_reads(parse(path)) for path in PRODUCT}
    assert {name: lines for name, lines in reads.items() if lines and name != "crawler/clock.py"} == {}
    assert reads["crawler/clock.py"], "the check must see the one read that is allowed"


def test_every_import_of_the_crawl_stays_below_the_watch() -> None:
    importers = {
        name_of(path)
        for path in PRODUCT
        if name_of(path).startswith("crawler/") and "alerts" in imported_packages(parse(path))
    }
    assert importers == set()


@pytest.mark.parametrize("container", ["crawler", "alerts"])
def test_every_file_has_a_place_in_the_layers(container: str) -> None:
    modules = {
        path.relative_to(ROOT / container).parts[0].removesuffix(".py")
        for path in PRODUCT
        if path.is_relative_to(ROOT / container)
    }
    assert modules - {"__init__"} - layers(container) == set(), "place it in .importlinter"


def test_architecture_page_names_every_module() -> None:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"[\w./]+", page))
    missing = [
        name
        for name in map(name_of, PRODUCT)
        if not name.endswith("/__init__.py")
        and not re.search(TOLD_BY_THEIR_FOLDER, name)
        and not {name, name.rsplit("/", 1)[1]} & named
    ]
    assert missing == []


def test_no_file_names_an_index_host_or_a_folder_of_one_machine() -> None:
    found = {}
    for path in tracked_files():
        text = path.read_bytes().decode("utf-8", "replace")
        if matches := sorted({match[0] for match in FOREIGN.finditer(text)}):
            found[name_of(path)] = matches
    assert found == {}


def test_locks_pin_every_dependency_within_its_bounds_and_the_development_lock_adds_only() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    run, extra, dev = map(pins, ("requirements.lock", "requirements-apprise.lock", "requirements-dev.lock"))
    assert run.items() <= extra.items() <= dev.items()
    for lock, wanted in (
        (run, project["project"]["dependencies"]),
        (extra, project["project"]["optional-dependencies"]["apprise"]),
        (dev, project["dependency-groups"]["dev"]),
        (pins(".ci/peers.lock"), project["dependency-groups"]["peers"]),
    ):
        for requirement in map(Requirement, wanted):
            version = lock.get(canonicalize_name(requirement.name))
            assert version, f"{requirement.name} is in no lock: run .ci/lock"
            assert version in requirement.specifier, f"{requirement} is pinned to {version}: run .ci/lock"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", ".ci/peers.lock"])
def test_locks_hold_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text
    for entry in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in entry, entry


def test_lock_of_node_packages_holds_exact_versions_hashes_and_no_address() -> None:
    wanted = json.loads((ROOT / ".ci/node/package.json").read_bytes())["dependencies"]
    packages = json.loads((ROOT / ".ci/node/package-lock.json").read_bytes())["packages"]
    assert packages.pop("")["dependencies"] == wanted, "run .ci/lock"
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    for name, package in packages.items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name
