"""The exception tree of the whole program. Outcomes of normal life are values, not exceptions.

NewswatchError
├── ConfigError        file, key path, what was found, what is allowed
├── CrawlError
│   ├── FetchError     status or transport cause
│   ├── ParseError     feed or page that cannot be read
│   └── RunEndsError   not read: the time is up
├── StoreError         database missing, lost, locked, too new, unusable
└── TransportError     a request that got no response
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class NewswatchError(Exception):
    """Base of every error that is reported to a person in one line."""


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One thing that is wrong in the configuration, and how to mend it."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.line else f"{self.file}: "
        return f"{where}{self.key}: {self.message}" if self.key else f"{where}{self.message}"


class ConfigError(NewswatchError):
    """Everything that is wrong in the configuration, at once."""

    def __init__(self, *problems: ConfigProblem) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class CrawlError(NewswatchError):
    """A source could not be read."""


class FetchError(CrawlError):
    """No usable answer: a bad status or a transport failure. *temporary*: asking again later may help."""

    def __init__(
        self, cause: str, *, status: int | None = None, transport: bool = False, temporary: bool = False
    ) -> None:
        self.cause = cause
        self.status = status
        self.transport = transport
        self.temporary = temporary or transport
        super().__init__(cause)


class ParseError(CrawlError):
    """Bytes that came but are no feed or page. *temporary*: it was the machine's fault, not the document's."""

    def __init__(self, cause: str, *, temporary: bool = False) -> None:
        self.temporary = temporary
        super().__init__(cause)


class RunEndsError(CrawlError):
    """The run's time is up: nobody failed, and what was being asked for is asked for next time."""


class StoreError(NewswatchError):
    """The database cannot be used; *path* or URL (without password) and the remedy are in the text."""


class TransportError(NewswatchError):
    """A request that got no response; *sent* tells whether the server may have acted on it."""

    def __init__(self, cause: str, *, sent: bool) -> None:
        self.sent = sent
        super().__init__(cause)


def state_path_hint(path: Path) -> str:
    """Return *path* as the user would type it: relative when below the working folder."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
