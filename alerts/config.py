"""What the alerts are told: topics and channels, checked together with the crawl's own configuration.

YAML becomes values once, here; nothing is sent, matched or stored. Platforms bring the models of their keys.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr

from alerts.channels import PLATFORMS
from alerts.configkeys import (
    COMMON_KEYS,
    At,
    ChannelEntry,
    ChannelsFile,
    Every,
    Instant,
    OnUnknown,
    Quiet,
    Send,
    Told,
    Topic,
    TopicsFile,
)
from alerts.match.lexicon import Lexicon, read_lexicon
from alerts.match.rule import TopicRule
from alerts.match.topic import find_rule_problems
from alerts.message.template import read_template
from alerts.place import place_of
from alerts.platformname import find_platform
from alerts.secrets import register_all
from crawler.config import CrawlConfig, Settings, read_crawl_files
from crawler.errors import ConfigError, ConfigProblem, state_path_hint
from crawler.validation import (
    declared_ids,
    find_dangling,
    find_duplicates,
    in_order,
    list_entries,
    suggest,
    validate,
)
from crawler.yamlfile import Document, KeyPath, parse_key, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from alerts.message.platform import ChannelKeys, Platform
    from crawler.config import Source

__all__ = [
    "At",
    "Channel",
    "Config",
    "Every",
    "Instant",
    "Quiet",
    "Send",
    "SkippedChannel",
    "encoding_of",
    "load_config",
]


@dataclass(frozen=True, slots=True)
class Channel:
    """One configured destination."""

    id: str
    platform: Platform
    keys: ChannelKeys  # an instance of ``platform.keys``
    topics: tuple[str, ...]  # topic ids, in configuration order unless the channel lists its own
    send: Send = field(default_factory=Instant)
    quiet: Quiet | None = None
    max_stories: int = 20
    urgent_at_once: bool = False
    group_wait: timedelta = timedelta(0)
    heartbeat: timedelta | None = None
    template: str = ""  # the text of the channel's own template
    changes: Told = "figures"
    on_unknown: OnUnknown = "resend"
    place: str = ""  # equal for channels whose messages go to one place


@dataclass(frozen=True, slots=True)
class SkippedChannel:
    """A channel that cannot be used yet because *variables* (or keys) hold nothing."""

    id: str
    variables: tuple[str, ...]
    topics: tuple[str, ...]  # as in `Channel`


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration, valid."""

    crawl: CrawlConfig
    topics: tuple[TopicRule, ...]
    lexicon: Lexicon
    channels: tuple[Channel, ...]
    skipped: tuple[SkippedChannel, ...]
    operators: tuple[str, ...]  # ids of channels, skipped ones included
    warnings: tuple[str, ...]


def encoding_of(source: Source | None) -> str:
    """Return in which encoding a source's texts are read that are too short to judge."""
    return (source.encoding if source else None) or "unicode"


def load_config(
    folder: Path, database: str | None = None, *, environ: Mapping[str, str] | None = None
) -> Config:
    """Read the whole configuration in *folder*; every secret in it is registered for redaction.

    ``settings.yaml`` and ``channels.yaml`` may be missing. *database* is as in
    `crawler.config.load_crawl_config`. Raises `ConfigError` with every problem of every file.
    """
    crawl = read_crawl_files(folder, database, environ=environ)
    folder = folder.absolute()
    topics_file = read_yaml(folder / "topics.yaml", environ=environ)
    channels_file = read_yaml(folder / "channels.yaml", environ=environ, optional=True)
    problems = list(crawl.problems)
    lexicon, topics = _read_topics(folder, topics_file, problems)
    known_topics = declared_ids(topics_file, "topics")
    if known_topics:
        for index, source in list_entries(crawl.sources, "sources"):
            problems += _find_unknown_topics(
                crawl.sources, ("sources", index, "topics"), source, known_topics
            )
    channels, skipped, operators = _read_channels(folder, channels_file, known_topics, problems)
    if problems or crawl.config is None or lexicon is None:
        raise ConfigError(*in_order(problems))
    register_all(_find_secrets(crawl.config, channels))
    warnings = _find_warnings(
        crawl.config, (crawl.settings, crawl.sources, topics_file, channels_file), channels
    )
    return Config(crawl.config, topics, lexicon, channels, skipped, operators, warnings)


