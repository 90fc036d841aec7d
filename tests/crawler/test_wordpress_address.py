"""A route of kind ``wordpress`` names a site in many ways; each is led to the same posts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.parse.wordpress import parse_wordpress
from crawler.spiders import KINDS
from crawler.spiders.wordpress import alternatives, archive, ask, since

SITE = "https://hill.example"
FIELDS = "id,guid,link,date,date_gmt,title,excerpt,content"
OURS = f"per_page=20&orderby=date&order=desc&_fields={FIELDS}"


@pytest.mark.parametrize(
    ("url", "asked", "other"),
    [
        (SITE, f"{SITE}/wp-json/wp/v2/posts?{OURS}", f"{SITE}/?rest_route=/wp/v2/posts&{OURS}"),
        (f"{SITE}/", f"{SITE}/wp-json/wp/v2/posts?{OURS}", f"{SITE}/?rest_route=/wp/v2/posts&{OURS}"),
        (
            f"{SITE}/en/",
            f"{SITE}/en/wp-json/wp/v2/posts?{OURS}",
            f"{SITE}/en/?rest_route=/wp/v2/posts&{OURS}",
        ),
        (f"{SITE}/feed/", f"{SITE}/wp-json/wp/v2/posts?{OURS}", f"{SITE}/?rest_route=/wp/v2/posts&{OURS}"),
        (
            f"{SITE}/?lang=my",
            f"{SITE}/wp-json/wp/v2/posts?lang=my&{OURS}",
            f"{SITE}/?rest_route=/wp/v2/posts&lang=my&{OURS}",
        ),
        (f"{SITE}/wp-json", f"{SITE}/wp-json/wp/v2/posts?{OURS}", f"{SITE}/?rest_route=/wp/v2/posts&{OURS}"),
        (
            f"{SITE}/wp-json/wp/v2/",
            f"{SITE}/wp-json/wp/v2/posts?{OURS}",
            f"{SITE}/?rest_route=/wp/v2/posts&{OURS}",
        ),
        (
            f"{SITE}/index.php/wp-json/wp/v2/report#x",
            f"{SITE}/index.php/wp-json/wp/v2/report?{OURS}",
            f"{SITE}/?rest_route=/wp/v2/report&{OURS}",
        ),
        (
            f"{SITE}?rest_route=/",
            f"{SITE}/?rest_route=/wp/v2/posts&{OURS}",
            f"{SITE}/wp-json/wp/v2/posts?{OURS}",
        ),
        (
            f"{SITE}/mm/index.php?rest_route=%2Fwp%2Fv2%2Fposts",
            f"{SITE}/mm/index.php?rest_route=/wp/v2/posts&{OURS}",
            f"{SITE}/mm/wp-json/wp/v2/posts?{OURS}",
        ),
    ],
)
def test_route_is_led_to_its_posts_by_either_spelling(url: str, asked: str, other: str) -> None:
    assert ask(url) == asked
    assert alternatives(url) == (other,)
    assert alternatives(asked) == (other,)  # what was asked may be all that is remembered


def test_fields_of_the_route_win() -> None:
    asked = ask(f"{SITE}/wp-json/wp/v2/posts?categories=7&per_page=5&_fields=id,link,title")
    assert asked.endswith("?categories=7&per_page=5&_fields=id,link,title&orderby=date&order=desc")
    assert ask(f"{SITE}?%5Ffields=id").endswith("?%5Ffields=id&per_page=20&orderby=date&order=desc")


def test_hosted_sites_have_no_other_spelling() -> None:
    hosted = "https://public-api.example/wp/v2/sites/hill/posts"
    assert ask(hosted) == f"{hosted}?{OURS}"
    assert alternatives(hosted) == ()


def test_archive_names_a_window_in_utc_with_a_day_of_margin() -> None:
    yangon = timezone(timedelta(hours=6, minutes=30))
    url = archive(SITE, datetime(2026, 3, 1, 6, 30, tzinfo=yangon), datetime(2026, 4, 1, tzinfo=UTC), page=3)
    fields = parse_qs(urlsplit(url).query)
    assert fields == {
        "per_page": ["50"],
        "orderby": ["date"],
        "order": ["desc"],
        "_fields": [FIELDS],
        "after": ["2026-02-28T00:00:00Z"],
        "before": ["2026-04-02T00:00:00Z"],
        "page": ["3"],
    }
    posts = json.dumps([{"title": f"Post {number}"} for number in range(50)]).encode()
    assert parse_wordpress(posts, None, url).older == url.replace("page=3", "page=4")


def test_since_asks_for_new_or_for_edited_posts() -> None:
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    assert since(ask(SITE), moment) == f"{ask(SITE)}&after=2026-03-01T00:00:00Z"
    assert since(ask(SITE), moment, edited=True) == f"{ask(SITE)}&modified_after=2026-03-01T00:00:00Z"
    assert since(since(ask(SITE), moment), moment) == since(ask(SITE), moment)


def test_archive_refuses_what_has_no_meaning() -> None:
    naive, aware = datetime(2026, 3, 1), datetime(2026, 3, 1, tzinfo=UTC)  # noqa: DTZ001 -- refused below
    with pytest.raises(ValueError, match="naive"):
        since(SITE, naive)
    with pytest.raises(ValueError, match="naive"):
        archive(SITE, aware, naive)
    with pytest.raises(ValueError, match="page 0"):
        archive(SITE, aware, aware, page=0)


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=40))
def test_any_tail_of_an_address_is_led_to_one_address(tail: str) -> None:
    asked = ask(f"{SITE}/{tail.replace('#', '')}")
    assert urlsplit(asked).netloc == "hill.example"
    assert ask(asked) == asked
    assert KINDS["wordpress"].ask(asked) == asked
