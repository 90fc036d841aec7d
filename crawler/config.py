"""What the crawl is told: `Settings` and `Source`s, read once from ``settings.yaml`` and ``sources.yaml``.

It refuses anything about topics and chat, and reads no other file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, PlainValidator, SecretStr

from crawler.configvalue import (
    DIRECT,
    Certificate,
    Contact,
    Database,
    Duration,
    Headers,
    Language,
    Line,
    PositiveDuration,
    ProxyAddress,
    Selectors,
    Slug,
    SourceProxy,
    TimeZone,
    Url,
    resolve_database,
)
from crawler.errors import ConfigError, ConfigProblem
from crawler.model import ExtractRules
from crawler.proxyaddress import Proxy, parse_proxy
from crawler.validation import StrictModel, find_duplicates, in_order, list_entries, validate
from crawler.yamlfile import Document, read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

RouteKind = Literal["feed", "wordpress", "sitemap", "listing", "telegram"]
Perspective = Literal["independent", "ethnic", "junta", "international", "humanitarian", "aggregator"]


def _parse_scope(value: object) -> tuple[str, ...] | Literal["all"] | None:
    if value is None or value == "all":
        return value
    if isinstance(value, list | tuple) and value and all(isinstance(name, str) for name in value):
        return tuple(dict.fromkeys(value))
    raise ValueError("write null, all or a list of topic ids: [loikaw]")


class Network(StrictModel):
    """How requests leave this machine; applies to sources and channels."""

    allow_private_addresses: bool = False
    proxy: ProxyAddress | None = None
    delay: Duration = timedelta(seconds=1)

    @property
    def way_out(self) -> Proxy | None:
        """Return `proxy` taken apart, None for direct connections."""
        return parse_proxy(self.proxy.get_secret_value()) if self.proxy else None


class Settings(StrictModel):
    """``settings.yaml``. The defaults are good for a first run."""

    timezone: TimeZone = "Asia/Yangon"
    database: Database = SecretStr("sqlite:///var/newswatch.db")
    contact: Contact = "https://example.org/newswatch"
    network: Network = Network()
    retention: PositiveDuration = timedelta(days=365)
    first_run_window: Duration = timedelta(hours=24)
    reread: bool = True

    @property
    def user_agent(self) -> str:
        """How we introduce ourselves, to outlets and to chat servers: some refuse clients without a name."""
        return f"newswatch/0.1 (+{self.contact})" if self.contact else "newswatch/0.1"


class Route(StrictModel):
    """One way to a source's entries. For ``wordpress``, *url* is the site; for ``telegram``, its /s/ page."""

    kind: RouteKind = Field(description="write feed, wordpress, sitemap, listing or telegram")
    url: Url = Field(description="write the address to read")


class Extract(StrictModel):
    """How the articles of a source stand on their pages, where the usual reading of them goes wrong."""

    keep: Selectors = ()
    drop: Selectors = ()
    min_chars: int | None = Field(default=None, ge=1, le=5000)

    @property
    def rules(self) -> ExtractRules:
        """Return the plain value that the reader of pages is given."""
        return ExtractRules(self.keep, self.drop, self.min_chars)


class Source(StrictModel):
    """One outlet as ``sources.yaml`` names it."""

    id: Slug = Field(description="write an id that no other source has")
    name: Line = Field(description="write the outlet's name as digests shall show it")
    language: Language = Field(description="write a language code such as en or my")
    perspective: Perspective = Field(description="write who speaks, such as independent or ethnic")
    every: PositiveDuration = timedelta(minutes=30)
    routes: tuple[Route, ...] = Field(min_length=1, description="write at least one {kind: feed, url: ...}")
    full_text: Literal["page", "feed", "auto"] = "page"
    extract: Extract = Extract()
    topics: Annotated[tuple[str, ...] | Literal["all"] | None, PlainValidator(_parse_scope)] = None
    headers: Headers = Field(default_factory=dict)
    delay: Duration | None = None
    proxy: SourceProxy | None = None
    certificate: Certificate | None = None
    encoding: Literal["zawgyi", "unicode"] | None = None
    enabled: bool = True


