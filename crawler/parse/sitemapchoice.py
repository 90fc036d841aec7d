"""What of a sitemap is worth asking for: the newest articles, and the shards that can hold them. Reads no XML.

A sitemap lists everything that an outlet has, in any order, and its dates of change move with every edit.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

MOST_PARTS = 5
_ARCHIVED_AFTER = timedelta(days=30)
_MIN, _MAX = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

_PATH = re.compile(
    r"\w+://[^/?#]*([^?#]*)(\?[^#]+)?"
)  # of a verified address; urlsplit takes ten times as long
_SECTION = re.compile(
    r"/(?:categor(?:y|ies)|tags?|authors?|page/\d+|wp-content|wp-json)(?:/|$)|/feed/?$|^/[a-z]{2}/?$",
    re.IGNORECASE,
)
_FILE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif|svg|ico|bmp|mp[34]|m4[av]|mov|webm|pdf|zip|gz|xml|txt|css|js)$",
    re.IGNORECASE,
)
# Shards of what is no news, by the words of their file's name: Yoast, WordPress, Rank Math, Jetpack, Pangea.
_OTHER_SHARD = re.compile(
    r"(?:^|[^a-z])(?:images?|photos?|videos?|galler(?:y|ies)|audios?|categor(?:y|ies)|sections?|topics?|authors?|users?"
    r"|tags?|taxonom(?:y|ies)|tax|attachments?|format|misc|pages|page(?=[-_]sitemap)|(?:posts|pt)-page)(?:[^a-z]|$)",
    re.IGNORECASE,
)
_NEWS_SHARD = re.compile(r"(?:^|[^a-z])(?:google-?news|news|latest|recent)(?:[^a-z]|$)", re.IGNORECASE)
_POST_SHARD = re.compile(r"(?:^|[^a-z])(?:posts?|articles?|stor(?:y|ies)|news)(?:[^a-z]|$)", re.IGNORECASE)
_DATE_IN_PATH = re.compile(r"/((?:19|20)\d\d)[/-](\d{1,2})(?:[/-](\d{1,2}))?(?=[/_-]|$)")
_SERIAL = re.compile(r"^(.*/)(\d{3,15})(?:\.\w{2,5})?/?$")
_SAME_FOLDER = 0.9  # share of addresses that make a site one of numbered articles


@dataclass(frozen=True, slots=True)
class Listed:
    """One address of a sitemap with what is said of it; *title* and the rest come from news sitemaps."""

    url: str
    lastmod: datetime | None = None
    published: datetime | None = None
    title: str = ""
    language: str = ""
    publication: str = ""


def keep_path(url: str) -> str:
    """Return the path prefix that the fragment of a route's address asks for.

    ``https://www.bbc.com/sitemaps/https-index-com-news.xml#/burmese/`` keeps the articles below ``/burmese/``
    of a sitemap that lists every language; the same holds for the parts of an index. "" keeps all.
    """
    fragment = unquote(url.partition("#")[2])
    return fragment if fragment.startswith("/") else ""


def is_below(url: str, prefix: str) -> bool:
    """Tell whether the path of *url* begins with *prefix*, percent-encoded or not."""
    return not prefix or unquote(_path(url)).startswith(prefix)


def can_be_article(item: Listed) -> bool:
    """Tell whether an address can be an article's: no front page, section list, image or other file.

    What has a headline of its own was called an article by its publisher, wherever it stands.
    """
    path = _path(item.url)
    if path in ("", "/"):
        return bool(_query(item.url))
    return bool(item.title) or not (_SECTION.search(path) or _FILE.search(path))


def newest(listed: Sequence[Listed], most: int) -> list[Listed]:
    """Return the *most* newest of *listed*, newest first.

    The date of publication decides, else a date in the path, else the number of sites that number their
    articles, and only then ``lastmod``: it would bring every edited old article back. Among equals it is
    unknown which end of the document is new, so half is taken from either.
    """
    keys = _age_keys(listed)
    order = sorted(range(len(listed)), key=keys.__getitem__, reverse=True)
    if len(order) > most:
        edge = keys[order[most - 1]]
        above = [index for index in order if keys[index] > edge]
        equal = [index for index in order if keys[index] == edge]
        room = most - len(above)
        order = above + equal[: room - room // 2] + equal[len(equal) - room // 2 :]
    return [listed[index] for index in order]


def news_parts(listed: Sequence[Listed], prefix: str, index_url: str) -> tuple[str, ...]:
    """Return the at most five documents of an index that can hold the newest articles, newest first.

    By ``lastmod``, else by a date in the address; where neither is given, news first and then the highest
    number (``post-sitemap14.xml``). Where some stand below *prefix*, the others are of other editions. A shard that
    was last changed a month before the newest holds only what is in the archive.
    """
    itself = index_url.partition("#")[0]
    shards = [item for item in listed if item.url != itself and not _OTHER_SHARD.search(_file_name(item.url))]
    below = [item for item in shards if is_below(item.url, prefix)]
    changed = max((item.lastmod for item in below or shards if item.lastmod), default=_MIN)
    fresh = [
        item for item in below or shards if not item.lastmod or changed - item.lastmod <= _ARCHIVED_AFTER
    ]
    ordered = sorted(fresh, key=_shard_key, reverse=True)
    return tuple(dict.fromkeys(item.url for item in ordered))[:MOST_PARTS]


def _age_keys(listed: Sequence[Listed]) -> list[tuple[datetime, float]]:
    told = [item.published or _date_in_path(item.url) for item in listed]
    if not any(told) and (serials := _serials(listed)):
        return [(_MIN, serial) for serial in serials]
    return [
        (moment or item.lastmod or _MIN, item.lastmod.timestamp() if item.lastmod else 0.0)
        for moment, item in zip(told, listed, strict=True)
    ]


def _serials(listed: Sequence[Listed]) -> list[float]:
    """Return the articles' numbers when nearly all stand in one folder: other folders may count differently."""
    matches = [_SERIAL.match(_path(item.url)) for item in listed]
    folders = Counter(match[1] for match in matches if match)
    for folder, count in folders.most_common(1):
        if count >= _SAME_FOLDER * len(listed):
            return [float(match[2]) if match and match[1] == folder else 0.0 for match in matches]
    return []


def _date_in_path(url: str) -> datetime | None:
    match = _DATE_IN_PATH.search(_path(url))
    if match is None:
        return None
    try:
        return datetime(int(match[1]), int(match[2]), int(match[3] or 1), tzinfo=UTC)
    except ValueError:
        return None


def _file_name(url: str) -> str:
    """Return the last two names of the path: ``/sitemap/tag/3.xml`` says in its folder what it is."""
    return "/".join(_path(url).rstrip("/").split("/")[-2:])


def _shard_key(item: Listed) -> tuple[datetime, bool, int]:
    name = _file_name(item.url)
    unknown = _MAX if _NEWS_SHARD.search(name) else _MIN
    numbers = re.findall(r"\d{1,9}", name + _query(item.url))
    return (
        item.lastmod or _date_in_path(item.url) or unknown,
        bool(_POST_SHARD.search(name)),
        int(numbers[-1]) if numbers else 0,
    )


def _path(url: str) -> str:
    match = _PATH.match(url)
    return match[1] if match else ""


def _query(url: str) -> str:
    match = _PATH.match(url)
    return (match[2] or "") if match else ""
