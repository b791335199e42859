"""Contracts are carried out without pytest, their tests in order and each on its own."""

import re
from pathlib import Path
from unittest import SkipTest

import pytest

from harness.specs import KINDS
from harness.testing import contracts
from harness.testing.contracts import Contract
from harness.testing.contracts.carrying_out import CONTRACTS, Verdict, carry_out


class General(Contract):
    def test_general(self):
        pass

    def test_replaced(self):
        raise AssertionError("this one is not carried out")


class Special(General):
    test_its_hooks_module_is_light = None
    test_replaced = None

    def test_fails(self):
        raise AssertionError("in two\nlines")

    def test_has_nothing_to_say(self):
        raise SkipTest("it does not train")

    def test_breaks(self):
        raise KeyError("mine")

    def no_test(self):
        raise AssertionError("this one is none")


@pytest.fixture
def verdicts():
    own = {name: None for name in vars(Contract) if name.startswith("test_")}
    return list(carry_out(type("TestMine", (Special,), own)))


def test_every_test_gets_a_verdict_those_of_all_kinds_first(verdicts):
    assert [verdict.test for verdict in verdicts] == [
        "test_general", "test_fails", "test_has_nothing_to_say", "test_breaks"
    ]  # fmt: skip
    assert [verdict.outcome for verdict in verdicts] == ["passed", "failed", "skipped", "failed"]


def test_a_verdict_says_why_in_one_line(verdicts):
    assert re.fullmatch(r"in two lines \(.*test_carrying_out\.py:\d+\)", verdicts[1].said)
    assert verdicts[2] == Verdict("test_has_nothing_to_say", "skipped", "it does not train")
    assert re.fullmatch(r"KeyError: 'mine' \(.*test_carrying_out\.py:\d+\)", verdicts[3].said)


def test_an_interruption_ends_them_all():
    def test_mine(self):
        raise KeyboardInterrupt

    own = {name: None for name in vars(Contract) if name.startswith("test_")}
    with pytest.raises(KeyboardInterrupt):
        list(carry_out(type("TestMine", (Contract,), {**own, "test_mine": test_mine})))


def test_every_contract_is_that_of_its_kind():
    public = {getattr(contracts, name) for name in contracts.__all__} - {Contract}
    assert set(CONTRACTS.values()) == public
    assert set(CONTRACTS) <= set(KINDS)


def test_no_contract_needs_pytest():
    files = list(Path(contracts.__file__).parent.glob("*.py"))
    assert files
    assert [path.name for path in files if "import pytest" in path.read_text("utf-8")] == []
