"""Addresses: what is kept for readers, what is folded for comparing, what a page may claim."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.urls import canonical_url, identity_key, is_http_url, trusted_canonical

STORY = "https://hills.example/2025/11/story"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://WWW.Hills.Example:443/A?b=1&utm_source=x&a=2#top", "https://www.hills.example/A?b=1&a=2"),
        ("https://hills.example", "https://hills.example/"),
        ("https://user:pass@hills.example:8443/x", "https://hills.example:8443/x"),
        # Burmese path: "news"
        ("https://hills.example/သတင်း", "https://hills.example/%E1%80%9E%E1%80%90%E1%80%84%E1%80%BA%E1%80%B8"),
        ("https://news.google.com/rss/articles/CB?oc=5", "https://news.google.com/rss/articles/CB?oc=5"),
        ("https://hills.example/?p=1&mtm_campaign=a&yclid=2", "https://hills.example/?p=1"),
        ("mailto:a@b.example", "mailto:a@b.example"),
    ],
)
def test_canonical_url_keeps_the_page_and_drops_the_rest(url: str, expected: str) -> None:
    assert canonical_url(url) == expected


@settings(deadline=None, max_examples=100)
@given(st.text(alphabet="abz/?&=#%.:@[]-_အ \x00é", max_size=40))
def test_canonical_url_is_stable_and_never_raises(tail: str) -> None:
    once = canonical_url(f"https://hills.example/{tail}")
    assert canonical_url(once) == once
    assert identity_key(once) == identity_key(f"https://hills.example/{tail}")


@pytest.mark.parametrize(
    ("declared", "final", "trusted"),
    [
        (STORY + "/?utm_source=x", STORY, STORY + "/"),
        (STORY, STORY + "/amp", STORY),
        (STORY, STORY + "/page/2", STORY),
        ("https://www.hills.example/2025/11/story", STORY, "https://www.hills.example/2025/11/story"),
        ("https://news.hills.co.uk/a", "https://hills.co.uk/b", "https://news.hills.co.uk/a"),
        ("https://hills.example/", STORY, None),
        ("https://hills.example/2025", STORY, None),
        ("https://other.example/2025/11/story", STORY, None),
        ("https://other.co.uk/a", "https://hills.co.uk/a", None),
        ("javascript:alert(1)", STORY, None),
        ("$REGULAR_HTML_URL", STORY, None),
        ("https://[bad", STORY, None),
        (None, STORY, None),
    ],
)
def test_a04_declared_canonical_is_trusted_within_bounds(
    declared: str | None, final: str, trusted: str | None
) -> None:
    assert trusted_canonical(declared, final) == trusted


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("http://a.example", True),
        ("HTTPS://a.example/x", True),
        ("//a.example/x", False),
        ("ftp://a.example", False),
        ("http://", False),
        ("https://a.example/" + "x" * 2000, False),
        ("https://a.example:port/", False),
        (None, False),
    ],
)
def test_http_urls_are_told_from_others(url: str | None, answer: bool) -> None:
    assert is_http_url(url) is answer


def test_usual_feed_links_load_no_heavy_library() -> None:
    program = (
        "import sys; from crawler.urls import canonical_url, identity_key\n"
        "identity_key('https://a.example/?p=1&utm_source=rss&fbclid=x'); canonical_url('https://a.example/?oc=5')\n"
        "print(sorted({'courlan', 'tld', 'lxml', 'urllib3', 'babel'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout.strip() == "[]"
