"""What is promised of settings.yaml, sources.yaml and of reading YAML at all."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.config import CrawlConfig, load_crawl_config
from crawler.configvalue import format_duration, parse_duration, resolve_database
from crawler.errors import ConfigError
from crawler.proxyaddress import Proxy
from crawler.yamlfile import Unset, key_text, parse_key, read_yaml

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "config"
BAD = sorted((*GOLDEN.glob("conf.settings.*.yaml"), *GOLDEN.glob("conf.sources.*.yaml")))
ONE_SOURCE = """
sources:
  - id: one
    name: One
    language: en
    perspective: independent
    routes: [{kind: feed, url: "https://example.org/feed"}]
"""


def a_folder(tmp_path: Path, *, settings: str | None = None, sources: str = ONE_SOURCE) -> Path:
    folder = tmp_path / "site" / "config"
    folder.mkdir(parents=True)
    (folder / "sources.yaml").write_text(sources, encoding="utf-8")
    if settings is not None:
        (folder / "settings.yaml").write_text(settings, encoding="utf-8")
    return folder


def load(folder: Path, **environ: str) -> CrawlConfig:
    return load_crawl_config(folder, environ=environ)


def expected_problems(path: Path) -> list[tuple[int, str, str]]:
    found = re.findall(r"^# expect (\d+): (\S*): (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, "a bad configuration names its problems in '# expect LINE: KEY: MESSAGE' lines"
    return [(int(line), key, message) for line, key, message in found]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem.removeprefix("conf."))
def test_defect_is_reported_with_line_key_and_remedy(path: Path, tmp_path: Path) -> None:
    kind = path.name.split(".")[1]
    folder = a_folder(tmp_path)
    shutil.copy(path, folder / f"{kind}.yaml")
    with pytest.raises(ConfigError) as caught:
        load(folder)
    assert {Path(problem.file).name for problem in caught.value.problems} == {f"{kind}.yaml"}
    found = [(problem.line, problem.key, problem.message) for problem in caught.value.problems]
    assert found == expected_problems(path)
    assert "canary" not in str(caught.value)


def test_problems_of_both_files_are_reported_together(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, settings="timezon: UTC", sources="source: []")
    with pytest.raises(ConfigError) as caught:
        load(folder)
    text = str(caught.value)
    assert "settings.yaml:1: timezon: unknown key; did you mean 'timezone'?" in text
    assert "sources.yaml:1: source: unknown key; did you mean 'sources'?" in text


def test_shipped_sources_load_and_each_has_a_feed() -> None:
    config = load(ROOT / "config")
    assert len(config.sources) == 28
    assert [source.id for source in config.sources if not any(r.kind == "feed" for r in source.routes)] == []
    perspectives = {source.perspective for source in config.sources}
    assert perspectives == {
        "independent",
        "ethnic",
        "junta",
        "international",
        "humanitarian",
        "aggregator",
    }
    delays = {source.id: config.delay_for(source) for source in config.sources}
    assert delays["irrawaddy-en"] == delays["irrawaddy-my"] == timedelta(seconds=10)
    assert delays["kic-my"] == timedelta(seconds=1)


def test_shipped_settings_are_the_defaults(tmp_path: Path) -> None:
    assert load(ROOT / "config").settings == load(a_folder(tmp_path)).settings


@pytest.mark.parametrize("text", [None, "", "# nothing\n", "---\n"])
def test_missing_or_empty_settings_mean_defaults(text: str | None, tmp_path: Path) -> None:
    config = load(a_folder(tmp_path, settings=text))
    assert config.settings.timezone == "Asia/Yangon"
    assert config.sources[0].every == timedelta(minutes=30)
    assert config.sources[0].topics is None


def test_missing_sources_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"sources\.yaml: the file does not exist"):
        load(tmp_path)


def test_relative_database_lies_beside_the_configuration_folder(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    assert load(folder).database_url == f"sqlite:///{tmp_path}/site/var/newswatch.db"


def test_database_argument_counts_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = a_folder(tmp_path)
    monkeypatch.chdir(tmp_path)
    config = load_crawl_config(Path("site/config"), "sqlite:///here.db", environ={})
    assert config.database_url == f"sqlite:///{tmp_path}/here.db"
    assert config.folder == folder
    with pytest.raises(ConfigError, match="--database: not a database address"):
        load_crawl_config(folder, "canary.db", environ={})


@pytest.mark.parametrize(
    ("url", "resolved"),
    [
        ("sqlite:////var/lib/news.db", "sqlite:////var/lib/news.db"),
        ("sqlite:///news.db?timeout=5", "sqlite:////base/news.db?timeout=5"),
        ("postgresql://u:p@h/db", "postgresql+psycopg://u:p@h/db"),
        ("postgresql+psycopg://u@h/db", "postgresql+psycopg://u@h/db"),
    ],
)
def test_database_address_is_made_final(url: str, resolved: str) -> None:
    assert resolve_database(url, Path("/base")) == resolved


@pytest.mark.parametrize("url", ["", "news.db", "sqlite://", "sqlite:///", "mysql://h/db", "postgresql://"])
def test_unusable_database_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not a database address"):
        resolve_database(url, Path("/base"))


def test_secrets_of_settings_stand_in_no_repr(tmp_path: Path) -> None:
    text = """