def _read_topics(
    folder: Path, document: Document, problems: list[ConfigProblem]
) -> tuple[Lexicon | None, tuple[TopicRule, ...]]:
    problems += document.problems
    lexicon = None
    try:
        lexicon = read_lexicon(folder / "lexicon.csv")
    except ConfigError as error:
        problems += error.problems
    if document.problems and document.data is None:
        return lexicon, ()
    problems += validate(TopicsFile, document, allow_unset=True).problems
    problems += find_duplicates(document, "topics")
    rules: dict[str, TopicRule] = {}
    places: dict[str, KeyPath] = {}
    for index, _ in list_entries(document, "topics"):
        checked = validate(Topic, document, ("topics", index))
        problems += checked.problems
        if checked.value and checked.value.id not in rules:  # a second one has been reported
            rules[checked.value.id] = TopicRule(**dict(checked.value))
            places[checked.value.id] = ("topics", index)
    if lexicon:
        for found in find_rule_problems(tuple(rules.values()), lexicon):
            problems.append(document.problem((*places[found.topic], *parse_key(found.key)), found.message))
    return lexicon, tuple(rules.values())


def _read_channels(
    folder: Path, document: Document, known_topics: tuple[str, ...], problems: list[ConfigProblem]
) -> tuple[tuple[Channel, ...], tuple[SkippedChannel, ...], tuple[str, ...]]:
    problems += document.problems
    problems += validate(ChannelsFile, document, other_keys=("operators",), allow_unset=True).problems
    problems += validate(ChannelsFile, document, other_keys=("channels",)).problems
    problems += find_duplicates(document, "channels")
    channels: list[Channel] = []
    skipped: list[SkippedChannel] = []
    for index, entry in list_entries(document, "channels"):
        outcome = _read_channel(folder, document, index, entry, known_topics, problems)
        if isinstance(outcome, Channel):
            channels.append(outcome)
        elif outcome:
            skipped.append(outcome)
    operators = document.get(("operators",)) or []
    names = [name for name in operators if isinstance(name, str)] if isinstance(operators, list) else []
    problems += find_dangling(document, ("operators",), names, declared_ids(document, "channels"), "channel")
    return tuple(channels), tuple(skipped), tuple(dict.fromkeys(names))


def _read_channel(
    folder: Path,
    document: Document,
    index: int,
    entry: dict[str, Any],
    known_topics: tuple[str, ...],
    problems: list[ConfigProblem],
) -> Channel | SkippedChannel | None:
    """Return the channel, or why it is skipped, or None when it has problems."""
    at = ("channels", index)
    before = len(problems)
    common = validate(ChannelEntry, document, at, other_keys=entry.keys() - COMMON_KEYS, allow_unset=True)
    problems += common.problems
    if known_topics:
        problems += _find_unknown_topics(document, (*at, "topics"), entry, known_topics)
    if common.value and common.value.quiet and common.value.quiet.start == common.value.quiet.end:
        problems.append(document.problem((*at, "quiet"), "from and to are equal; write a span"))
    if common.value and common.value.group_wait and not isinstance(common.value.send, Instant):
        problems.append(
            document.problem((*at, "group_wait"), "goes with send: instant only; remove one of them")
        )
    template = ""
    if common.value and common.value.template:
        template, found = read_template(folder, common.value.template)
        problems += found
    name = entry.get("platform")
    if not isinstance(name, str):
        problems += _find_unknown_keys(document, at, entry)
        return None
    try:
        platform = find_platform(name)
    except ValueError as fault:
        problems.append(document.problem((*at, "platform"), str(fault)))
        return None
    try:
        keys = validate(platform.keys, document, at, other_keys=COMMON_KEYS, private=True, allow_unset=True)
    except Exception as error:  # a validator from outside that raises what pydantic does not expect
        said = f"the keys of {name} cannot be checked: a validator of theirs raised {type(error).__name__}"
        problems.append(document.problem((*at, "platform"), said))
        return None
    problems += keys.problems
    unset = tuple(dict.fromkeys((*common.unset, *keys.unset)))
    if len(problems) > before:
        return None
    if unset:
        topics = entry.get("topics")
        wanted = tuple(topics) if isinstance(topics, list) and topics else known_topics
        return SkippedChannel(str(entry.get("id")), unset, wanted)
    if common.value is None or keys.value is None:
        return None
    hours = common.value.quiet
    return Channel(
        common.value.id,
        platform,
        keys.value,
        common.value.topics or known_topics,
        common.value.send,
        Quiet(hours.start, hours.end, hours.exception == "urgent") if hours else None,
        common.value.max_stories,
        common.value.urgent == "instant",
        common.value.group_wait,
        common.value.heartbeat,
        template,
        common.value.changes,
        common.value.on_unknown,
        place_of(platform, keys.value),
    )


