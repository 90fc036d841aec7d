"""Untrusted text: what never reaches a reader, where Burmese may be cut, which links are shown."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.message.plaintext import break_mentions, clean_line, cut_text, is_cut_point, safe_url, shown_host

burmese = st.lists(
    st.sampled_from(
        ("လွိုင်", "ကော်", "မြို့", "တွင်", "တိုက်", "ပွဲ", "မင်္ဂ", "လာ", "၁၁၁၁", "၊", "။", " ", "\u200b", "ဥ", "က္က")
    ),  # syllables of: Loikaw town, in, battle, auspicious; a number, stops, a stacked consonant
    max_size=60,
).map("".join)
texts = st.one_of(st.text(max_size=80), burmese, st.tuples(burmese, st.text(max_size=20)).map("".join))


def utf8(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@pytest.mark.parametrize(
    "bad",
    [
        chr(c)
        for c in (
            *range(0x202A, 0x202F),
            *range(0x2066, 0x206A),
            0x200E,
            0x200F,
            0x61C,
            0,
            0x1B,
            0x9F,
            0xFEFF,
        )
    ]
    + ["\U000e0041", "\U000e007f", "\ud800", "\udfff"],
    ids=lambda bad: f"U+{ord(bad):04X}",
)
def test_a10_what_reorders_or_hides_text_is_gone(bad: str) -> None:
    assert clean_line(f"a{bad}b") == "ab"


@pytest.mark.parametrize("space", ["\n", "\r\n", "\t", "\x85", "\u2028", "\u2029", "\u00a0", "  ", "\u3000"])
def test_a_line_stays_one_line(space: str) -> None:
    assert clean_line(f" a{space}b{space}") == "a b"


def test_burmese_joiners_and_word_breaks_survive_inside_a_line() -> None:
    assert clean_line("\u200bလွိုင်\u200bကော်\u200d\u200cတွင်\u200b") == "လွိုင်\u200bကော်\u200d\u200cတွင်"  # in Loikaw


@settings(deadline=None, max_examples=100)
@given(texts)
def test_cleaning_is_nfc_encodable_and_idempotent(text: str) -> None:
    cleaned = clean_line(text)
    cleaned.encode("utf-8")
    assert cleaned == unicodedata.normalize("NFC", cleaned) == clean_line(cleaned)
    assert len(cleaned.splitlines()) <= 1


@settings(deadline=None, max_examples=100)
@given(texts, st.integers(-1, 90), st.sampled_from((len, utf8, utf16)))
def test_a_cut_never_exceeds_its_limit_and_keeps_a_beginning(text: str, limit: int, count: object) -> None:
    assert callable(count)
    cut = cut_text(text, limit, count)
    if count(text) <= limit:
        assert cut == text
    else:
        assert count(cut) <= max(limit, 0)
        assert not cut or (cut.endswith("…") and text.startswith(cut[:-1]))


@settings(deadline=None, max_examples=100)
@given(burmese, st.integers(1, 60))
def test_burmese_is_cut_between_syllables(text: str, limit: int) -> None:
    cut = cut_text(text, limit)
    if cut not in (text, "…"):
        rest = text[len(cut) - 1 :]
        assert unicodedata.category(rest[0])[0] != "M"
        assert not (rest[0].isdigit() and cut[-2:-1].isdigit())
        at_a_stop = cut[-2] in "၊။" or rest[0] in " \u200b"
        assert at_a_stop or rest[1:2] not in ("\u103a", "\u1039")
        assert not cut.endswith("\u1039…")


@pytest.mark.parametrize("limit", range(6, 11))
def test_a_word_of_two_syllables_is_cut_between_them(limit: int) -> None:
    # Loikaw: လွိုင် is six code points, ကော် four; grapheme clusters would allow ကေ|ာ်
    assert cut_text("လွိုင်ကော်မြို့တွင်", limit) in ("…", "လွိုင်…")


def test_a_cut_prefers_a_space_or_a_stop_near_the_end() -> None:
    assert cut_text("Clashes resume near Loikaw", 24) == "Clashes resume near…"
    assert cut_text("တိုက်ပွဲ။လွိုင်ကော်", 12) == "တိုက်ပွဲ။…"  # battle. Loikaw


def test_a_number_is_never_cut_in_two() -> None:
    for limit in range(2, 12):
        assert cut_text("killed 1,234,567 people", limit + 6).rstrip("…").rstrip() in (
            "killed",
            "killed 1,234,567",
        )
    assert not is_cut_point("၁၁၁၁", 2)


def test_not_even_an_ellipsis_fits_nothing() -> None:
    assert cut_text("abc", 0) == ""
    assert cut_text("abc", 2, utf8) == ""


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://www.irrawaddy.com/news/a.html", "https://www.irrawaddy.com/news/a.html"),
        ("HTTP://Example.ORG", "http://example.org/"),
        ('https://x.example/a b(c)<d>"e|f\\g', "https://x.example/a%20b%28c%29%3Cd%3E%22e%7Cf%5Cg"),
        ("https://x.example/100%/%41?q=1&r=%2", "https://x.example/100%25/%41?q=1&r=%252"),
        ("https://x.example/@everyone", "https://x.example/%40everyone"),
        ("https://x.example:8443/a#b", "https://x.example:8443/a#b"),
        ("https://[::1]/a", "https://[::1]/a"),
        ("https://x.example/က", "https://x.example/%E1%80%80"),  # the letter ka
        ("https://မြန်မာ.com/", "https://xn--" + "မြန်မာ".encode("punycode").decode() + ".com/"),  # Myanmar
    ],
)
def test_a_safe_url_is_ascii_and_means_the_same(url: str, safe: str) -> None:
    assert safe_url(url) == safe


@pytest.mark.parametrize(
    "url",
    [
        "", "javascript:alert(1)", "tg://user?id=1", "ftp://x.example/", "//x.example/", "https:///x", "x.example",
        "https://irrawaddy.com@evil.example/", "https://irrawaddy.com\\@evil.example/", "https://a b.example/",
        "https://x.example%2eevil.example/", "https://[::1/", "https://x.example:99999/", "https://x..example/",
        "https://\ud800.example/", "https://x.example/\ud800", "https://x.example/" + "a" * 2000,
        "https://x.example/" + "က" * 300, "data:text/html,x", "https://evil.example\u202e/x\u202e@a",
    ],
)  # fmt: skip
def test_a10_a_deceiving_or_unusable_url_is_no_link(url: str) -> None:
    assert safe_url(url) is None


@settings(deadline=None, max_examples=100)
@given(
    st.one_of(
        texts, texts.map(lambda text: "https://" + text), texts.map(lambda text: "http://x.example/" + text)
    )
)
def test_no_url_breaks_out_of_markup(url: str) -> None:
    safe = safe_url(url)
    if safe is not None:
        assert safe.isascii()
        assert len(safe) <= 2000
        assert safe.startswith(("http://", "https://"))
        assert not set(safe) & set('()<>"|\\ `{}^\n')
        assert safe_url(safe) == safe
        assert shown_host(safe) == shown_host(url) != ""


def test_a10_the_shown_host_names_the_owner() -> None:
    assert shown_host("https://www.irrawaddy.com/x") == "irrawaddy.com"
    assert shown_host("https://irrawaddy.com@evil.example/") == ""
    assert shown_host("https://іrrawaddy.com/").startswith("xn--")  # a Cyrillic letter
    assert shown_host("https://" + "irrawaddy.com." * 6 + "evil.example/").endswith("evil.example")
    assert len(shown_host("https://" + "irrawaddy.com." * 6 + "evil.example/")) <= 60


@pytest.mark.parametrize(
    "live", ["@name", "/start", "#tag", "$USD", "https://evil.example", "evil.example", "မြန်မာ.com"]
)
def test_nothing_live_is_left_and_nothing_visible_changes(live: str) -> None:
    broken = break_mentions(f"see {live} now")
    assert live not in broken
    assert broken.replace("\u200b", "") == f"see {live} now"
    assert break_mentions(broken) == broken


def test_plain_prose_is_left_alone() -> None:
    for prose in (
        "Lt. Gen. Soe, 3.5 km from Loikaw.",
        "U.S. aid & more",
        "a @ b / c",
        "part (1/5)",
        "$5 million",
        "and/or",
    ):
        assert break_mentions(prose) == prose
