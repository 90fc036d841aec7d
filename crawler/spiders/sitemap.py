"""Kind ``sitemap``: a sitemap, an index of sitemaps or a Google News sitemap at one address.

A fragment keeps one path of a sitemap that lists several editions: ``…/https-index-com-news.xml#/burmese/``.
"""

from __future__ import annotations

from urllib.parse import urldefrag

from crawler.spiders.kind import Kind


def _without_fragment(route_url: str) -> str:
    return urldefrag(route_url).url


SITEMAP = Kind(
    name="sitemap",
    accept="application/xml, text/xml;q=0.9, application/gzip;q=0.8, text/plain;q=0.6, */*;q=0.5",
    ask=_without_fragment,
)
