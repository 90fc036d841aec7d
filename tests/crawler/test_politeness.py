"""What belongs to a host and not to whoever leads there: how long it wants to be left alone, what it wants said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from crawler.config import CrawlConfig, load_crawl_config
from crawler.net.exchange import host_headers
from crawler.net.politeness import network_settings

SEARCH = "https://search.example/rss?q="


def configure(folder: Path, **sources: dict[str, Any]) -> CrawlConfig:
    """Return a configuration of sources by id: the addresses of their routes, and further keys."""
    rows = [
        {
            "id": name.replace("_", "-"),
            "name": name,
            "language": "en",
            "perspective": "independent",
            **{key: value for key, value in keys.items() if key != "urls"},
            "routes": [{"kind": "feed", "url": url} for url in keys["urls"]],
        }
        for name, keys in sources.items()
    ]
    (folder / "sources.yaml").write_text(json.dumps({"sources": rows}), "utf-8")
    return load_crawl_config(folder, "sqlite:///x.db", environ={})


def delays(config: CrawlConfig) -> dict[str, float]:
    slots = network_settings(config)["DOWNLOAD_SLOTS"]
    assert isinstance(slots, dict)
    return {host: slot["delay"] for host, slot in slots.items()}


def test_what_one_outlet_asks_for_does_not_slow_down_the_search_that_all_share(tmp_path: Path) -> None:
    config = configure(
        tmp_path,
        slow={
            "urls": ["https://slow.example/feed", "https://m.slow.example/feed", f"{SEARCH}slow"],
            "delay": "10s",
        },
        other={"urls": ["https://other.example/feed", f"{SEARCH}other"]},
    )
    assert delays(config) == {"slow.example": 10.0, "m.slow.example": 10.0}


def test_of_two_delays_for_one_host_the_longer_holds(tmp_path: Path) -> None:
    config = configure(
        tmp_path,
        news={"urls": ["https://outlet.example/news"], "delay": "2s"},
        tags={"urls": ["https://outlet.example/tags"], "delay": "5s"},
        none={"urls": ["https://outlet.example/none"]},
    )
    assert delays(config) == {"outlet.example": 5.0}


def test_an_outlet_hears_what_its_own_source_says_whoever_leads_there(tmp_path: Path) -> None:
    said = {"Accept-Language": "my", "Authorization": "canary"}
    config = configure(
        tmp_path,
        outlet={"urls": ["https://outlet.example/news", f"{SEARCH}outlet"], "headers": said},
        channel={"urls": ["https://chat.example/outlet"]},
    )
    outlet, channel = config.sources
    assert host_headers(config.sources, "https://outlet.example/1", channel) == {"Accept-Language": "my"}
    assert host_headers(config.sources, "https://outlet.example/1", outlet) == {}  # it says so itself
    assert host_headers(config.sources, f"{SEARCH}outlet", channel) == {}  # not the outlet's own site
    assert host_headers(config.sources, "https://elsewhere.example/1", channel) == {}
