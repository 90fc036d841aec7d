"""What a site's home page and robots.txt say of other ways to its news, and what the site is made with.

Pure, and bounded on whatever bytes come: tags are read one by one, no tree is built. Whether a way works is not
known here; `crawler.discovery.probe` asks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urljoin, urlsplit, urlunsplit

from protego import Protego

from crawler.parse.charset import decode_body
from crawler.parse.markup import clean_line
from crawler.parse.pagetag import absolute_link, named_feed, read_tags
from crawler.spiders.telegram import preview_address
from crawler.urls import identity_key

USUAL_FEEDS = ("feed/", "rss.xml", "rss", "atom.xml")
USUAL_SITEMAPS = ("news-sitemap.xml", "sitemap_index.xml", "wp-sitemap.xml", "sitemap.xml")
MOST_FEEDS, MOST_SITEMAPS, MOST_CHANNELS = 3, 4, 1

_REST_REL = "https://api.w.org/"
_LINK_HEADER = re.compile(r'<([^<>]{1,500})>\s*;\s*rel="?https://api\.w\.org/"?')
_NO_SITES = re.compile(r"(?:^|\.)(?:news\.google\.com|t\.me|telegram\.me)$")
_GENERATOR_HEADERS = ("x-generator", "x-powered-cms", "x-powered-by")
_LANGUAGES = re.compile(r"\b(?:php|asp\.net|express|passenger|servlet|arr|plesk\w*)\b", re.IGNORECASE)
_BY_HEADER = (("x-drupal-cache", "Drupal"), ("x-ghost-cache-status", "Ghost"), ("x-wix-request-id", "Wix"))
_BY_PATH = (
    ("/wp-content/", "WordPress"),
    ("/wp-includes/", "WordPress"),
    ("/sites/default/files/", "Drupal"),
    ("/media/jui/", "Joomla"),
    ("static.wixstatic.com", "Wix"),
    ("static1.squarespace.com", "Squarespace"),
    ("/_next/static/", "Next.js"),
    ("/_nuxt/", "Nuxt"),
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way to the news that may be worth trying."""

    kind: str
    url: str
    found_by: str


@dataclass(frozen=True, slots=True)
class HomePage:
    """What a home page tells about its site."""

    cms: str | None = None  # with how it was recognised
    feeds: tuple[Candidate, ...] = ()
    wordpress: Candidate | None = None
    channels: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class RobotsWord:
    """What robots.txt says of one address."""

    allowed: bool
    delay_s: float | None = None
    sitemaps: tuple[Candidate, ...] = ()


def find_home(kind: str, url: str) -> str | None:
    """Return the home page of the site behind a route, None where the host is not the outlet's own."""
    parts = urlsplit(url)
    if _NO_SITES.search(parts.hostname or ""):
        return None
    path = "/"
    if kind == "wordpress":
        path = parts.path.partition("/wp-json")[0].removesuffix("/index.php")
    elif kind == "feed" and (section := re.fullmatch(r"(/.*?)/?feed/?", parts.path)):
        path = section[1]
    return urlunsplit((parts.scheme, parts.netloc, f"{path.rstrip('/')}/", "", ""))


def read_home(body: bytes, headers: Mapping[str, str], url: str) -> HomePage:
    """Read the home page at *url*; never raises, whatever *body* is."""
    whole = decode_body(body, headers.get("content-type")).text
    feeds: dict[str, Candidate] = {}
    channels: dict[str, Candidate] = {}
    rest = (found := _LINK_HEADER.search(headers.get("link", ""))) and found[1]
    generator = ""
    for tag, fields in read_tags(whole):
        address = absolute_link(fields.get("href", ""), url)
        if tag == "meta" and fields.get("name", "").lower() == "generator":
            generator = generator or fields.get("content", "")
        elif tag == "link" and address:
            rels = fields.get("rel", "").lower().split()
            if _REST_REL in rels:
                rest = rest or address
            if feed := named_feed(tag, fields, url):
                feeds.setdefault(identity_key(feed), Candidate("feed", feed, "linked on the home page"))
        elif tag == "a" and address and (channel := preview_address(address)).startswith("https://t.me/s/"):
            channels.setdefault(channel.lower(), Candidate("telegram", channel, "linked on the home page"))
    cms = _name_cms(generator, headers, whole)
    site = _site_of(rest, url) if rest else (url if cms and cms.startswith("WordPress") else None)
    return HomePage(
        cms,
        tuple(feeds.values())[:MOST_FEEDS],
        Candidate("wordpress", site, "WordPress' REST interface") if site else None,
        tuple(channels.values())[:MOST_CHANNELS],
    )


def read_robots(status: int, body: bytes, url: str, agent: str) -> RobotsWord:
    """Return what a robots.txt that was answered with *status* says of *url* (RFC 9309)."""
    if status >= 500:
        return RobotsWord(False)
    if status >= 300:
        return RobotsWord(True)
    rules = Protego.parse(body.decode("utf-8-sig", "replace"))
    delay = rules.crawl_delay(agent)
    listed = (address for line in rules.sitemaps if (address := absolute_link(line, url)))
    kept = tuple(Candidate("sitemap", address, "named in robots.txt") for address in dict.fromkeys(listed))
    return RobotsWord(
        bool(rules.can_fetch(url, agent)), float(delay) if delay else None, kept[:MOST_SITEMAPS]
    )


def usual_places(home: str, kind: str) -> tuple[Candidate, ...]:
    """Return where sites mostly keep what they do not link to."""
    names = USUAL_FEEDS if kind == "feed" else USUAL_SITEMAPS
    base = home if kind == "feed" else urljoin(home, "/")
    return tuple(Candidate(kind, urljoin(base, name), "the usual place") for name in names)


def _site_of(rest: str, url: str) -> str:
    """Return the route's address for the REST interface at *rest*: the site, or ``?rest_route=`` as it is."""
    address = absolute_link(rest, url) or url
    parts = urlsplit(address)
    if parse_qs(parts.query).get("rest_route"):
        return address
    site = parts.path.partition("/wp-json")[0].rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc, site, "", ""))


def _name_cms(generator: str, headers: Mapping[str, str], page: str) -> str | None:
    named = clean_line(generator)[:60]
    # Plug-ins call themselves generators as well; the system's own is told by its traces.
    if re.match(r"WordPress|Drupal|Joomla|Blogger|Ghost|Wix|Hugo|Squarespace|TYPO3|Webflow", named, re.I):
        return f"{named.partition(' (')[0]} (generator)"
    for name, system in _BY_HEADER:
        if name in headers:
            return f"{system} (header {name})"
    if _LINK_HEADER.search(headers.get("link", "")):
        return "WordPress (header link)"
    for trace, system in _BY_PATH:
        if trace in page:
            return f"{system} (paths: {trace.strip('/')})"
    if named:
        return f"{named} (generator)"
    for name in _GENERATOR_HEADERS:
        value = clean_line(headers.get(name, ""))[:60]
        if value and not _LANGUAGES.search(value):
            return f"{value.partition(' (')[0]} (header {name})"
    return None
