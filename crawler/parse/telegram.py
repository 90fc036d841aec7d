"""Public preview pages of Telegram channels (``https://t.me/s/CHANNEL``) into entries, the newest post first.

What the page says is all that is read: no account, no bot, no embed is asked. A name that is no public channel (a
user, a group, a closed or deleted channel) is an error in words, never a source without news.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlsplit

from crawler.errors import ParseError
from crawler.model import FeedEntry, ParsedFeed
from crawler.parse.charset import decode_body
from crawler.parse.markup import describe_html, is_challenge, strip_controls
from crawler.parse.telegrampage import POST_NAME, Post, read_page
from crawler.urls import (
    MAX_URL_CHARS,
    TELEGRAM_HOSTS,
    identity_key,
    is_http_url,
    is_on_domain,
    is_telegram_host,
    with_query,
)

MAX_TITLE_CHARS = 200
TEASER_CHARS = 600  # a longer post is the article itself, and its link a source or a donation page
_MAX_LINKS = 20  # of one post; more are a directory
_SHORTEST_SENTENCE_CHARS = 15  # "Dr. Sasa" is none
_TAIL_CHARS = 500

# Hosts, with all below them, that keep no outlet's articles.
_ELSEWHERE = frozenset(
    (
        *TELEGRAM_HOSTS,
        *("telegram.org", "telesco.pe", "whatsapp.com", "wa.me", "viber.com", "signal.org", "signal.me"),
        *("signal.group", "discord.gg", "discord.com", "zoom.us", "messenger.com", "m.me"),
        *("facebook.com", "fb.com", "fb.me", "fb.watch", "fb.gg", "instagram.com", "threads.net"),
        *("threads.com", "twitter.com", "x.com", "t.co", "bsky.app", "linkedin.com", "reddit.com", "vk.com"),
        *("youtube.com", "youtu.be", "tiktok.com", "vimeo.com", "dailymotion.com", "soundcloud.com"),
        *("spotify.com", "podcasts.apple.com", "apps.apple.com", "play.google.com", "linktr.ee"),
        *("docs.google.com", "drive.google.com", "maps.google.com", "maps.app.goo.gl", "forms.gle"),
        *("paypal.com", "paypal.me", "patreon.com", "ko-fi.com"),
    )
)
_HOME_PATH = re.compile(r"/*(?:[A-Za-z]{2,3}/*)?")  # "/" and the home page of one language, "/en/"
_FILE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|mp[34]|m4[av]|mov|webm|pdf|zip|apk|docx?|xlsx?)$", re.IGNORECASE
)
_GUID = re.compile(rf"telegram:{POST_NAME.pattern}", re.ASCII)
_ADDRESS = re.compile(r"https?://\S+")
_SENTENCE_END = re.compile(r"(?:[။?!…]+|\.(?=[\s\"'”’)]))[\"'”’)]*")


def parse_telegram(body: bytes, content_type: str | None, url: str) -> ParsedFeed:
    """Read a channel's preview page; *url* is its address after redirects.

    Posts without text (photos, polls, service messages) are passed over; an empty channel has no entries. Raises
    ``ParseError`` with the cause in words: "empty answer", "challenge page (…)", "not a public channel: …".
    """
    text = strip_controls(decode_body(body, content_type).text)
    if not text.strip("\ufeff \t\r\n"):
        raise ParseError("empty answer")
    page = read_page(text)
    if (away := _leads_away(url)) or not page.is_channel:
        raise ParseError(_describe_refusal(text, is_contact=page.is_contact or away))
    posts = page.posts
    damages = []
    if "</html" not in text[-_TAIL_CHARS:].lower():
        if posts and not posts[-1].dated:
            posts = posts[:-1]  # half a post
        damages.append(f"cut off after post {posts[-1].number}" if posts else "cut off")
    own = sorted((post for post in posts if not post.service), key=lambda post: post.number, reverse=True)
    withheld = sum(post.withheld and not post.texts for post in own)
    if withheld and withheld == len(own):  # else it would look like a channel without news
        raise ParseError("Telegram shows the posts of this channel in its app only")
    if withheld:
        damages.append(f"{withheld} of {len(own)} posts can be read in Telegram's app only")
    return ParsedFeed(
        entries=tuple(entry for post in own if (entry := _entry(post, url))),
        title=page.title,
        damaged="; ".join(damages) or None,
        older=_older([post.number for post in page.posts] + page.befores, url),
    )


def post_number(guid: str | None) -> int | None:
    """Return the number of the post that *guid* names; None when it is no Telegram post's.

    Posts of a channel are numbered upwards; photos, deleted posts and service messages take numbers, too.
    """
    match = _GUID.fullmatch(guid or "")
    return int(match.group(2)) if match else None


def _leads_away(url: str) -> bool:
    """Tell whether Telegram redirected from the preview to the page of a name: /s/NAME to /NAME."""
    parts = urlsplit(url)
    return is_telegram_host(parts.hostname) and not parts.path.startswith("/s/")


def _describe_refusal(text: str, *, is_contact: bool) -> str:
    if not is_contact or is_challenge(text):
        return describe_html(text, "a Telegram channel")
    return (
        "not a public channel: Telegram shows no posts under this name (a user, a group, a channel that is closed,"
        " renamed or gone); open https://t.me/s/NAME in a browser to see"
    )


def _entry(post: Post, url: str) -> FeedEntry | None:
    text = "\n".join(post.texts) or "\n".join(words for words in post.preview if words)
    if not text:
        return None
    name = f"{post.channel}/{post.number}"
    author = f"forwarded from {post.forwarded_from}" if post.forwarded_from else post.signed
    return FeedEntry(
        title=_title(text),
        url=_article_link(post.links, text) or _post_address(name, url),
        guid=f"telegram:{name}",
        content=text,
        author=author or None,
        published=post.published,
    )


def _post_address(name: str, url: str) -> str:
    """Return where the post can be opened: at Telegram, or on the server that shows its channel in its stead."""
    parts = urlsplit(url)
    home = "https://t.me" if is_telegram_host(parts.hostname) else f"{parts.scheme}://{parts.netloc}"
    return f"{home}/{name}"


def _article_link(links: Sequence[str], text: str) -> str | None:
    """Return the address of the article that a post announces; None when the post speaks for itself.

    The rule: a short post (600 characters, the addresses in it not counted) with one link, however often, that
    leads neither to a social network nor to a file nor to a site's home page.
    """
    if len(links) > _MAX_LINKS or len(_ADDRESS.sub("", text)) > TEASER_CHARS:
        return None
    found: dict[str, str] = {}
    for link in links:
        if is_http_url(link) and _may_be_article(link):
            found.setdefault(identity_key(link), link)
    return next(iter(found.values())) if len(found) == 1 else None


def _may_be_article(link: str) -> bool:
    parts = urlsplit(link)
    if is_on_domain(parts.hostname, _ELSEWHERE) or _FILE.search(parts.path, max(len(parts.path) - 5, 0)):
        return False
    return bool(parts.query) or not _HOME_PATH.fullmatch(parts.path)


def _title(text: str) -> str:
    """Return the first line that says something, no hashtags and addresses at its end; of a long one, a sentence."""
    lines = text.split("\n")
    for line in lines:
        words = line[:MAX_URL_CHARS].split()
        while words and words[-1].startswith(("#", "https://", "http://")):
            words.pop()
        title = " ".join(words)
        if any(character.isalnum() for character in title):
            return _shorten(title)
    return _shorten(lines[0])


def _shorten(line: str) -> str:
    if len(line) <= MAX_TITLE_CHARS:
        return line
    head = line[:MAX_TITLE_CHARS]
    sentence = _SENTENCE_END.search(head, _SHORTEST_SENTENCE_CHARS)
    if sentence:
        return head[: sentence.end()]
    end = head.rfind(" ", MAX_TITLE_CHARS // 2)
    if end < 0:
        end = MAX_TITLE_CHARS - 1
        while end > MAX_TITLE_CHARS // 2 and not _may_cut(line, end):
            end -= 1
    return f"{line[:end].rstrip()}…"


def _may_cut(line: str, end: int) -> bool:
    """Tell whether no letter is torn from its marks, nor a stacked Burmese one from its virama."""
    return unicodedata.category(line[end])[0] != "M" and line[end - 1] != "\u1039"


def _older(numbers: Sequence[int], url: str) -> str | None:
    """Return the address of the page before the lowest of *numbers*; None at the beginning of the channel.

    A page that goes back no further than it was asked to has none: nobody is led round in circles.
    """
    lowest = min(numbers, default=0)
    fields = parse_qsl(urlsplit(url).query)
    asked = [int(value) for name, value in fields if name == "before" and re.fullmatch(r"[0-9]{1,10}", value)]
    if lowest <= 1 or any(lowest >= number for number in asked):
        return None
    return with_query(url, before=str(lowest), after=None)
