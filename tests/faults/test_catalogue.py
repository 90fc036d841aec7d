"""The catalogue is whole: every fault has its tests, and the list is the one that the papers give."""

from __future__ import annotations

import re
from pathlib import Path

from tests.faults.catalogue import FAULTS, KINDS, by_fault, named_tests


def test_list_of_faults_is_that_of_the_paper(shared: Path) -> None:
    paper = (shared / "reliability.md").read_text("utf-8")
    ids = re.findall(r"^\| ([FAD]\d{1,2}) \|", paper, re.MULTILINE)
    assert len(ids) == 61
    assert list(FAULTS) == ids


def test_every_fault_has_a_test_of_its_name() -> None:
    assert [fault for fault, tests in by_fault(named_tests()).items() if not tests] == []


def test_tests_are_found_by_name_wherever_they_stand_and_told_fast_or_slow(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "test_one.py").write_text(
        "import pytest\ndef test_f01_a(): ...\n@pytest.mark.slow\ndef test_a14_b(): ...\ndef test_f1_c(): ...\n"
        "class TestD:\n    def test_s03_d(self): ...\ndef test_x01_e(): ...\ndef helper_f01_f(): ...\n"
    )
    (tmp_path / "test_two.py").write_text(
        "import pytest\npytestmark = pytest.mark.slow\ndef test_f30_g(): ...\n"
    )
    found = named_tests(tmp_path)
    assert [(test.fault, test.name, test.file, test.slow) for test in found] == [
        ("F1", "test_f01_a", "below/test_one.py", False),
        ("A14", "test_a14_b", "below/test_one.py", True),
        ("S3", "test_s03_d", "below/test_one.py", False),
        ("F30", "test_f30_g", "test_two.py", True),
    ]
    table = by_fault(found)
    assert list(table) == [*FAULTS, "S3"]
    assert [fault for fault, tests in table.items() if tests] == ["F1", "F30", "A14", "S3"]
    assert {fault[0] for fault in table} <= KINDS.keys()
