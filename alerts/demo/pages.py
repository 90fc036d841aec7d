"""Feeds and article pages as real newsrooms serve them, furniture included. Pure: text in, bytes out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape

from alerts.demo.outlets import FeedKind, SampleArticle, SampleOutlet
from alerts.demo.theme import Page, fill_template, load_template, mark_paragraphs


@dataclass(frozen=True, slots=True)
class Site:
    """One outlet as it stands at one moment: where it is served, and what it has published so far."""

    outlet: SampleOutlet
    base_url: str  # of the newsroom, without a trailing slash
    opened: datetime  # aware UTC
    articles: tuple[SampleArticle, ...]  # newest first

    @property
    def home_url(self) -> str:
        """Return the address of the outlet's front page."""
        return f"{self.base_url}/{self.outlet.outlet_id}/"

    @property
    def feed_url(self) -> str:
        """Return the address of the outlet's feed."""
        return self.home_url + self.outlet.feed_path

    def article_url(self, article: SampleArticle) -> str:
        """Return an article's address in WordPress's year/month form."""
        return f"{self.home_url}{article.published_at(self.opened):%Y/%m}/{article.slug}/"

    def changed_at(self) -> datetime:
        """Return the instant of the newest article, which is when feed and front page last changed."""
        return max(article.published_at(self.opened) for article in self.articles)


def render_feed(site: Site) -> tuple[bytes, str]:
    """Return the feed's body and content type. Equal articles give equal bytes, whenever it is asked."""
    kind: FeedKind = site.outlet.feed
    if kind == "json":
        return _json_feed(site), "application/feed+json; charset=utf-8"
    if kind == "atom":
        return _atom(site).encode(), "application/atom+xml; charset=utf-8"
    return _rss(site, full_text=kind == "rss").encode(), "application/rss+xml; charset=UTF-8"


def render_page(site: Site, article: SampleArticle) -> str:
    """Return an article page in the outlet's theme, its furniture naming the demonstration's topics."""
    page = Page(
        title=article.title,
        paragraphs=article.paragraphs,
        author=article.author,
        outlet=site.outlet.name,
        url=site.article_url(article),
        home_url=site.home_url,
        language=site.outlet.language,
        furniture=site.outlet.furniture,
        published=article.published_at(site.opened),
        visited=site.opened,
    )
    return fill_template(load_template(site.outlet.theme), page)


def render_front(site: Site) -> str:
    """Return a plain front page that links every article."""
    items = "\n".join(
        f'<li><a href="{site.article_url(article)}">{escape(article.title)}</a></li>'
        for article in site.articles
    )
    return (
        f'<!doctype html>\n<html lang="{site.outlet.language}"><head><meta charset="UTF-8">'
        f"<title>{escape(site.outlet.name)}</title>"
        f'<link rel="alternate" href="{site.feed_url}"></head>\n'
        f"<body><h1>{escape(site.outlet.name)}</h1><ul>\n{items}\n</ul></body></html>\n"
    )


def _rss(site: Site, *, full_text: bool) -> str:
    items = "\n".join(_rss_item(site, article, full_text=full_text) for article in site.articles)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel>
<title>{escape(site.outlet.name)}</title>
<atom:link href="{site.feed_url}" rel="self" type="application/rss+xml" />
<link>{site.home_url}</link>
<description>Invented sample news</description>
<lastBuildDate>{format_datetime(site.changed_at())}</lastBuildDate>
<language>{site.outlet.language}</language>
<generator>https://wordpress.org/?v=6.9</generator>
{items}
</channel>
</rss>
"""


def _rss_item(site: Site, article: SampleArticle, *, full_text: bool) -> str:
    url = site.article_url(article)
    content = (
        f"\n<content:encoded><![CDATA[{mark_paragraphs(article.paragraphs)}]]></content:encoded>"
        if full_text
        else ""
    )
    return f"""<item>
<title>{escape(article.title)}</title>
<link>{url}</link>
<dc:creator><![CDATA[{article.author}]]></dc:creator>
<pubDate>{format_datetime(article.published_at(site.opened))}</pubDate>
<guid isPermaLink="false">{site.home_url}?p={_number(article)}</guid>
<description><![CDATA[<p>{escape(_excerpt(article))}</p>]]></description>{content}
</item>"""


def _atom(site: Site) -> str:
    entries = "\n".join(
        f"""<entry>
<title type="html">{escape(escape(article.title, quote=False), quote=False)}</title>
<link rel="alternate" type="text/html" href="{site.article_url(article)}"/>
<id>tag:sample.invalid,2026:{article.slug}</id>
<published>{article.published_at(site.opened).isoformat()}</published>
<updated>{(article.published_at(site.opened) + timedelta(minutes=2)).isoformat()}</updated>
<author><name>{escape(article.author)}</name></author>
<summary type="text">{escape(_excerpt(article))}</summary>
</entry>"""
        for article in site.articles
    )
    return f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{site.outlet.language}">
<title>{escape(site.outlet.name)}</title>
<link rel="self" href="{site.feed_url}"/>
<link rel="alternate" href="{site.home_url}"/>
<id>tag:sample.invalid,2026:{site.outlet.outlet_id}</id>
<updated>{site.changed_at().isoformat()}</updated>
{entries}
</feed>
"""


def _json_feed(site: Site) -> bytes:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": site.outlet.name,
        "home_page_url": site.home_url,
        "feed_url": site.feed_url,
        "language": site.outlet.language,
        "items": [
            {
                "id": article.slug,
                "url": site.article_url(article),
                "title": article.title,
                "summary": _excerpt(article),
                "content_html": f"<p>{escape(_excerpt(article))}</p>",
                "date_published": article.published_at(site.opened).isoformat(),
                "authors": [{"name": article.author}],
            }
            for article in site.articles
        ],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1).encode()


def _excerpt(article: SampleArticle) -> str:
    """Return the opening as WordPress cuts it: whole words, then a bracketed ellipsis."""
    first = article.paragraphs[0]
    if len(first) <= 160:
        return first
    return first[:160].rsplit(" ", 1)[0] + " […]"


def _number(article: SampleArticle) -> int:
    """Return a stable post number, so that guids do not move when articles are added."""
    return 1000 + sum(article.slug.encode())