class SourcesFile(StrictModel):
    """Shape of ``sources.yaml``; its entries are read one by one, so that one defect hides no other."""

    sources: tuple[dict[str, Any], ...] = Field(min_length=1, description="write at least one source")


@dataclass(frozen=True, slots=True)
class CrawlConfig:
    """Everything that a crawl is told. ``database_url`` may hold a password: not in the repr."""

    folder: Path  # absolute configuration folder
    settings: Settings
    sources: tuple[Source, ...]
    database_url: str = field(repr=False)  # final: a relative SQLite path has been resolved

    def delay_for(self, source: Source) -> timedelta:
        """Return the least time between two requests to one host of *source*."""
        return self.settings.network.delay if source.delay is None else source.delay

    def certificate_for(self, source: Source | None, host: str) -> bytes | None:
        """Return the SHA-256 of the only certificate that *host* may show to *source*; None: any that is valid."""
        if source is None or source.certificate is None:
            return None
        hosts = {urlsplit(str(route.url)).hostname for route in source.routes}
        return source.certificate if host in hosts else None

    def proxy_for(self, source: Source | None) -> Proxy | None:
        """Return the proxy for *source* (None: for what is no source's); None for a direct connection."""
        if source is None or source.proxy is None:
            return self.settings.network.way_out
        address = source.proxy.get_secret_value()
        return None if address == DIRECT else parse_proxy(address)


@dataclass(frozen=True, slots=True)
class CrawlFiles:
    """The two files as read: what was understood, and what is wrong. ``alerts.config`` goes on from here."""

    config: CrawlConfig | None
    settings: Document
    sources: Document
    problems: tuple[ConfigProblem, ...]


def load_crawl_config(
    folder: Path, database: str | None = None, *, environ: Mapping[str, str] | None = None
) -> CrawlConfig:
    """Read ``settings.yaml`` (may be missing) and ``sources.yaml`` of *folder*.

    *database* overrides the setting, its relative SQLite path counted from the working folder; the setting's
    counts from the parent of *folder*. Raises `ConfigError` with every problem found.
    """
    files = read_crawl_files(folder, database, environ=environ)
    if files.config is None:
        raise ConfigError(*in_order(files.problems))
    return files.config


def read_crawl_files(
    folder: Path, database: str | None = None, *, environ: Mapping[str, str] | None = None
) -> CrawlFiles:
    """Do the work of `load_crawl_config` but return the problems, for reports over more files."""
    folder = folder.absolute()
    settings_file = read_yaml(folder / "settings.yaml", environ=environ, optional=True)
    sources_file = read_yaml(folder / "sources.yaml", environ=environ)
    problems = [*settings_file.problems, *sources_file.problems]
    settings = validate(Settings, settings_file)
    problems += settings.problems
    sources: list[Source] = []
    if sources_file.data is not None or not sources_file.problems:
        problems += validate(SourcesFile, sources_file, allow_unset=True).problems
        for index, _ in list_entries(sources_file, "sources"):
            checked = validate(Source, sources_file, ("sources", index))
            problems += checked.problems
            sources += [checked.value] if checked.value else []
        problems += find_duplicates(sources_file, "sources")
    url = ""
    try:
        if database is not None:
            url = resolve_database(database, Path.cwd())
        elif settings.value:
            url = resolve_database(settings.value.database.get_secret_value(), folder.parent)
    except ValueError as error:
        problems.append(ConfigProblem("--database", 0, "", str(error)))
    config = (
        CrawlConfig(folder, settings.value, tuple(sources), url) if settings.value and not problems else None
    )
    return CrawlFiles(config, settings_file, sources_file, tuple(problems))
