"""An operation named by a number is found in all its spellings, and a number alone never is."""

from __future__ import annotations

import pytest

from alerts.match.numbers import compile_number, find_numbers
from alerts.text.fold import fold

WORDS = (
    "operation", "offensive", "campaign", "revolution", "op", "စစ်ဆင်ရေး", "ထိုးစစ်", "တော်လှန်ရေး", "ปฏิบัติการ",
    "行动", "行動", "作戦", "작전",
)  # fmt: skip  # operation, offensive, revolution; then operation in Thai, Chinese, Japanese, Korean
ELEVEN = compile_number("11 11", WORDS)


def find(text: str, form: str = "11 11") -> list[str]:
    name = ELEVEN if form == "11 11" else compile_number(form, WORDS)
    folded = fold(text)
    return [text[slice(*folded.span(start, end))] for start, end in find_numbers(folded, name)]


WHOLE = [
    "Operation 1111", "1111 Operation", "Operation 11.11", "11,11 military operation", "‘1111’ operation",
    "“1111” military operation", "Operation 11/11", "Operation 11-11", "Operation 11 11", "Operation Eleven Eleven",
    "operation eleven-eleven", "Eleven-Eleven operation", "Operation1111", "Operation-1111", "Operation “1111”",
    "Operation (1111)", "Operation １１１１", "Op 1111", "Op. 1111", "1111 Revolution", "1111 offensive",
    "Operations 1027 and 1111", "1027 and 1111 operations", "1111 and 1027 operations", "11.11 operations",
    "operation, dubbed 1111", "‘1111’ operations", "Opera\u00adtion 11\u200b11",
    "၁၁၁၁ စစ်ဆင်ရေး", "၁၁.၁၁ စစ်ဆင်ရေး", "၁၁/၁၁ စစ်ဆင်ရေး", "၁၁-၁၁ စစ်ဆင်ရေး", "၁၁ ၁၁ စစ်ဆင်ရေး", "1111 စစ်ဆင်ရေး",
    "(၁၁၁၁) စစ်ဆင်ရေး", "“၁၁၁၁” စစ်ဆင်ရေး", "၁၁၁၁စစ်ဆင်ရေး", "၁၁၁၁ စစ် ဆင် ရေး", "၁၁၁၁ စစ်ဆင်ေရး",
    "၁ လေးလုံး စစ်ဆင်ရေး", "(၁) လေးလုံး စစ်ဆင်ရေး", "တစ်လေးလုံး စစ်ဆင်ရေး",  # "one, four of them" operation
    "တစ်ဆယ့်တစ် တစ်ဆယ့်တစ် စစ်ဆင်ရေး", "ဆယ့်တစ်ဆယ့်တစ် စစ်ဆင်ရေး",  # eleven eleven operation
    "စစ်ဆင်ရေး ၁၁၁၁", "စစ်ဆင်ရေး (၁၁-၁၁)", "၁၁၁၁ ( ၁၁.၁၁ ) စစ်ဆင်ရေး", "၁၁၁၁ ထိုးစစ်",
    "၁၁၁၁ အမည်ရှိ စစ်ဆင်ရေး",  # operation named 1111
    "၁၁၁၁ နှင့် ၁၀၂၇ စစ်ဆင်ရေး",  # operations 1111 and 1027
    "ปฏิบัติการ 1111", "ปฏิบัติการ ๑๑๑๑", "1111行动", "1111行動", "行动1111", "1111作戦", "1111 작전",
]  # fmt: skip


@pytest.mark.parametrize("text", WHOLE)
@pytest.mark.parametrize(
    ("before", "after"), [("", ""), ("the ", " began."), ("ယနေ့ ", " အတွင်း")]
)  # today; during
def test_every_spelling_is_found_and_quoted_whole(text: str, before: str, after: str) -> None:
    assert find(f"{before}{text}{after}") == [text]


@pytest.mark.parametrize(
    "text",
    [
        "11.11 sale",
        "hotline 1111",
        "09-1111-2222",
        "Police operations: 1111-2222",
        "killed 1,111 in operation",
        "1,111 operation",
        "11.11.2023 operation",
        "2023-11-11 operation",
        "operation at 11:11",
        "operation 11:11 am",
        "11:11:11 operation",
        "Operation 9/11",
        "cooperation 1111",
        "co-operation 1111",
        "1111 operational staff",
        "Operation 1027",
        "Operation 1107",
        "Operation 0307",
        "Operation 111",
        "Operation 11112",
        "Operation 21111",
        "Operation 1111 1111",
        "Operation Cyclone Mocha",
        "Operation Aung Zeya",
        "police carried out 1111 operations",
        "A night operation ended with 1111 tablets",
        "in operation 1111 tablets were seized",
        "On November 11, 11 operations were launched",
        "1111 people. Operation resumes",
        "1111 people fled the operation",
        "၁၁၁၁၁၁၁၁ စစ်ဆင်ရေး",
        "၁၁ ၁၁ ၁၁ ၁၁ စစ်ဆင်ရေး",
        "၁ ရှစ်လုံး စစ်ဆင်ရေး",  # the eight ones, another operation
        "KNDF တပ်ရင်း (၁၁)",  # battalion 11
        "ခမရ (၁၁၁) စစ်ဆင်ရေး",  # LIB 111
        "အမှတ် ၁၁၁၁ တပ်ရင်း။ စစ်ဆင်ရေး",  # battalion No. 1111. Operation
        "နိုဝင်ဘာလ (၁၁)ရက် စစ်ဆင်ရေး",  # operation on 11 November
        "၁၁၁၁ ဦး စစ်ဆင်ရေး",  # 1111 persons
        "စစ်ဆင်ရေး ၁၁၁၁ ကြိမ်",  # 1111 operations
        "နွေဦးတော်လှန်ရေး ၁၁၁၁ ရက်",  # 1111 days of the Spring Revolution
        "စိတ်ဓာတ်စစ်ဆင်ရေး ၁၁၁၁",  # psychological warfare
        "အမှတ် (၁၁၁၁) စစ်ဆင်ရေးကွပ်ကဲမှုဌာနချုပ်",  # Military Operations Command
        "1111次行动",  # 1111 actions
    ],
)
def test_dates_counts_units_and_other_operations_are_not_found(text: str) -> None:
    assert find(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Operation 1027",
        "1027 operation",
        "Operation 10.27",
        "operation ten twenty-seven",
        "၁၀၂၇ စစ်ဆင်ရေး",
        "ဆယ် နှစ်ဆယ့်ခုနစ် စစ်ဆင်ရေး",  # ten twenty-seven operation
        "1027行动",
    ],
)
def test_another_operation_is_one_more_number(text: str) -> None:
    assert find(text, "10 27") == [text]
    assert find(text) == []


@pytest.mark.parametrize("form", ["1111", "11", "11 11 11", "eleven", "111 1", ""])
def test_a_form_that_is_no_pair_of_numbers_is_refused(form: str) -> None:
    with pytest.raises(ValueError, match="two numbers"):
        compile_number(form, WORDS)
