"""A sitemap of any length cut into documents that `sitemap` reads whole: it keeps the newest, a walk wants all.

Cuts bytes at tags and drops what was changed last before the period asked for; what an entry says is read elsewhere.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crawler.parse.dates import parse_date
from crawler.parse.sitemap import MAX_ENTRIES, MAX_LISTED, MAX_UNPACKED_BYTES

_MARGIN = timedelta(days=2)  # lastmod is given in the site's own time, or as a day
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_BOUND = re.compile(rb"<(/?)(?:[\w.-]{1,40}:)?(url|sitemap)(?=[\s>/])[^<>]*+>", re.IGNORECASE)
_LASTMOD = re.compile(rb"<(?:[\w.-]{1,40}:)?lastmod\s*>([^<>]{1,60})<", re.IGNORECASE)
_LOC = re.compile(rb"<(?:[\w.-]{1,40}:)?loc\s*>([^<>]{1,2100})<", re.IGNORECASE)
_DECLARATION = re.compile(rb"\s*(?:\xef\xbb\xbf)?<\?xml[^<>]{0,200}\?>")
_ROOTS = {b"url": b"urlset", b"sitemap": b"sitemapindex"}
# post-sitemap-2023-11.xml, sitemap-posttype-post.2021-03.xml, sitemap/2019.xml: what the shard was published in
_PERIOD = re.compile(r"[-_/.=]((?:19|20)\d\d)(?:[-_/.](0?[1-9]|1[0-2]))?(?=[-_/.&]|$)")


@dataclass(frozen=True, slots=True)
class _Block:
    kind: bytes
    inner: bytes
    lastmod: datetime | None


def cut_sitemap(body: bytes, since: datetime) -> tuple[bytes, ...]:
    """Return documents of at most 200 addresses or one shard, newest first, that can hold what is not before *since*.

    Empty when nothing can; *body* itself where it is none that can be cut (a feed, a page, an error).
    """
    body = _unpack(body)
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"http://", b"https://")):
        lines = body.splitlines()[:MAX_LISTED]
        return tuple(
            b"\n".join(lines[start : start + MAX_ENTRIES]) for start in range(0, len(lines), MAX_ENTRIES)
        )
    declaration = _DECLARATION.match(body)
    head = declaration[0] if declaration else b""
    blocks = _blocks(_COMMENT.sub(b"", body))
    if not blocks:
        return (body,)
    kept = [block for block in blocks if _can_hold(block, since)]
    newest = datetime.max.replace(tzinfo=UTC)
    kept.sort(key=lambda block: block.lastmod or newest, reverse=True)
    return tuple(
        head + _document(kind, chunk)
        # one shard a document: beside a newer one `news_parts` leaves an old one out
        for kind, most in ((b"url", MAX_ENTRIES), (b"sitemap", 1))
        for chunk in _chunks([block for block in kept if block.kind == kind], most)
    )


def is_over(address: str, since: datetime) -> bool:
    """Tell whether the year or month in a shard's address ended before *since*."""
    for match in _PERIOD.finditer(address.partition("://")[2]):
        year, month = int(match[1]), int(match[2] or 12)
        end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
        if end + _MARGIN < since:
            return True
    return False


def _unpack(body: bytes) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, MAX_UNPACKED_BYTES)
    except zlib.error:  # the reader says what is wrong with it
        return body


def _blocks(body: bytes) -> list[_Block]:
    blocks: list[_Block] = []
    opened: re.Match[bytes] | None = None
    for bound in _BOUND.finditer(body):
        if opened:
            inner = body[opened.end() : bound.start()]
            said = _LASTMOD.search(inner)
            lastmod = parse_date(said[1].decode("latin-1").strip()) if said else None
            blocks.append(_Block(opened[2].lower(), inner, lastmod))
            if len(blocks) == MAX_LISTED:
                break
        opened = None if bound[1] or bound[0].endswith(b"/>") else bound
    return blocks


def _can_hold(block: _Block, since: datetime) -> bool:
    if block.lastmod is not None and block.lastmod + _MARGIN < since:
        return False
    address = _LOC.search(block.inner)
    is_shard = block.kind == b"sitemap" and address is not None
    return not (is_shard and address is not None and is_over(address[1].decode("latin-1").strip(), since))


def _document(kind: bytes, blocks: Sequence[_Block]) -> bytes:
    inner = b"".join(b"<%b>%b</%b>" % (kind, block.inner, kind) for block in blocks)
    return b"<%b>%b</%b>" % (_ROOTS[kind], inner, _ROOTS[kind])


def _chunks(blocks: Sequence[_Block], most: int) -> list[Sequence[_Block]]:
    return [blocks[start : start + most] for start in range(0, len(blocks), most)]