def _find_unknown_keys(
    document: Document, at: tuple[str | int, ...], entry: dict[str, Any]
) -> list[ConfigProblem]:
    """Report keys that no platform has: without a platform no model could."""
    known = COMMON_KEYS | {name for platform in PLATFORMS.values() for name in platform.keys.model_fields}
    return [
        document.problem((*at, key), f"unknown key; {suggest(key, known)}")
        for key in entry
        if key not in known and not key.endswith("_file")
    ]


def _find_unknown_topics(
    document: Document, at: KeyPath, entry: dict[str, Any], known: tuple[str, ...]
) -> tuple[ConfigProblem, ...]:
    names = entry.get("topics")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return ()  # null, all, or a wrong type that the model reports
    return find_dangling(document, at, names, known, "topic")


def _secrets_in(value: object) -> Iterator[str]:
    match value:
        case SecretStr():
            yield value.get_secret_value()
        case BaseModel():
            for _, item in value:
                yield from _secrets_in(item)
        case dict():
            for item in value.values():
                yield from _secrets_in(item)
        case list() | tuple():
            for item in value:
                yield from _secrets_in(item)


def _find_secrets(crawl: CrawlConfig, channels: tuple[Channel, ...]) -> Iterator[str]:
    for channel in channels:
        yield from _secrets_in(channel.keys)
    for source in crawl.sources:
        yield from (value for value in _secrets_in(source.headers) if len(value) >= 16)
    # The rest of a database or proxy address is needed to understand an error about it.
    password = urlsplit(crawl.database_url).password or ""
    yield from (password, unquote(password))
    for proxy in map(crawl.proxy_for, (None, *crawl.sources)):
        if proxy and proxy.username is not None:
            yield from (proxy.password or "", proxy.login)
            if len(proxy.username) >= 16:  # a key, where it is no name
                yield proxy.username


def _find_warnings(
    crawl: CrawlConfig, documents: tuple[Document, ...], channels: tuple[Channel, ...]
) -> tuple[str, ...]:
    warnings = []
    if crawl.settings.contact == Settings.model_fields["contact"].default:
        name = state_path_hint(documents[0].path)
        warnings.append(f"{name}: contact is still the example; sites ask whom to write to")
    for channel in channels:
        passes = channel.quiet is not None and channel.quiet.except_urgent
        if passes and isinstance(channel.send, At) and not channel.urgent_at_once:
            warnings.append(
                f"{state_path_hint(documents[-1].path)}: channel {channel.id}: except: urgent lets nothing"
                " through while send names times of day; write urgent: instant beside it"
            )
    name = state_path_hint(documents[-1].path)
    first: dict[str, Channel] = {}
    for channel in channels:
        other = first.setdefault(channel.place or channel.id, channel)
        if other is not channel and set(other.topics) & set(channel.topics):
            warnings.append(
                f"{name}: channels {other.id} and {channel.id} lead to one place: an article on topics of both is told"
                f" by {other.id} only"
            )
    for document in documents:
        try:
            mode = stat.S_IMODE(document.path.stat().st_mode)
        except OSError:  # an optional file that is not there
            continue
        name = state_path_hint(document.path)
        if mode & stat.S_IWOTH:
            warnings.append(f"{name}: every user of this machine can change it; run: chmod o-w {name}")
    return tuple(warnings)
