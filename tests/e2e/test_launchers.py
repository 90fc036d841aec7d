"""The launchers, run as users and cron run them, in a small checkout of their own.

Its locks name tiny wheels made here, so an installation is real, hashes included, and needs no network.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

MAIN = """
import json, os, sys
import tiny
try:
    import other
except ImportError:
    other = None
mask = os.umask(0o022)
print(json.dumps({"arguments": sys.argv[1:], "config": os.environ.get("NEWSWATCH_CONFIG"), "umask": mask,
                  "utf8": sys.flags.utf8_mode, "tiny": tiny.VERSION,
                  "other": other and other.VERSION, "safe_path": sys.flags.safe_path}))
raise SystemExit(int(os.environ.get("EXIT_WITH", "0")))
"""


def write_wheel(folder: Path, version: str, name: str = "tiny") -> str:
    """Make a wheel of one module and return its line in a lock."""
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{name}.py", f"VERSION = {version!r}\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(
            f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"
        )
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return f"{name} @ {wheel.as_uri()} --hash=sha256:{digest}\n"


class Checkout:
    """A checkout of the launchers, a lock of one wheel and a program that tells how it was started."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "check out"  # a space, as in many a home folder
        self.elsewhere = folder / "elsewhere"
        self.binaries = folder / "bin"
        for path in (self.root / ".ci", self.root / "alerts", self.elsewhere, self.binaries):
            path.mkdir(parents=True)
        for name in ("newswatch", "runtests", ".ci/venv.sh"):
            shutil.copy(ROOT / name, self.root / name)
        (self.root / "alerts/__init__.py").touch()
        (self.root / "alerts/__main__.py").write_text(MAIN)
        (self.binaries / "python3").symlink_to(os.path.realpath(sys.executable))
        self.write_locks("1.0")
        self.first_stdout: list[str] = []
        self.first_stderr: list[str] = []

    @property
    def stamp(self) -> Path:
        return self.root / ".venv/.installed-run"

    def write_locks(self, version: str) -> None:
        line = write_wheel(self.root.parent, version)
        more = line + write_wheel(self.root.parent, version, "other")
        for name, lines in (("", line), ("-apprise", more), ("-dev", more)):
            (self.root / f"requirements{name}.lock").write_text(lines)

    def environment(self) -> dict[str, str]:
        """Return what cron gives a job, no HOME included; nothing of the caller's comes through."""
        return {"PATH": f"{self.binaries}:/usr/bin:/bin"}

    def start(
        self, *arguments: str, by: Path | None = None, cwd: Path | None = None, **extra: str
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(by or self.root / "newswatch"), *arguments],
            cwd=cwd or self.elsewhere,
            env=self.environment() | extra,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(
        self, *arguments: str, by: Path | None = None, cwd: Path | None = None, **extra: str
    ) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, by=by, cwd=cwd, **extra)
        stdout, stderr = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Return a checkout whose first start is over; three starts at once shared the installation."""
    checkout = Checkout(tmp_path_factory.mktemp("installed"))
    starts = [checkout.start(name) for name in ("one", "two", "three")]
    answers = [start.communicate(timeout=120) for start in starts]
    assert [start.returncode for start in starts] == [0, 0, 0], answers
    checkout.first_stdout = [stdout for stdout, _ in answers]
    checkout.first_stderr = sorted(stderr for _, stderr in answers)
    return checkout


def test_first_starts_at_once_install_once_and_all_run(installed: Checkout) -> None:
    assert all('"tiny": "1.0"' in stdout and stdout.count("\n") == 1 for stdout in installed.first_stdout)
    *waiting, installing = sorted(installed.first_stderr, key=lambda text: "first start" in text)
    assert installing == "newswatch: first start: installing 1 packages into .venv ... (about a minute)\n"
    # A start that came late enough found everything done and said nothing.
    assert set(waiting) <= {"newswatch: another start is installing into .venv; waiting for it\n", ""}
    assert not (installed.root / ".venv.lock").exists()


def test_later_start_is_silent_and_passes_arguments_and_status(installed: Checkout) -> None:
    later = installed.run("a b", "", "*", "--x=y", EXIT_WITH="7")
    assert '"arguments": ["a b", "", "*", "--x=y"]' in later.stdout
    assert later.returncode == 7
    assert later.stderr == ""


def test_program_gets_utf8_a_private_mask_and_no_module_of_the_working_folder(installed: Checkout) -> None:
    (installed.elsewhere / "tiny.py").write_text("VERSION = 'of the working folder'\n")
    started = installed.run()
    assert '"utf8": 1' in started.stdout
    assert f'"umask": {0o077}' in started.stdout
    assert '"safe_path": true' in started.stdout
    assert "of the working folder" not in started.stdout


def test_a_stray_pythonpath_changes_nothing(installed: Checkout, tmp_path: Path) -> None:
    (tmp_path / "tiny.py").write_text("VERSION = 'stray'\n")
    started = installed.run(PYTHONPATH=str(tmp_path), PYTHONHOME="/nonexistent")
    assert started.returncode == 0, started.stderr
    assert "stray" not in started.stdout


def test_configuration_of_the_checkout_is_used_only_where_no_other_is_named(
    installed: Checkout, tmp_path: Path
) -> None:
    assert f'"config": "{installed.root}/config"' in installed.run(cwd=tmp_path).stdout
    assert '"config": "other"' in installed.run(cwd=tmp_path, NEWSWATCH_CONFIG="other").stdout
    (tmp_path / "config").mkdir()
    assert '"config": null' in installed.run(cwd=tmp_path).stdout


def test_works_through_symlinks_relative_and_absolute(installed: Checkout, tmp_path: Path) -> None:
    absolute = tmp_path / "absolute"
    absolute.symlink_to(installed.root / "newswatch")
    (tmp_path / "deep").mkdir()
    relative = tmp_path / "deep/relative"
    relative.symlink_to("../absolute")
    for link in (absolute, relative):
        started = installed.run("linked", by=link)
        assert started.returncode == 0, started.stderr
        assert '"arguments": ["linked"]' in started.stdout
        assert started.stderr == ""


def test_works_with_no_environment_at_all(installed: Checkout) -> None:
    bare = subprocess.run(
        ["/usr/bin/env", "-i", str(installed.root / "newswatch"), "bare"],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert bare.returncode == 0, bare.stderr
    assert '"arguments": ["bare"]' in bare.stdout


def test_changed_lock_installs_again_even_when_that_was_killed(installed: Checkout) -> None:
    installed.write_locks("2.0")
    first = installed.start()
    deadline = time.monotonic() + 60
    while installed.stamp.exists() or not (installed.root / ".venv/bin/python").exists():
        assert time.monotonic() < deadline
        assert first.poll() is None
        time.sleep(0.01)
    # The shell alone, as the kernel's memory killer would do: the installer lives on for a while.
    os.kill(first.pid, signal.SIGKILL)
    first.communicate(timeout=60)
    assert not installed.stamp.exists()
    assert (installed.root / ".venv.lock").is_dir()

    second = installed.run("second")
    assert second.returncode == 0, second.stderr
    assert '"tiny": "2.0"' in second.stdout
    assert not (installed.root / ".venv.lock").exists()
    assert installed.run().stderr == ""


@pytest.mark.slow
def test_extra_is_added_once_and_again_after_a_changed_lock(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    refused = checkout.run("--add", "nothing")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "newswatch: --add takes the name of an extra: apprise\n"
    assert '"other": null' in checkout.run().stdout
    added = checkout.run("--add", "apprise")
    assert (added.returncode, added.stdout) == (0, "")
    installing, done = added.stderr.splitlines()
    assert (
        installing == "newswatch: the package apprise: installing 2 packages into .venv ... (about a minute)"
    )
    assert done == "newswatch: apprise is installed, and will be after every update"
    later = checkout.run("later")
    assert '"other": "1.0"' in later.stdout
    assert later.stderr == ""
    checkout.write_locks("2.0")
    updated = checkout.run()
    assert '"tiny": "2.0", "other": "2.0"' in updated.stdout
    assert "has changed: installing 2 packages" in updated.stderr
    assert checkout.run().stderr == ""


def test_terminated_install_leaves_no_lock_and_no_stamp(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    first = checkout.start()
    deadline = time.monotonic() + 60
    while not (checkout.root / ".venv.lock/installer").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(first.pid, signal.SIGTERM)
    stdout, _ = first.communicate(timeout=60)
    assert first.returncode == 143
    assert stdout == ""
    assert not checkout.stamp.exists()
    assert not (checkout.root / ".venv.lock").exists()


def test_wrong_hash_is_refused_and_nothing_is_started(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    lock = checkout.root / "requirements.lock"
    line, _, digest = lock.read_text().strip().rpartition(":")
    lock.write_text(f"{line}:{digest[::-1]}\n")
    refused = checkout.run()
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert "the installation failed, and nothing was started" in refused.stderr
    assert "DO NOT MATCH THE HASHES" in refused.stderr
    assert not checkout.stamp.exists()
    assert not (checkout.root / ".venv.lock").exists()


def test_without_a_fitting_python_one_line_names_the_remedy(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    (checkout.binaries / "python3").unlink()
    (checkout.binaries / "python3").write_text("#!/bin/sh\nexit 1\n")  # stands for a Python that is too old
    (checkout.binaries / "python3").chmod(0o755)
    for tool in ("sh", "cksum", "mkdir", "mv", "rm", "grep", "sleep", "rmdir", "tail"):
        found = shutil.which(tool, path="/usr/bin:/bin")
        assert found
        (checkout.binaries / tool).symlink_to(found)
    refused = checkout.run(PATH=str(checkout.binaries))
    assert refused.returncode == 1
    _, last = refused.stderr.splitlines()
    assert last.startswith("newswatch: needs Python 3.11, 3.12 or 3.13 on the PATH")
    assert "apt-get install python3 python3-venv" in last
    assert not (checkout.root / ".venv.lock").exists()


def test_where_no_lock_can_be_made_it_stops_instead_of_waiting(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    # What a read-only checkout does to mkdir, without depending on who runs the tests.
    (checkout.root / ".venv.lock").touch()
    refused = checkout.run()
    assert refused.returncode == 1
    assert refused.stderr.startswith("newswatch: cannot write to ")
    assert len(refused.stderr.splitlines()) == 1


def test_launchers_are_plain_posix_shell() -> None:
    shell = shutil.which("dash") or "/bin/sh"
    for name in ("newswatch", "runtests", ".ci/venv.sh"):
        subprocess.run([shell, "-n", str(ROOT / name)], check=True)
    for name in ("newswatch", "runtests", ".ci/run", ".ci/lock"):
        assert os.access(ROOT / name, os.X_OK), f"{name} has no run bit"
