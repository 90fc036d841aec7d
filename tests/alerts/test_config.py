"""What is promised of topics.yaml, channels.yaml, of the four files together and of secrets."""

from __future__ import annotations

import io
import logging
import re
import shutil
from datetime import time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from alerts import secrets
from alerts.channels import PLATFORMS
from alerts.config import At, Config, Every, Instant, SkippedChannel, load_config
from alerts.configkeys import ChannelEntry, ChannelsFile, QuietHours, Topic, TopicsFile
from crawler.config import Extract, Network, Route, Settings, Source, SourcesFile
from crawler.configvalue import format_duration
from crawler.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "config"
BAD = sorted(GOLDEN.glob("conf.*.yaml"))
ACROSS = {"across": "sources"}  # defects of one file that only another file shows
VARIABLES = {
    "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/canary-slack",
    "DISCORD_WEBHOOK_URL": "https://discord.com/api/webhooks/1/canary-discord",
    "TELEGRAM_TOKEN": "12345678:canary-telegram-0123456789abcdefghi",
    "TELEGRAM_CHAT": "-100123",
    "WEBHOOK_URL": "https://example.org/canary-webhook",
    "WEBHOOK_SECRET": "canary-webhook-secret-0123456789",
    "MATRIX_HOMESERVER": "https://matrix.example.org",
    "MATRIX_TOKEN": "canary-matrix-token",
    "MATRIX_ROOM": "!abc:example.org",
    "NTFY_URL": "https://ntfy.example.org/canary-topic",
}


def a_folder(tmp_path: Path, channels: str | None = None) -> Path:
    folder = tmp_path / "config"
    shutil.copytree(ROOT / "config", folder)
    (folder / "channels.yaml").unlink()
    if channels is not None:
        (folder / "channels.yaml").write_text(channels, encoding="utf-8")
    return folder


def load(folder: Path, **environ: str) -> Config:
    return load_config(folder, environ=environ)


def expected_problems(path: Path) -> list[tuple[int, str, str]]:
    found = re.findall(r"^# expect (\d+): (\S*): (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, "a bad configuration names its problems in '# expect LINE: KEY: MESSAGE' lines"
    return [(int(line), key, message) for line, key, message in found]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem.removeprefix("conf."))
def test_defect_is_reported_with_line_key_and_remedy(path: Path, tmp_path: Path) -> None:
    """A message that ends in "…" is another module's: only its beginning is promised here."""
    kind = path.name.split(".")[1]
    folder = a_folder(tmp_path)
    shutil.copy(path, folder / f"{ACROSS.get(kind, kind)}.yaml")
    with pytest.raises(ConfigError) as caught:
        load(folder)
    problems, expected = caught.value.problems, expected_problems(path)
    assert {Path(problem.file).name for problem in problems} == {f"{ACROSS.get(kind, kind)}.yaml"}
    assert [(p.line, p.key) for p in problems] == [(line, key) for line, key, _ in expected]
    for problem, (_, _, message) in zip(problems, expected, strict=True):
        if message.endswith("…"):
            assert problem.message.startswith(message[:-1])
        else:
            assert problem.message == message
    assert "canary" not in str(caught.value)


def test_defects_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    names = ("settings.alias", "sources.empty-list", "topics.bad-near", "channels.unknown-platform")
    for name in names:
        shutil.copy(GOLDEN / f"conf.{name}.yaml", folder / f"{name.partition('.')[0]}.yaml")
    with (folder / "lexicon.csv").open("a", encoding="utf-8") as file:
        file.write("too,few\n")
    with pytest.raises(ConfigError) as caught:
        load(folder)
    files = list(dict.fromkeys(Path(problem.file).name for problem in caught.value.problems))
    assert sorted(files) == ["channels.yaml", "lexicon.csv", "settings.yaml", "sources.yaml", "topics.yaml"]


def test_shipped_configuration_works_untouched() -> None:
    config = load(ROOT / "config")
    assert [topic.id for topic in config.topics] == ["loikaw", "operation-1111"]
    assert len(config.crawl.sources) == 28
    assert config.channels == ()
    assert config.skipped[0] == SkippedChannel("desk", ("SLACK_WEBHOOK_URL",), ("loikaw", "operation-1111"))
    assert {name for channel in config.skipped for name in channel.variables} == set(VARIABLES)


def test_shipped_channels_are_complete_once_their_variables_are_set() -> None:
    config = load(ROOT / "config", **VARIABLES)
    assert config.skipped == ()
    channels = {channel.id: channel for channel in config.channels}
    assert {channel.platform.name for channel in config.channels} == {
        *("slack", "discord", "telegram", "webhook", "matrix", "ntfy")
    }
    assert channels["desk"].send == Instant()
    assert channels["desk"].quiet is None
    assert channels["phone"].send == At((time(7), time(19)))
    assert channels["telegram"].topics == ("loikaw", "operation-1111")
    assert "canary" not in repr(config)


