"""Puts the shipped configuration into the wheel, so that an installed program has its lexicon for the demo.

Everything else is in pyproject.toml.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithConfig(build_py):
    """Copy ``config/`` to ``alerts/shipped`` in the built package."""

    def run(self) -> None:
        super().run()
        target = Path(self.build_lib) / "alerts" / "shipped"
        target.mkdir(parents=True, exist_ok=True)
        for path in sorted(Path("config").iterdir()):
            if path.suffix in (".yaml", ".csv"):
                shutil.copyfile(path, target / path.name)


setup(cmdclass={"build_py": BuildWithConfig})
