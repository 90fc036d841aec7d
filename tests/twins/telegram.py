"""A channel's public preview page with the kinds of posts that channels have. Text in, text out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape
from urllib.parse import quote, urlsplit

from tests.twins.outlet import Story, Twin
from tests.twins.pages import fill

_TAG = "သတင်း"  # "news"
_ELSEWHERE = ("https://t.me/s/channel", "https://www.facebook.com/outlet", "https://www.youtube.com/@outlet")


def render_channel(twin: Twin, url: str, links: Mapping[str, str], opened: datetime) -> str:
    """Return the page at *url*, the newest post last; *links* lead from a story's key to the article it announces."""
    channel = urlsplit(url).path.rpartition("/")[2]
    posts = [_post(channel, twin, story, links.get(story.key), opened) for story in reversed(twin.stories)]
    lowest = str(min(_number(story) for story in twin.stories))
    return fill("channel", name=escape(twin.name), channel=channel, lowest=lowest, posts="".join(posts))


def post_text(story: Story) -> tuple[str, ...]:
    """Return the lines of a post that announces no article."""
    return (story.title, *story.paragraphs)


def _number(story: Story) -> int:
    return int(story.slug) if story.slug.isdigit() else story.serial


def _post(channel: str, twin: Twin, story: Story, link: str | None, opened: datetime) -> str:
    lines = [f"<b>{escape(story.title)}</b>"]
    preview = ""
    if link:
        elsewhere = " | ".join(_link(url) for url in _ELSEWHERE)
        lines += ["", _link(f"{link}?utm_source=telegram&utm_medium=post"), "", elsewhere]
        preview = fill("post-preview", link=link, title=escape(story.title))
    else:
        lines += [*map(escape, story.paragraphs), f'<a href="?q=%23{quote(_TAG)}">#{_TAG}</a>']
    return fill(
        "post",
        channel=channel,
        name=escape(twin.name),
        number=str(_number(story)),
        published=story.published_at(opened).isoformat(),
        above=_above(channel, twin, story),
        text="<br/>".join(lines),
        preview=preview,
    )


def _above(channel: str, twin: Twin, story: Story) -> str:
    """Return what stands above the text: where it comes from, what it answers, the pictures of an album."""
    number, parts = _number(story), []
    if story.forwarded:
        parts.append(fill("post-forwarded", **{"from": escape(story.forwarded)}))
    if story.quotes:
        quoted, name = escape(story.quotes), escape(twin.name)
        parts.append(fill("post-reply", channel=channel, name=name, earlier=str(number - 9), quoted=quoted))
    if story.album:
        pictures = (
            fill("post-picture", channel=channel, picture=str(number + n)) for n in range(story.album)
        )
        parts.append(f'<div class="tgme_widget_message_grouped_wrap">{"".join(pictures)}</div>')
    return "".join(parts)


def _link(url: str) -> str:
    return f'<a href="{escape(url)}" target="_blank" rel="noopener">{escape(url)}</a>'