@pytest.mark.parametrize(
    ("keys", "warns"),
    [
        ('send: {at: ["07:00"]}', True),
        ('send: {at: ["07:00"]}, urgent: instant', False),
        ("send: {every: 1h}", False),
        ("send: instant", False),
    ],
)
def test_exception_that_would_let_nothing_through_is_warned_about(
    keys: str, warns: bool, tmp_path: Path
) -> None:
    quiet = 'quiet: {from: "22:00", to: "06:00", except: urgent}'
    folder = a_folder(tmp_path, f"channels:\n  - {{id: desk, platform: console, {quiet}, {keys}}}\n")
    assert any("urgent: instant" in warning for warning in load(folder).warnings) is warns


@pytest.mark.parametrize("name", ["topics.yaml", "lexicon.csv", "sources.yaml"])
def test_missing_file_is_an_error_that_names_it(name: str, tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    (folder / name).unlink()
    with pytest.raises(ConfigError, match=re.escape(name)):
        load(folder)


def test_missing_channels_file_means_no_channels(tmp_path: Path) -> None:
    config = load(a_folder(tmp_path))
    assert (config.channels, config.skipped, config.operators) == ((), (), ())


def test_channel_without_secret_is_skipped_but_stays_known(tmp_path: Path) -> None:
    channels = """
channels:
  - {id: unset, platform: slack, url: "${NOWHERE}"}
  - {id: blank, platform: slack, url: "${BLANK}"}
  - {id: empty, platform: slack, url: ""}
  - {id: hook, platform: webhook, url: "https://example.org/hook", secret: "${NOWHERE}"}
  - {id: file, platform: slack, url_file: empty.txt}
  - {id: where, platform: slack, url_file: "${NOWHERE}/slack"}
  - {id: screen, platform: console, send: {every: 1h}, topics: [loikaw], max_stories: 3}
operators: [unset, screen]
"""
    folder = a_folder(tmp_path, channels)
    (folder / "empty.txt").write_text("\n")
    config = load(folder, BLANK="  ")
    assert [(channel.id, channel.variables) for channel in config.skipped] == [
        ("unset", ("NOWHERE",)),
        ("blank", ("BLANK",)),
        ("empty", ("url",)),
        ("hook", ("NOWHERE",)),
        ("file", ("url_file",)),
        ("where", ("NOWHERE",)),
    ]
    assert config.operators == ("unset", "screen")
    (screen,) = config.channels
    assert (screen.send, screen.topics, screen.max_stories) == (Every(timedelta(hours=1)), ("loikaw",), 3)


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_secret_file_is_read_without_its_last_newline(ending: str, tmp_path: Path) -> None:
    folder = a_folder(tmp_path, "channels: [{id: desk, platform: slack, url_file: slack.txt}]")
    (folder / "slack.txt").write_bytes(f"https://hooks.slack.com/services/x{ending}".encode())
    keys = load(folder).channels[0].keys.model_dump()
    assert keys["url"].get_secret_value() == "https://hooks.slack.com/services/x"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_platform_shows_a_wrong_secret(platform: str, tmp_path: Path) -> None:
    canary = "canary\u0007 value"
    keys = [name for name, info in PLATFORMS[platform].keys.model_fields.items() if info.annotation]
    lines = "".join(f'    {key}: "canary\\a value"\n' for key in keys)
    folder = a_folder(
        tmp_path, f"channels:\n  - id: desk\n    platform: {platform}\n{lines}    canary: canary\n"
    )
    with pytest.raises(ConfigError) as caught:
        load(folder)
    shown = "\n".join(problem.message for problem in caught.value.problems)
    assert "canary" not in shown
    assert canary not in str(caught.value)


def test_file_that_everybody_can_change_is_warned_about(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    (folder / "topics.yaml").chmod(0o666)
    assert any("topics.yaml: every user" in warning for warning in load(folder).warnings)
    (folder / "topics.yaml").chmod(0o644)
    assert not any("topics.yaml" in warning for warning in load(folder).warnings)


def test_example_contact_is_warned_about(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    assert any("contact" in warning for warning in load(folder).warnings)
    (folder / "settings.yaml").write_text("contact: editor@example.org\n")
    assert not any("contact" in warning for warning in load(folder).warnings)


def test_loaded_secrets_never_reach_a_log(tmp_path: Path) -> None:
    channels = """
channels:
  - {id: desk, platform: slack, url: "https://chat.example.org/canary-in-a-long-path"}
  - {id: room, platform: matrix, homeserver: "https://m.example.org", token: canary-token, room: "!a:b"}
"""
    folder = a_folder(tmp_path, channels)
    url = "postgresql://user:canary%2Fword@db/news"
    (folder / "settings.yaml").write_text(f"database: {url}\n")
    load(folder)
    out = io.StringIO()
    log = logging.Logger("test")
    handler = logging.StreamHandler(out)
    handler.addFilter(secrets.RedactingFilter())
    log.addHandler(handler)
    log.error("posting to https://chat.example.org/canary-in-a-long-path")
    log.error("path %s and %r", "/canary-in-a-long-path", {"token": "canary-token"})
    log.error("cannot connect: %s, canary/word", url)
    log.error("wrong format %d", "canary-token")
    try:
        raise ValueError("canary-token was refused")
    except ValueError:
        log.exception("failed", stack_info=True)
    text = out.getvalue()
    assert "canary" not in text
    assert "ValueError: *** was refused" in text
    assert text.count("***") >= 6


@pytest.mark.parametrize(
    "text",
    [
        "POST https://hooks.slack.com/services/T0/B0/canary",
        "POST https://hooks.slack.com/triggers/E0/1/canary",
        "https://discord.com/api/v10/webhooks/123456/canary-x_y?wait=true",
        "https://api.telegram.org/bot123456:canary/sendMessage",
        "token 123456789:AAcanary_0123456789-abcdefghij",
        "https://chat.example.org/hooks/canary0123456789",
        "https://chat.googleapis.com/v1/spaces/A/messages?key=canary&token=canary",
        "https://x.example.org/invoke?api-version=1&sig=canary%2F",
        "socks5h://user:canary@127.0.0.1:9050",
        "Authorization: Bearer canary0123456789",
        "whsec_canary0123456789==",
    ],
)
def test_known_shapes_of_secrets_are_redacted_unregistered(text: str) -> None:
    assert "canary" not in secrets.redact(text)
    assert secrets.MASK in secrets.redact(text)


def test_ordinary_lines_stay_readable() -> None:
    line = "irrawaddy-en: 12 entries from https://www.irrawaddy.com/feed?paged=2 at 12:34:56, 10:00-11:00"
    assert secrets.redact(line) == line
    secrets.register("feed")  # too short to be a secret
    assert secrets.redact(line) == line


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="*"), min_size=6, max_size=40),
    st.text(max_size=20),
)
@settings(deadline=None, max_examples=100)
def test_registered_secret_never_survives(secret: str, around: str) -> None:
    before = set(secrets._registered), list(secrets._longest_first)
    try:
        secrets.register(secret)
        shown = secrets.redact(f"{around} {secret} {around}")
        assert secret not in shown
    finally:
        secrets._registered.clear()
        secrets._registered.update(before[0])
        secrets._longest_first[:] = before[1]


