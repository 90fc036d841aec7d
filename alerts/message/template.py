"""A channel's own layout: its Jinja2 template filled with a page of a digest, for platforms whose message is text.

What the template is handed is dressed already: every text is escaped for the platform, links and emphasis are its
markup, so that no template can let an outlet's words become markup. The template's own text is taken as it stands.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from crawler.errors import ConfigProblem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jinja2 import Template

MAX_TEMPLATE_CHARS = 20_000


_STORY = {
    "heading": "Urgent · Loikaw",
    "headline": "Clashes near Loikaw (example.org)",
    "byline": "Example Outlet · independent · English · 22 Nov 12:24 MMT · 3 h ago",
    "sentence": "Fighting near Loikaw went on.",
    "facts": ["Injured: 2 people (a doctor)"],
    "further": ["Other Outlet · English · 2 h ago: Clashes near Loikaw (example.net)"],
    "notes": ["Reported before by Example Outlet"],
}
# What a template is tried on when the configuration is read; the names are those of `alerts.message.prose.dress_page`.
SAMPLE: Mapping[str, object] = {
    "heading": "Loikaw: 1 story",
    "stories": [_STORY, {**_STORY, "heading": "", "sentence": "", "facts": [], "further": [], "notes": []}],
    "also": ["Outlet: a headline (example.com)"],
    "notices": ["Source x: no answer."],
    "tail": ["Read 27 of 28 sources."],
    "footer": "Digest 0a1b2c3d · 22 Nov 12:24 MMT",
    "bullet": "• ",
}


def read_template(folder: Path, name: str) -> tuple[str, tuple[ConfigProblem, ...]]:
    """Return the text of the template *name* of the configuration *folder*, and what is wrong with it."""
    path = folder / name
    try:
        source = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        return "", (ConfigProblem(str(path), 0, "", f"cannot be read: {cause}"),)
    fault = check_template(source, SAMPLE)
    if fault is None:
        return source, ()
    line, cause = fault
    return "", (ConfigProblem(str(path), line, "", f"{cause}; see docs/templates.md"),)


def fill_template(source: str, values: Mapping[str, object]) -> list[str]:
    """Return the lines that the template makes of *values*; blank lines are kept, an unknown name is an error.

    Raises ``jinja2.TemplateError`` for one that fails while it is filled: `check_template` tells beforehand.
    """
    return _compile(source).render(values).strip("\n").split("\n")


def check_template(source: str, values: Mapping[str, object]) -> tuple[int, str] | None:
    """Return line and cause of what is wrong with a template, tried on *values*; None when it works."""
    from jinja2 import TemplateError, TemplateSyntaxError

    if len(source) > MAX_TEMPLATE_CHARS:
        return 1, f"longer than {MAX_TEMPLATE_CHARS:,} characters"
    try:
        lines = fill_template(source, values)
    except TemplateSyntaxError as error:
        return error.lineno, str(error.message)
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        return 1, f"cannot be filled: {error}"
    return None if any(line.strip() for line in lines) else (1, "writes nothing")


@lru_cache(maxsize=32)
def _compile(source: str) -> Template:
    """Compile in the sandbox: a template is the user's own, but may be a stranger's that was copied."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    return environment.from_string(source)
