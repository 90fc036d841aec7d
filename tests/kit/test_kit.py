"""Every property of the kit, asked of every platform by the code of ``python -m tests.kit``: the table cannot lie."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from alerts.channels import PLATFORMS
from tests.kit.material import injections
from tests.kit.platforms import PROFILES, subject
from tests.kit.profile import CANARY
from tests.kit.properties import PROPERTIES, Property, judge, wrong_skips

every_platform = pytest.mark.parametrize("name", sorted(PROFILES))


@every_platform
@pytest.mark.parametrize("asked", PROPERTIES, ids=lambda asked: asked.name)
def test_platform_keeps_the_contract(name: str, asked: Property) -> None:
    verdict = judge(subject(name), asked)
    assert not verdict.fault, verdict.fault
    assert not verdict.is_empty, "a cell without a single check"


@pytest.mark.slow
@every_platform
@pytest.mark.parametrize(
    "asked", [each for each in PROPERTIES if each.has_sweep or each.sends], ids=lambda asked: asked.name
)
def test_platform_keeps_the_contract_in_the_long_sweep(name: str, asked: Property) -> None:
    verdict = judge(subject(name), asked, thorough=True)
    assert not verdict.fault, verdict.fault
    assert not verdict.is_empty, "a cell without a single check"


def test_every_platform_has_a_profile_and_skips_nothing_in_silence() -> None:
    assert set(PROFILES) == set(PLATFORMS), "add the platform's facts to tests/kit/platforms.py"
    for name in PROFILES:
        assert wrong_skips(subject(name)) == []
        assert subject(name).name == name
        assert not PROFILES[name].skips or PLATFORMS[name].local or PLATFORMS[name].package
        assert all(len(reason) > 30 for reason in PROFILES[name].hides.values())


@every_platform
def test_sample_keys_hold_the_canary_in_every_secret(name: str) -> None:
    keys = subject(name).keys()
    secrets = {field: value for field, value in keys if isinstance(value, SecretStr)}
    assert set(PLATFORMS[name].secrets) <= set(secrets)
    assert all(CANARY in value.get_secret_value() for value in secrets.values())
    declared = {
        field for field, info in PLATFORMS[name].keys.model_fields.items() if "SecretStr" in repr(info)
    }
    assert declared == set(secrets), "a secret of the platform is not in its sample keys"


def test_corpus_of_injections_is_wide() -> None:
    texts = [text for kind in injections().values() for text in kind]
    assert len(set(texts)) == len(texts) >= 120
    assert len(injections()) >= 15
