"""Kind ``wordpress``: the posts of a site by WordPress' REST interface. Addresses only; nothing is asked here.

A route names the site (``https://host``, ``https://host/en``), or the interface itself, by ``/wp-json/`` or by
``?rest_route=``, the spelling that works where the server rewrites no addresses or a firewall guards the first.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit, urlunsplit

from crawler.spiders.kind import Kind
from crawler.urls import with_query

PER_PAGE = (
    20  # a busy outlet's morning; WordPress renders each post anew, and more is asked only when all are new
)
ARCHIVE_PER_PAGE = (
    50  # of 100 allowed: a hundred stories made with a page builder pass the limit of an answer
)
# What an entry needs. Not _embedded: each author costs the site a query, is refused by its firewall as often as not,
# and stands on the page. Not the modification: it would change an answer whose words are the same.
FIELDS = "id,guid,link,date,date_gmt,title,excerpt,content"
# WordPress before 5.3 took the instant for the site's own time, whatever zone it named: clocks differ by 14 hours.
MARGIN = timedelta(days=1)

_POSTS = "/wp/v2/posts"
_FEED_TAIL = re.compile(r"/feed/?$")


def ask(url: str) -> str:
    """Return the address of the newest posts of the site, or of the REST interface, at *url*.

    A query that the route was given stays (``?lang=en``, ``?categories=7``), fields of ours included.
    """
    parts = urlsplit(_posts_address(url))
    given = {unquote(field.partition("=")[0]) for field in parts.query.split("&")}
    ours = {"per_page": str(PER_PAGE), "orderby": "date", "order": "desc", "_fields": FIELDS}
    return with_query(parts.geturl(), **{name: value for name, value in ours.items() if name not in given})


def alternatives(url: str) -> tuple[str, ...]:
    """Return the addresses to ask when the one that `ask` gave is refused or not there (401, 403, 404, HTML).

    The same posts by the other spelling: ``/?rest_route=`` for a site and ``/wp-json/``, and the reverse.
    """
    parts = urlsplit(_posts_address(url))
    route = _rest_route(parts.query)
    if route is not None:
        path = parts.path.removesuffix("/index.php").rstrip("/") + "/wp-json/" + route.strip("/")
        bare = urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))
        return (ask(with_query(bare, rest_route=None)),)
    site, found, route = parts.path.partition("/wp-json/")
    if not found:
        return ()
    site = site.removesuffix("/index.php")
    query = "&".join(field for field in (f"rest_route=/{route}", parts.query) if field)
    return (ask(urlunsplit((parts.scheme, parts.netloc, f"{site}/", query, ""))),)


def since(url: str, moment: datetime, *, edited: bool = False) -> str:
    """Return the address with the posts published after *moment*, a day of margin before it.

    *url* is what `ask` or `archive` gave; *edited* asks for posts changed since instead (WordPress 5.7, earlier ones
    ignore it). *moment* must be aware; a naive datetime raises ``ValueError``.
    """
    return with_query(url, **{"modified_after" if edited else "after": _stamp(moment - MARGIN)})


def archive(site: str, after: datetime, before: datetime, page: int = 1) -> str:
    """Return the address of a page of the posts published between two instants, newest first.

    A day of margin on either side. Past the last page WordPress answers 400 ``rest_post_invalid_page_number``.
    Naive instants, and pages below 1, raise ``ValueError``.
    """
    if page < 1:
        raise ValueError(f"page {page}: the first is 1")
    newest = with_query(ask(site), per_page=str(ARCHIVE_PER_PAGE), before=_stamp(before + MARGIN))
    return with_query(since(newest, after), page=str(page))


def _posts_address(url: str) -> str:
    """Return *url* led to the collection of posts, whatever part of the way it went."""
    parts = urlsplit(url)
    route = _rest_route(parts.query)
    if route is not None:
        whole = with_query(url, rest_route=_collection(route))
        return whole if parts.path else whole.replace("?", "/?", 1)
    path = parts.path.rstrip("/")
    site, found, route = path.partition("/wp-json")
    if found and (not route or route.startswith("/")):
        path = f"{site}/wp-json{_collection(route)}"
    elif "/wp/v2/" not in path + "/":  # public-api.wordpress.com/wp/v2/sites/NAME/posts has no root to find
        path = f"{_FEED_TAIL.sub('', path)}/wp-json{_POSTS}"
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))


def _collection(route: str) -> str:
    """Return the route of a collection: the posts, when *route* names only a root above them."""
    route = "/" + route.strip("/")
    return _POSTS if _POSTS.startswith(route if route == "/" else f"{route}/") else route


def _rest_route(query: str) -> str | None:
    for field in query.split("&"):
        name, _, value = field.partition("=")
        if unquote(name) == "rest_route":
            return unquote(value)
    return None


def _stamp(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("naive datetime; give it a time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


WORDPRESS = Kind(name="wordpress", accept="application/json, */*;q=0.1", ask=ask, others=alternatives)