database: postgresql+psycopg://user:${DB_PASSWORD}@db/news
network: {proxy_file: proxy.txt}
"""
    folder = a_folder(tmp_path, settings=text)
    (folder / "proxy.txt").write_text("socks5h://me:canary-proxy@127.0.0.1:9050\n", encoding="utf-8")
    config = load(folder, DB_PASSWORD="canary-db")
    assert config.database_url == "postgresql+psycopg://user:canary-db@db/news"
    proxy = config.proxy_for(config.sources[0])
    assert proxy == Proxy("socks5h", "127.0.0.1", 9050, "me", "canary-proxy")
    assert "canary" not in f"{config!r} {config.settings} {proxy!r} {proxy}"


def test_source_overrides_proxy_and_delay(tmp_path: Path) -> None:
    folder = a_folder(
        tmp_path,
        settings="network: {proxy: 'http://proxy:3128', delay: 2s}",
        sources=f"{ONE_SOURCE}    proxy: direct\n    delay: 0s\n    headers: {{Accept: text/html}}\n",
    )
    config = load(folder)
    source = config.sources[0]
    assert config.proxy_for(source) is None
    assert config.delay_for(source) == timedelta(0)
    assert source.headers["Accept"].get_secret_value() == "text/html"


@pytest.mark.parametrize(
    ("written", "read"), [("null", None), ("all", "all"), ("[a, b, a]", ("a", "b")), ("[all]", ("all",))]
)
def test_topics_of_a_source_are_none_all_or_some(written: str, read: object, tmp_path: Path) -> None:
    assert load(a_folder(tmp_path, sources=f"{ONE_SOURCE}    topics: {written}\n")).sources[0].topics == read


@given(st.integers(0, 3650), st.sampled_from(["s", "m", "h", "d", "w"]))
@settings(deadline=None, max_examples=100)
def test_duration_survives_being_written_and_read(count: int, unit: str) -> None:
    duration = parse_duration(f"{count}{unit}")
    assert parse_duration(format_duration(duration)) == duration


@given(
    st.one_of(st.integers(), st.floats(), st.none(), st.text(max_size=12), st.lists(st.text(), max_size=2))
)
@settings(deadline=None, max_examples=100)
def test_duration_without_unit_is_refused_with_an_example(value: object) -> None:
    if isinstance(value, str) and re.fullmatch(r"[0-9]+(\.[0-9]+)?[smhdw]", value):
        return
    with pytest.raises(ValueError, match=r"90s, 15m, 24h or 7d"):
        parse_duration(value)


def test_plain_words_become_no_more_than_yaml_1_2_says(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: [22:00, no, on, 2026-01-02, 0o17, 007, 1_000, 12, -3, 1.5, true, ~, '12']")
    assert read_yaml(path).get(("a",)) == [
        *("22:00", "no", "on", "2026-01-02", "0o17", "007", "1_000"),
        *(12, -3, 1.5, True, None, "12"),
    ]


def test_variables_are_text_and_unset_ones_are_marked(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: ${ONE}\nb: x-${TWO}-${NONE}-${EMPTY}\nc: $${ONE} $5\nd: '${ONE}${TWO}'\n")
    document = read_yaml(path, environ={"ONE": "1", "TWO": "{b: 2}", "EMPTY": " "})
    assert document.problems == ()
    assert document.data == {"a": "1", "b": Unset(("NONE", "EMPTY")), "c": "${ONE} $5", "d": "1{b: 2}"}
    assert "{b: 2}" not in repr(document)


@given(
    st.binary(max_size=200) | st.text(alphabet="{}[]:,&*!|>-'\"#%@`$ \n\tab", max_size=200).map(str.encode)
)
@settings(deadline=None, max_examples=100)
def test_no_bytes_make_reading_raise(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    path = tmp_path_factory.mktemp("yaml") / "any.yaml"
    path.write_bytes(body)
    document = read_yaml(path, environ={})
    assert document.data is None or document.problems or document.lines


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"a: \xff\n", ":1: not UTF-8 text"),
        (b"a: 1\nb: \x00\n", "a character that YAML does not allow"),
        (b"[" * 100_000, "nested deeper"),
        (b"x" * 2_000_000, "larger than"),
        (b"&a [*a]", ":1: [0]: aliases are not read"),
        (b"a: 1\n--- \nb: 2\n", ":2: a second document"),
        (b"? [a]\n: b\n", ":1: a key must be a word"),
        (b"a: 'open\n", "not valid YAML"),
    ],
    ids=["not-utf8", "nul", "deep", "large", "recursive", "two-documents", "complex-key", "open-quote"],
)
def test_hostile_yaml_is_a_problem_not_a_crash(body: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(body)
    problems = read_yaml(path, environ={}).problems
    assert message in str(problems[0])


@given(st.lists(st.from_regex(r"[a-z_]{1,5}", fullmatch=True) | st.integers(0, 99), max_size=5))
@settings(deadline=None, max_examples=50)
def test_key_paths_survive_being_written_and_read(parts: list[str | int]) -> None:
    assert parse_key(key_text(tuple(parts))) == tuple(parts)
