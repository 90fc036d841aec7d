"""What ``newswatch status`` says of a source in words."""

from __future__ import annotations

from alerts.commands.status import describe_way
from crawler.config import Source

SOURCE = Source.model_validate(
    {
        "id": "outlet",
        "name": "Outlet",
        "language": "en",
        "perspective": "independent",
        "routes": [
            {"kind": "wordpress", "url": "https://outlet.example"},
            {"kind": "feed", "url": "https://search.example/rss?q=site:outlet.example"},
        ],
    }
)


def test_a_source_that_is_read_by_another_route_than_its_first_is_noted() -> None:
    note = describe_way(SOURCE, 1)
    assert note is not None
    assert note.startswith("read by route 2 of 2, feed at search.example: ")
    assert describe_way(SOURCE, 0) is None


def test_a_route_that_was_taken_out_of_the_configuration_since_is_not_noted() -> None:
    assert describe_way(SOURCE, 2) is None