# --- docs/configuration.md cannot lag behind the models ---

DOCS = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
DOCUMENTED: dict[str, type[BaseModel]] = {
    "settings.yaml": Settings,
    "network": Network,
    "sources.yaml": SourcesFile,
    "A source": Source,
    "A route": Route,
    "extract": Extract,
    "topics.yaml": TopicsFile,
    "A topic": Topic,
    "channels.yaml": ChannelsFile,
    "A channel": ChannelEntry,
    "quiet": QuietHours,
}


def documented_keys(heading: str) -> dict[str, str]:
    """Return key: default of the table below a heading."""
    section = re.search(rf"^#+ `?{re.escape(heading)}`?\n(.*?)(?=^#|\Z)", DOCS, re.MULTILINE | re.DOTALL)
    assert section, f"docs/configuration.md has no section '{heading}'"
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|", section[1], re.MULTILINE)
    return {key: default.strip().strip("`") for key, default in rows}


def written(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case timedelta():
            return format_duration(value)
        case SecretStr():
            return value.get_secret_value()
        case Instant():
            return "instant"
        case BaseModel():
            return "see below"
        case ():
            return "[]"
        case {}:
            return "{}"
        case _:
            return str(value)


@pytest.mark.parametrize("heading", DOCUMENTED)
def test_docs_name_every_key_with_its_default(heading: str) -> None:
    fields = DOCUMENTED[heading].model_fields
    expected = {
        info.alias or name: "required"
        if info.is_required()
        else written(info.get_default(call_default_factory=True))
        for name, info in fields.items()
    }
    assert documented_keys(heading) == expected


def test_docs_name_every_platform_and_its_keys() -> None:
    rows = dict(
        re.findall(r"^\| `(\w+)` \| ([^|]*) \| [^|]* \|$", DOCS.partition("## Platforms")[2], re.MULTILINE)
    )
    documented = {name: set(re.findall(r"`(\w+)`", keys)) for name, keys in rows.items()}
    assert documented == {name: set(platform.keys.model_fields) for name, platform in PLATFORMS.items()}
