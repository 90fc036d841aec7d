"""What stands round a feed, and what is broken in it, keeps no entry from being read; entities stay harmless."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.errors import ParseError
from crawler.parse.feeds import parse_feed
from crawler.parse.markup import field_to_line, html_to_text
from tests.goldenfile import documents

URL = "https://feed.example/feed"
LOIKAW = "လွိုင်ကော်"  # Loikaw


def titles(document: str | bytes, content_type: str | None = None) -> list[str]:
    body = document if isinstance(document, bytes) else document.encode()
    return [entry.title for entry in parse_feed(body, content_type, URL).entries]


def rss(item: str, head: str = "", tail: str = "</rss>") -> str:
    return f'{head}<rss version="2.0"><channel><title>T</title><item>{item}</item></channel>{tail}'


def test_channel_definition_format_is_read() -> None:
    feed = parse_feed(
        b'<?xml version="1.0"?><CHANNEL HREF="https://a.example/"><TITLE>Lake</TITLE>'
        b'<ITEM HREF="https://a.example/1" LASTMOD="2025-11-03T10:00"><TITLE>Rain</TITLE></ITEM></CHANNEL>',
        None,
        URL,
    )
    (entry,) = feed.entries
    assert (feed.title, entry.title, entry.url) == ("Lake", "Rain", "https://a.example/1")
    assert entry.published is not None
    assert parse_feed(b"<CHANNEL><TITLE>Lake</TITLE></CHANNEL>", None, URL).title == "Lake"


@pytest.mark.parametrize("label", ["cp037", "ibm1140", "cp500"])
def test_mainframe_encodings_are_read_by_their_label(label: str) -> None:
    document = rss("<title>Caf\xe9 [1]</title>", f'<?xml version="1.0" encoding="{label}"?>')
    assert titles(document.encode(label)) == ["Café [1]"]


def test_last_bracket_may_be_missing() -> None:
    whole = rss("<title>Rain</title>")
    feed = parse_feed(whole[:-1].encode(), None, URL)
    assert [entry.title for entry in feed.entries] == ["Rain"]
    assert feed.damaged
    empty = parse_feed(b"<rss><channel><title>Lake</title></channel></rss", None, URL)
    assert (empty.title, empty.entries, bool(empty.damaged)) == ("Lake", (), True)


@pytest.mark.parametrize(
    "head",
    [
        "\ufeff",
        "\ufeff\n\n  ",
        "\n \t\r\n",
        "<br />\n<b>Warning</b>:  Undefined variable $x in /srv/x.php on line 3<br />\n",
        "PHP Notice: x &amp; <y>\n",
        "<!-- made by a cache -->\n",
    ],
)
def test_what_stands_before_the_declaration_is_dropped(head: str) -> None:
    assert titles(rss(f"<title>{LOIKAW}</title>", f'{head}<?xml version="1.0" encoding="us-ascii"?>')) == [
        LOIKAW
    ]


def test_controls_inside_the_markup_are_dropped() -> None:
    assert titles(rss(f"<title>{LOIKAW}\x00\x08\x0b\x1f \ufffe!</title>")) == [f"{LOIKAW} !"]


def test_entities_of_plain_text_are_read_within_a_budget() -> None:
    head = '<!DOCTYPE rss [<!ENTITY town "Loikaw"><!ENTITY b "&town;&town;"><!ENTITY big "%s">]>' % (
        "x" * 150
    )
    assert titles(rss("<title>&town; &b; &amp; &eacute;</title>", head)) == ["Loikaw &b; & é"]
    start = time.monotonic()
    (long,) = titles(rss(f"<title>{'&big;' * 100_000}</title>", head))
    assert long.count("x") <= 10_000
    assert time.monotonic() - start < 10


def test_undeclared_and_external_entities_stay_words() -> None:
    head = (
        '<!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/hostname"><!ENTITY % p "x"><!ENTITY m "<b>&#60;/b>">]>'
    )
    assert titles(rss("<title>&f; &p; &m; &q;</title>", head)) == ["&f; &p; &m; &q;"]


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("<![CDATA[Rain & <b>sun</b>]]>", "Rain & sun"),
        ("<![CDATA[<![CDATA[Rain]]]]><![CDATA[>]]>", "Rain"),
        ("&lt;![CDATA[Rain &amp;amp; sun]]&gt;", "Rain & sun"),
        ("<![CDATA[Rain <!-- hidden --> sun]]>", "Rain sun"),
        ("&lt;p&gt;Rain&lt;script&gt;alert(1)&lt;/script&gt; sun&lt;/p&gt;", "Rain sun"),
        ("&lt;style&gt;p {color: red}&lt;/style&gt;Rain", "Rain"),
        ("Rain &amp;amp; sun", "Rain & sun"),
        ("&amp;#4124;&amp;#4141;", "လိ"),  # two letters, escaped twice
        ("&amp;amp;#4124;&amp;amp;#4141;", "လိ"),  # and three times
        ("Rain &amp;lt; sun", "Rain < sun"),
        ("Rain &lt; 3 &gt; 2", "Rain < 3 > 2"),
        ("Rain < 3, sun <5 & wind <", "Rain < 3, sun <5 & wind <"),
        ("Rain &#X26; sun&#0;&#x1f;&#55296;&#1114112;&#xFFFF;", "Rain & sun"),
        ("'Rain' &quot;sun&quot;", "'Rain' \"sun\""),
        (f"<b>{LOIKAW}</b>", LOIKAW),
    ],
)
def test_titles_are_plain_text_however_they_are_wrapped(title: str, shown: str) -> None:
    assert titles(rss(f"<title>{title}</title>")) == [shown]


def test_comment_that_never_closes_hides_nothing() -> None:
    assert field_to_line("<b>Rain</b><!-- and sun") == "Rain"
    assert field_to_line("<b>Rain</b><!-- x -->, <!-- y >wind and sun") == "Rain, wind and sun"
    assert html_to_text("<p>one</p><!--[if IE]><p>two</p>") == "one\ntwo"
    assert html_to_text("<p>one</p><!-- <p>gone</p> --><p>two</p>") == "one\ntwo"


def test_feed_cut_in_its_first_entry_is_refused_and_one_cut_later_kept() -> None:
    cut = rss("<title>Rain</title></item><item><title>Su", tail="")
    assert titles(cut.removesuffix("</item></channel>")) == ["Rain"]
    with pytest.raises(ParseError, match="cut off"):
        titles("<rss><channel><item><title><![CD")


def test_a_root_inside_a_comment_is_none() -> None:
    feed = parse_feed(rss("<title>Rain</title>", "<!-- made by <rss> 2 and </rss> -->\n").encode(), None, URL)
    assert (len(feed.entries), feed.damaged) == (1, None)
    with pytest.raises(ParseError, match="not a feed"):
        parse_feed(b"<!-- <rss><channel></channel></rss> ", None, URL)


def test_entries_behind_a_tag_that_never_closes_are_kept() -> None:
    items = "".join(f"<item><title>{n}</title><link>https://a.example/{n}</link></item>" for n in range(5))
    broken = items.replace("<title>1</title>", "<title>1")
    feed = parse_feed(f"<rss><channel><title>T</title>{broken}</channel></rss>".encode(), None, URL)
    assert feed.title == "T"
    assert [entry.url for entry in feed.entries if entry.title != "1https://a.example/1"] == [
        f"https://a.example/{n}" for n in (0, 2, 3, 4)
    ]
    assert len(feed.entries) == 5
    assert str(feed.damaged).startswith("malformed XML")


def test_no_entry_is_taken_in_by_the_one_before() -> None:
    items = "".join(f"<item><title>{n}<link>https://a.example/{n}</link></item>" for n in range(400))
    atom = "".join(f"<entry><id>{n}</id><title>{n}</title><summary>x<p>y</entry>" for n in range(400))
    feed = parse_feed(f"<rss><channel><title>T</title>{items}</channel></rss>".encode(), None, URL)
    assert len(feed.entries) == 400
    head = '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:x="urn:x"><title>T</title>'
    feed = parse_feed(f"{head}{atom}</feed>".encode(), None, URL)
    assert [(entry.title, entry.guid) for entry in feed.entries] == [(str(n), str(n)) for n in range(400)]


def test_end_tag_may_differ_in_case() -> None:
    feed = parse_feed(rss("<title>Rain</title>", tail="</RSS>").encode(), None, URL)
    assert (len(feed.entries), feed.damaged) == (1, None)


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ("<link>https://a.example/a b.html\n</link>", "https://a.example/a%20b.html"),
        ("<link>\n  https://a.example/\n  x.html\n</link>", "https://a.example/x.html"),
        ("<link><![CDATA[ https://a.example/x?a=1&b=2 ]]></link>", "https://a.example/x?a=1&b=2"),
        ("<link>https://a.example/x?a=1&b=2</link>", "https://a.example/x?a=1&b=2"),
        ("<link>//a.example/x</link>", "https://a.example/x"),
        ("<link>/news/1</link>", "https://feed.example/news/1"),
        ("<guid>/news/1</guid>", "https://feed.example/news/1"),
        ("<guid>https://a.example/1</guid>", "https://a.example/1"),
        ("<guid isPermaLink='false'>/news/1</guid>", None),
        ("<guid>news-1</guid>", None),
        ("<enclosure url='https://a.example/a.mp3' type='audio/mpeg' length='1'/>", None),
        ("<link>https://a.example/သတင်း/၁</link>", "https://a.example/သတင်း/၁"),  # "news", 1
    ],
)
def test_links_are_read_as_browsers_read_them(item: str, url: str | None) -> None:
    (entry,) = parse_feed(rss(f"<title>Rain</title>{item}").encode(), None, URL).entries
    assert (entry.title, entry.url) == ("Rain", url)


def test_an_entry_needs_a_word_an_address_or_an_identifier() -> None:
    date = "<pubDate>Mon, 03 Nov 2025 08:00:00 GMT</pubDate>"
    kept = [f"<{tag}>https://a.example/</{tag}>" for tag in ("title", "link", "guid", "description")]
    items = "".join(
        f"<item>{date}{part}</item>" for part in (*kept, "", "<title></title>", "<title> </title>")
    )
    feed = parse_feed(f"<rss><channel>{items}<item/></channel></rss>".encode(), None, URL)
    assert len(feed.entries) == len(kept)


GOLDEN = [path.read_bytes() for path in documents(Path(__file__).parent.parent / "golden" / "feeds")]
SCARS = st.sampled_from(
    [
        b"",
        b"<",
        b"&",
        b"</",
        b"]]>",
        b"<![CDATA[",
        b"<!--",
        b"<item>",
        b"</item>",
        b"</rss>",
        b"\x00",
        b"\xff",
    ]
)


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(GOLDEN), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 30), SCARS), max_size=4))
def test_a_damaged_feed_is_read_or_refused(body: bytes, wounds: list[tuple[float, int, bytes]]) -> None:
    for place, length, scar in wounds:
        at = int(place * len(body))
        body = body[:at] + scar + body[at + length :]
    try:
        feed = parse_feed(body, None, URL)
    except ParseError as error:
        assert str(error)
        return
    for entry in feed.entries:
        assert entry.title or entry.url or entry.guid or entry.summary or entry.content
        assert entry.url is None or entry.url.startswith(("http://", "https://"))
