"""Run the program as a user does, on loopback servers, and look at what it stored and sent."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Any

from alerts.delivery.attempt import REPEAT_AFTER
from crawler.clock import utc_now
from tests.conftest import ROOT
from tests.newsroom import Newsroom

SETTINGS = """\
database: sqlite:///var/newswatch.db
contact: https://example.org/tests
network: {allow_private_addresses: true, delay: 0s}
"""
TOPICS = (ROOT / "config" / "topics.yaml").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """Return the JSON on stdout."""
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


@dataclass(slots=True)
class Program:
    """A configuration folder and the program on it."""

    home: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.home / "config"

    def configure(
        self, sources: Sequence[Mapping[str, Any]], channels: Sequence[Mapping[str, Any]], **more: Any
    ) -> None:
        """Write the four files; *more* adds keys to channels.yaml (YAML is a superset of JSON)."""
        self.config.mkdir(parents=True, exist_ok=True)
        files = {
            "settings.yaml": SETTINGS,
            "sources.yaml": json.dumps({"sources": list(sources)}, ensure_ascii=False),
            "topics.yaml": TOPICS,
            "channels.yaml": json.dumps({"channels": list(channels), **more}, ensure_ascii=False),
            "lexicon.csv": (ROOT / "config" / "lexicon.csv").read_text("utf-8"),
        }
        for name, text in files.items():
            (self.config / name).write_text(text, "utf-8")

    def command(self, *words: str) -> list[str]:
        """Return the command line of ``newswatch`` on this configuration."""
        return [sys.executable, "-P", "-m", "alerts", "--config", str(self.config), *words]

    def environment(self, **more: str) -> dict[str, str]:
        """Return what the child sees: no settings of the caller's."""
        # without bytecode every start compiles every module, which takes seconds
        unwanted = ("NEWSWATCH_", "PYTHONDONTWRITEBYTECODE", "COLUMNS", "LINES", "NO_COLOR")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
        return {**kept, "PYTHONPATH": str(ROOT), **self.environ, **more}

    def do(self, *words: str, timeout_s: float = 90.0, **environ: str) -> Finished:
        """Run a command to its end."""
        done = subprocess.run(
            self.command(*words),
            env=self.environment(**environ),
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    def run(self, *words: str, **environ: str) -> Finished:
        """Run ``newswatch run --force --json``."""
        return self.do("run", "--force", "--json", *words, **environ)

    def start(self, *words: str, **environ: str) -> subprocess.Popen[str]:
        """Start a command and come back at once."""
        return subprocess.Popen(
            self.command(*words),
            env=self.environment(**environ),
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def let_a_minute_pass(self) -> None:
        """Make every message older by the time that a repeat of a doubtful one waits at least."""
        age_ms = round(REPEAT_AFTER.total_seconds() * 1000)
        with sqlite3.connect(self.home / "var" / "newswatch.db") as connection:
            aged = f"updated_at = updated_at - {age_ms}, not_before = not_before - {age_ms}"
            connection.execute(f"UPDATE delivery SET {aged}")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return rows of the database."""
        with sqlite3.connect(self.home / "var" / "newswatch.db") as connection:
            return connection.execute(query).fetchall()


def a_source(name: str, url: str, **more: Any) -> dict[str, Any]:
    """Return a source of one feed."""
    return {
        "id": name,
        "name": name.title(),
        "language": "en",
        "perspective": "independent",
        "every": "15m",
        "routes": [{"kind": "feed", "url": url}],
        **more,
    }


def rss(items: Sequence[Mapping[str, str]], title: str = "Test feed") -> bytes:
    """Return an RSS 2.0 feed of *items* (title, link, description, content), published now."""
    now = format_datetime(utc_now())
    written = "".join(
        f"<item><title>{escape(item['title'])}</title><link>{escape(item['link'])}</link>"
        f"<guid isPermaLink='false'>{escape(item['link'])}</guid><pubDate>{now}</pubDate>"
        f"<description>{escape(item.get('description', ''))}</description></item>"
        for item in items
    )
    return (
        f"<?xml version='1.0' encoding='UTF-8'?><rss version='2.0'><channel><title>{escape(title)}</title>"
        f"<link>https://example.org/</link><description>d</description>{written}</channel></rss>"
    ).encode()


def page(title: str, text: str, language: str = "en") -> bytes:
    """Return an article page: paragraphs of *text* between furniture that names both topics everywhere."""
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in text.split("\n") if line.strip())
    menu = "<li><a href='/tag/loikaw'>Loikaw</a></li><li><a href='/tag/op'>Operation 1111</a></li>"
    return (
        f"<!doctype html><html lang='{language}'><head><meta charset='utf-8'><title>{escape(title)} - Outlet</title>"
        f"<meta property='og:title' content='{escape(title)}'></head><body>"
        f"<header><div class='td-weather-widget'>24.1 C Loikaw</div><nav><ul>{menu}</ul></nav></header>"
        f"<main><article><h1>{escape(title)}</h1><div class='td-post-content'>{paragraphs}</div></article></main>"
        f"<aside class='widget most-read'><h3>Most read</h3><ul>{menu}<li><a href='/x'>Loikaw under attack as "
        f"Operation 1111 goes on</a></li></ul></aside><div class='td_block_related_posts'><h4>Related</h4><ul>{menu}"
        f"</ul></div><footer>Loikaw office, Operation 1111 fund</footer></body></html>"
    ).encode()


def publish(newsroom: Newsroom, feed: str, articles: Sequence[Mapping[str, str]]) -> str:
    """Serve *articles* (id, title, text, language) as pages and as one feed at *feed*; return its address."""
    items = []
    for item in articles:
        path = f"{feed}/{item['id']}"
        newsroom.add(
            path, page(item["title"], item["text"], item.get("language", "en")), "text/html; charset=utf-8"
        )
        items.append({"title": item["title"], "link": newsroom.url(path)})
    newsroom.add(feed, rss(items), "application/rss+xml")
    return newsroom.url(feed)
