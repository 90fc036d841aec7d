"""What the outlets hand out for programs: WordPress' RSS and REST answers, plain RSS, Google News. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape

from alerts.demo.theme import mark_paragraphs
from tests.twins.outlet import LOCAL, Story, Twin
from tests.twins.pages import Shown

_NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" '
    'xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:media="http://search.yahoo.com/mrss/"'
)
_EXCERPT_CHARS = 160
RELIEF_PUBLISHER = "Hill Relief Committee"


def wordpress_feed(url: str, shown: Sequence[Shown]) -> str:
    """Return ``/feed/``: an excerpt and the whole body of each post, "appeared first on" included."""
    first = shown[0]
    items = []
    for one in shown:
        items.append(_wordpress_item(one, one.url))
        if one.story.twice:  # as some plugins list it: by its number
            items.append(_wordpress_item(one, f"{one.home}?p={one.story.serial}"))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"\n\t{_NAMESPACES}>\n<channel>\n'
        f"\t<title>{escape(first.twin.name)}</title>\n"
        f'\t<atom:link href="{escape(url)}" rel="self" type="application/rss+xml" />\n\t<link>{first.home}</link>\n'
        f"\t<lastBuildDate>{format_datetime(max(one.published for one in shown))}</lastBuildDate>\n"
        "\t<language>en-US</language>\n\t<sy:updatePeriod>\n\thourly\t</sy:updatePeriod>\n"
        f"\t<generator>https://wordpress.org/?v=6.8.3</generator>\n{''.join(items)}</channel>\n</rss>\n"
    )


def plain_feed(shown: Sequence[Shown]) -> str:
    """Return an RSS feed of titles, links and summaries, as the BBC, Arc and ReliefWeb write it."""
    items = "".join(
        f"<item><title><![CDATA[{one.story.title}]]></title><description><![CDATA[{_summary(one)}]]></description>"
        f'<link>{one.url}?at_medium=RSS&amp;at_campaign=rss</link><guid isPermaLink="false">{one.url}#0</guid>'
        f"<pubDate>{format_datetime(one.published, usegmt=True)}</pubDate>"
        '<media:thumbnail width="240" height="135" url="https://example.org/thumb.jpg"/></item>\n'
        for one in shown
    )
    name = escape(shown[0].twin.name)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<rss {_NAMESPACES} version="2.0"><channel><title>{name}</title>'
        f"<description>{name}</description><link>{shown[0].home}</link><ttl>15</ttl>\n{items}</channel></rss>\n"
    )


def _summary(one: Shown) -> str:
    words = escape(excerpt(one.story), quote=False)
    if one.twin.theme != "reliefweb":
        return words
    tags = (("country", "Country: Myanmar"), ("source", f"Source: {RELIEF_PUBLISHER}"))
    tagged = "".join(f'<div class="tag {name}">{text}</div>' for name, text in tags)
    return f"{tagged}<p>Please refer to the attached file.</p><p>{words}</p>"


def stale_feed(twin: Twin) -> str:
    """Return a feed that still answers, its newest item of 2023."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>{escape(twin.name)}</title>'
        "<link>https://example.org/</link><item><title>Loikaw in the year before last</title>"
        "<link>https://example.org/2023/old</link><pubDate>Mon, 13 Nov 2023 05:00:00 +0000</pubDate></item>"
        "</channel></rss>"
    )


def google_news(twin: Twin, url: str, opened: datetime) -> str:
    """Return a search of Google News: "Headline - Publisher", a redirect for a link, no text."""
    items = "".join(
        f"<item><title>{escape(google_title(twin, story))}</title><link>{escape(story.redirect)}</link>"
        f'<guid isPermaLink="false">{story.redirect.split("/")[-1].split("?")[0]}</guid>'
        f"<pubDate>{format_datetime(story.published_at(opened), usegmt=True)}</pubDate><description>"
        + escape(
            f'<a href="{story.redirect}" target="_blank">{escape(story.title)}</a>&nbsp;&nbsp;'
            f'<font color="#6f6f6f">{escape(publisher_of(twin, story))}</font>'
        )
        + f'</description><source url="https://example.org">{escape(publisher_of(twin, story))}</source></item>'
        for story in twin.stories
    )
    search = escape(url.partition("q=")[2].partition("&")[0])
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><rss xmlns:media="http://search.yahoo.com/mrss/" '
        f'version="2.0"><channel><generator>NFE/5.0</generator><title>"{search}" - Google News</title>'
        f"<link>https://news.google.com/search?q={search}</link><language>{twin.language}</language>"
        f"<lastBuildDate>{format_datetime(opened, usegmt=True)}</lastBuildDate>{items}</channel></rss>"
    )


def google_title(twin: Twin, story: Story) -> str:
    """Return a headline as Google News writes it."""
    return f"{story.title} - {publisher_of(twin, story)}"


def publisher_of(twin: Twin, story: Story) -> str:
    """Return whom Google News names behind a headline."""
    return story.publisher or twin.name


def rest_posts(shown: Sequence[Shown]) -> str:
    """Return ``/wp-json/wp/v2/posts``: dates in the site's own time and in UTC, titles and bodies as HTML."""
    posts = [
        {
            "id": one.story.serial,
            "date": f"{one.published.astimezone(LOCAL):%Y-%m-%dT%H:%M:%S}",
            "date_gmt": f"{one.published:%Y-%m-%dT%H:%M:%S}",
            "guid": {"rendered": f"{one.home}?p={one.story.serial}"},
            "link": one.url,
            "title": {"rendered": escape(one.story.title).replace("&#x27;", "&#8217;")},
            "content": {
                "rendered": f"{mark_paragraphs(one.story.visible)}\n{one.twin.tail}",
                "protected": False,
            },
            "excerpt": {"rendered": f"<p>{escape(excerpt(one.story))}</p>\n", "protected": False},
        }
        for one in shown
    ]
    return json.dumps(posts, ensure_ascii=False)


def excerpt(story: Story) -> str:
    """Return the opening as WordPress cuts it: whole words, then a bracketed ellipsis."""
    first = story.paragraphs[0]
    if len(first) <= _EXCERPT_CHARS:
        return first
    return first[:_EXCERPT_CHARS].rsplit(" ", 1)[0] + " […]"


def _wordpress_item(one: Shown, link: str) -> str:
    story = one.story
    post = (
        f'<p>The post <a href="{link}">{escape(story.title)}</a> appeared first on '
        f'<a href="{one.home}">{escape(one.twin.name)}</a>.</p>'
    )
    minutes = timedelta(minutes=1)
    return (
        f"\t<item>\n\t\t<title>{escape(story.title)}</title>\n\t\t<link>{link}</link>\n"
        f"\t\t<dc:creator><![CDATA[{one.twin.name} desk]]></dc:creator>\n"
        f"\t\t<pubDate>{format_datetime(one.published - (minutes if '?p=' in link else 0 * minutes))}</pubDate>\n"
        f'\t\t<guid isPermaLink="false">{one.home}?p={story.serial}</guid>\n'
        f"\t\t<description><![CDATA[<p>{escape(excerpt(story))}</p>\n{post}]]></description>\n"
        f"\t\t<content:encoded><![CDATA[{mark_paragraphs(story.visible)}\n{one.twin.tail}\n{post}]]></content:encoded>\n\t</item>\n"
    )
