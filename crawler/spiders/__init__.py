"""The kinds of route that can be read. A new kind is one file here and its line in `KINDS`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from crawler.spiders.feed import FEED
from crawler.spiders.kind import Kind
from crawler.spiders.listing import LISTING
from crawler.spiders.sitemap import SITEMAP
from crawler.spiders.telegram import TELEGRAM
from crawler.spiders.wordpress import WORDPRESS

KINDS: Mapping[str, Kind] = MappingProxyType(
    {kind.name: kind for kind in (FEED, WORDPRESS, SITEMAP, LISTING, TELEGRAM)}
)
