"""Read documents to be tried: JSON Lines, text, saved pages, addresses. One at a time; nothing is matched or stored.

What cannot be read is handed on as `Trouble` in its place, so that it costs itself only.
"""

from __future__ import annotations

import asyncio
import gzip
import zlib
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self, cast

from alerts.trial.jsonline import read_line
from alerts.trial.value import Document, Trouble
from crawler.article import settle
from crawler.clock import utc_now
from crawler.errors import CrawlError, ParseError
from crawler.model import ExtractedPage, ExtractRules, FeedEntry, PendingEntry
from crawler.parse.charset import decode_body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crawler.child import Worker
    from crawler.config import CrawlConfig, Source
    from crawler.onepage import FetchedPage

STDIN = "-"
MAX_FILE_BYTES = 32 << 20  # pages saved with their pictures inside have a few MiB
MAX_LINE_BYTES = 32 << 20
_PAGE_SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
_MARKUP_STARTS = (b"<!doctype html", b"<html")


@dataclass(frozen=True, slots=True)
class _File:
    """A file by name: what it is called without ``.gz``, and whether it is packed."""

    path: Path
    suffix: str
    packed: bool

    @classmethod
    def named(cls, name: str) -> _File:
        path = Path(name)
        packed = path.suffix.lower() == ".gz"
        return cls(path, (path.with_suffix("") if packed else path).suffix.lower(), packed)

    def open(self) -> BinaryIO:
        return cast("BinaryIO", gzip.open(self.path)) if self.packed else self.path.open("rb")


class Reader:
    """Reads what the command line names. A context manager: saved pages are parsed in a child that it ends."""

    def __init__(self, config: CrawlConfig, stdin: BinaryIO, notice: Callable[[str], None]) -> None:
        self._config = config
        self._stdin = stdin
        self._notice = notice  # takes what people should know of how a file was read
        self._open = ExitStack()
        self._runner: asyncio.Runner | None = None
        self._worker: Worker | None = None
        self._fetched: Mapping[str, FetchedPage | CrawlError] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._worker is not None and self._runner is not None:
            self._runner.run(self._worker.close())
        self._open.close()

    def read(self, names: Sequence[str]) -> Iterator[Document | Trouble]:
        """Yield the documents of all inputs in the order of *names*."""
        for name in names:
            try:
                if name == STDIN:
                    yield from self._read_lines(self._stdin, "standard input")
                elif is_address(name):
                    yield self._read_address(name, names)
                else:
                    yield from self._read_file(name)
            except CrawlError as error:
                yield Trouble(name, str(error))
            except (OSError, EOFError, zlib.error) as error:
                yield Trouble(name, _explain(error, name))

    def _read_lines(self, lines: BinaryIO, name: str) -> Iterator[Document | Trouble]:
        number = 0
        while line := lines.readline(MAX_LINE_BYTES):
            number += 1
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if not line.endswith(b"\n") and len(line) == MAX_LINE_BYTES:
                while (rest := lines.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                    pass
                yield Trouble(f"{name}:{number}", f"longer than {MAX_LINE_BYTES >> 20} MiB", is_line=True)
            elif not line.isspace():
                yield read_line(line, f"{name}:{number}", str(number))

    def _read_file(self, name: str) -> Iterator[Document | Trouble]:
        file = _File.named(name)
        with file.open() as opened:
            if file.suffix == ".jsonl":
                yield from self._read_lines(opened, name)
                return
            body = opened.read(MAX_FILE_BYTES + 1)
        if len(body) > MAX_FILE_BYTES:
            raise ParseError(f"larger than {MAX_FILE_BYTES >> 20} MiB")
        if file.suffix in _PAGE_SUFFIXES or body[:1024].lstrip().lower().startswith(_MARKUP_STARTS):
            page = self._extract(body, f"https://example.org/{file.path.name}")
            yield self._from_page(page, file.path.name, f"https://example.org/{file.path.name}")
        else:
            yield self._from_text(body, name)

    def _from_text(self, body: bytes, name: str) -> Document:
        decoded = decode_body(body, None)
        if "\0" in decoded.text or body.startswith(b"%PDF-"):
            raise ParseError("is no text; give a text file, a saved page (.html) or JSON Lines (.jsonl)")
        if decoded.encoding == "cp1252" or decoded.replaced:
            read_as = "Windows-1252" if decoded.encoding == "cp1252" else decoded.encoding
            lost = f", {decoded.replaced} characters could not be read" if decoded.replaced else ""
            self._notice(f"{name}: not UTF-8, read as {read_as}{lost}; if it looks wrong, save it as UTF-8")
        text = decoded.text.replace("\r\n", "\n").replace("\r", "\n")
        return Document(Path(name).name, "", text)

    def _extract(self, body: bytes, url: str) -> ExtractedPage:
        from crawler.child import Worker  # only pages need a child

        if self._runner is None or self._worker is None:
            self._runner = self._open.enter_context(asyncio.Runner())
            self._worker = Worker(children=1)
        return self._runner.run(self._worker.extract_page(body, None, url))

    def _read_address(self, name: str, names: Sequence[str]) -> Document:
        from crawler.onepage import fetch_pages, find_source  # brings Scrapy, 0.5 s

        if name not in self._fetched:
            addresses = [address for address in names if is_address(address)]
            self._fetched = asyncio.run(fetch_pages(self._config, addresses))
        answer = self._fetched[name]
        if isinstance(answer, CrawlError):
            raise answer
        return self._from_page(answer.page, name, answer.url, find_source(self._config, name))

    def _from_page(self, page: ExtractedPage, name: str, url: str, source: Source | None = None) -> Document:
        """Return the article as the crawl would store it, had its feed said nothing but the address."""
        now = utc_now()
        asked = name if is_address(name) else url
        pending = PendingEntry(0, "", FeedEntry("", url=asked), now, 0)
        language, rules = (source.language, source.extract.rules) if source else (None, ExtractRules())
        article = settle.from_page(pending, page, url, language, rules)
        if article is None:
            raise ParseError("no article text on the page")
        if page.keep_missed:
            self._notice(f"{name}: nothing of extract.keep stands on the page; it is read as usual")
        if article.doubt:
            self._notice(f"{name}: odd about the page: {article.doubt}")
        published = article.published.isoformat() if article.published else None
        outlet = source.id if source else None
        return Document(name, article.title, article.text, url, outlet, published, article.language)


def is_address(name: str) -> bool:
    """Tell whether an input is to be asked for over the network."""
    return name.lower().startswith(("http://", "https://"))


def _explain(error: BaseException, name: str) -> str:
    if isinstance(error, IsADirectoryError):
        return "is a folder; name the files in it"
    if isinstance(error, FileNotFoundError):
        looks_like_host = (
            "." in name.partition("/")[0].strip(".") and "/" in name and not name.startswith(".")
        )
        return "no such file" + (f"; for an address write https://{name}" if looks_like_host else "")
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror}"
    return f"cannot be unpacked: {error}"
