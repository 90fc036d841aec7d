"""``python -m alerts`` is ``newswatch``."""

from __future__ import annotations

import sys

from alerts.cli import main

if __name__ == "__main__":
    sys.exit(main())
