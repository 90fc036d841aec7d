"""What an HTML page is that came instead of news: a domain that expired has a name, and no article is taken for one."""

from __future__ import annotations

import pytest

from crawler.article.extract import extract_page
from crawler.errors import ParseError
from crawler.parse.listing import parse_listing
from crawler.parse.markup import describe_html, is_parked

PROSE = "<p>" + "Officials said on Sunday that the town's market would reopen. " * 20 + "</p>"
PARKED = (
    "<title>hill-times.example is for sale | HugeDomains</title>",
    "<title>The domain name hill-times.example is for sale</title>",
    "<title>This domain may be for sale</title>",
    "<title>hill-times.example - This website has expired</title>",
    "<title>Buy this domain - hill-times.example</title>",
    "<title>Parked domain name on Hostinger DNS system</title>",
    "<title>Account Suspended</title>",
    "<title>hill-times.example</title><script src='//img.sedoparking.com/js/js_preloader.js'></script>",
    "<title></title><iframe src=https://www.parkingcrew.net/x></iframe>",
    "<title>Hill</title><a href='https://www.hugedomains.com/domain_profile.cfm?d=hill'>x</a>",
)
HEADLINES = (
    "Democracy is for sale, says activist",
    "Everything is for sale",
    "Domain of the old kings opens to visitors",
    "Website of ministry has expired certificate",
    "Loikaw market reopens",
    "Parked cars burn in Loikaw",
)


@pytest.mark.parametrize("page", PARKED)
def test_parked_domain_is_told_by_its_name(page: str) -> None:
    assert is_parked(page)
    assert describe_html(page).startswith("parked or expired domain, not a feed")
    with pytest.raises(ParseError, match="parked or expired domain, not a list of articles"):
        parse_listing(page.encode(), "text/html", "https://hill-times.example/")
    with pytest.raises(ParseError, match="parked or expired domain, not an article"):
        extract_page(page.encode(), "text/html", "https://hill-times.example/story.html")


@pytest.mark.parametrize("headline", HEADLINES)
def test_article_about_a_sale_is_no_parked_domain(headline: str) -> None:
    page = f"<html><head><title>{headline} - Hill Times</title></head><body><article>{PROSE}</article></body></html>"
    assert not is_parked(page)
    assert extract_page(page.encode(), "text/html", "https://hill-times.example/story.html").text


def test_words_of_a_registrar_name_a_page_where_a_feed_was_expected() -> None:
    page = "<title>Welcome</title><p>Buy this domain.</p>"
    assert describe_html(page) == "parked or expired domain, not a feed: Welcome"
    assert not is_parked(page)  # an article may quote them
    assert describe_html("<title>Hill</title>", "a sitemap") == "HTML page, not a sitemap: Hill"
