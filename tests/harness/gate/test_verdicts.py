"""Every verdict, and the exit codes that follow: what a gate must not let through."""

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from made_gate import (
    LATENCY,
    LPIPS,
    cell_of,
    compared,
    finding_of,
    images,
    score_of,
    trained_cells,
    with_machine,
)

from harness.errors import ExitCode
from harness.gate.cells import GatedData
from harness.gate.rules import Acknowledged, Rules, Tolerance

STATED = Rules((Tolerance(rule="training", value=0.5),))


def untrained(value, **given):
    return [cell_of(score_of(value, **given))]


def verdict(base, current, rules=None):
    return finding_of(base, current, rules).verdict


class TestEvaluation:
    def test_what_is_equal_is_the_same(self):
        outcome = compared(untrained(images(30)), untrained(images(30)))
        assert [each.verdict for each in outcome.findings] == ["same"]
        assert outcome.exit_code == ExitCode.OK

    def test_a_drop_of_psnr_is_worse_and_a_rise_better(self):
        assert verdict(untrained(images(38)), untrained(images(30))) == "worse"
        assert verdict(untrained(images(38)), untrained(images(40))) == "better"

    def test_a_drop_of_lpips_is_better_and_a_rise_worse(self):
        assert verdict(untrained(0.3, **LPIPS), untrained(0.2, **LPIPS)) == "better"
        assert verdict(untrained(0.2, **LPIPS), untrained(0.3, **LPIPS)) == "worse"

    def test_a_change_within_the_tolerance_of_the_metric_is_none(self):
        assert verdict(untrained(images(30)), untrained(images(29.991))) == "same"
        assert verdict(untrained(images(30)), untrained(images(29.989))) == "worse"

    def test_a_stated_tolerance_goes_before_that_of_the_metric(self):
        rules = Rules((Tolerance(metric="psnr", value=0.5),))
        assert verdict(untrained(images(30)), untrained(images(29.6)), rules) == "same"
        assert verdict(untrained(images(30)), untrained(images(29.4)), rules) == "worse"

    def test_the_change_has_an_interval_over_scenes_from_scores_paired_by_image(self):
        change = finding_of(untrained(images(30)), untrained(images(29.5, spread=2.9))).change
        assert change.images == 15
        low, high = change.interval
        assert -0.6 < low < -0.5 < high < -0.4

    def test_the_image_that_got_worst_is_named(self):
        now = {**images(30), "2-1": 20.0}
        assert finding_of(untrained(images(30)), untrained(now)).reason == "worst: 2-1, by 10.00"

    def test_an_image_without_a_number_that_had_one_is_a_failure(self):
        now = {name: value for name, value in images(30).items() if name != "2-1"}
        finding = finding_of(untrained(images(30)), untrained(now))
        assert (finding.verdict, finding.reason) == (
            "failed",
            "without a number, which had one: 2-1",
        )

    def test_without_scores_of_images_means_are_compared(self):
        assert verdict(untrained(30.0), untrained(images(29))) == "worse"

    def test_infinite_scores_are_the_same_and_a_finite_one_is_worse(self):
        infinite = dict.fromkeys(images(1), math.inf)
        assert verdict(untrained(infinite), untrained(infinite)) == "same"
        assert verdict(untrained(infinite), untrained(images(50))) == "worse"

    def test_the_seed_of_a_method_that_does_not_train_does_not_matter(self):
        now = [replace(cell, seed=3) for cell in untrained(images(30))]
        assert verdict(untrained(images(30)), now) == "same"

    @pytest.mark.parametrize("count", range(1, 13))
    def test_a_tenfold_change_is_flagged_whatever_the_count_of_images(self, count):
        assert verdict(untrained(images(30, count)), untrained(images(3, count))) == "worse"
        old, new = (images(mean, count, spread=0.01) for mean in (0.05, 0.5))
        assert verdict(untrained(old, **LPIPS), untrained(new, **LPIPS)) == "worse"

    def test_jitter_of_the_last_digits_raises_no_alarm(self):
        draw = np.random.default_rng(0)
        for _ in range(200):
            now = {name: value + 0.005 * draw.normal() for name, value in images(30).items()}
            assert verdict(untrained(images(30)), untrained(now)) == "same"

    def test_weights_that_training_gave_bit_for_bit_are_evaluated_only(self):
        base, now = trained_cells([30.0]), trained_cells([30.0])
        assert finding_of(base, now).change.rule == "evaluation"
        worse = [replace(now[0], scores=(score_of(29.9),))]
        assert verdict(base, worse) == "worse"


class TestTraining:
    def test_a_change_that_seeds_explain_is_none(self):
        finding = finding_of(trained_cells([30.0, 30.5, 31.0]), trained_cells([29.9, 30.4, 30.8]))
        assert finding.verdict == "same"
        assert finding.reason.startswith("no more than seeds differ, p = 0.")

    def test_a_change_that_seeds_do_not_explain_is_worse_or_better(self):
        base = trained_cells([30.0, 30.01, 30.02])
        assert verdict(base, trained_cells([29.0, 29.01, 29.02])) == "worse"
        assert verdict(base, trained_cells([31.0, 31.01, 31.02])) == "better"

    def test_a_change_within_the_tolerance_is_none_however_sure(self):
        base, now = trained_cells([30, 30.001, 30.002]), trained_cells([29.8, 29.801, 29.802])
        assert verdict(base, now, Rules((Tolerance(value=0.3),))) == "same"
        assert verdict(base, now) == "worse"

    @pytest.mark.parametrize(
        ("base", "now", "count"),
        [([30.0], [29.9], "1 seed"), ([30.0, 30.1], [29.8, 29.9], "2 seeds")],
    )
    def test_with_fewer_than_three_seeds_it_says_that_it_cannot_tell(self, base, now, count):
        finding = finding_of(trained_cells(base), trained_cells(now), STATED)
        assert finding.verdict == "same"
        assert finding.reason == f"trained anew, and {count} cannot tell"

    def test_with_fewer_it_fails_beyond_the_tolerance_that_the_file_states(self):
        assert verdict(trained_cells([30.0]), trained_cells([29.6]), STATED) == "same"
        assert verdict(trained_cells([30.0]), trained_cells([29.4]), STATED) == "worse"

    def test_with_fewer_and_nothing_stated_a_change_is_not_judged_and_not_passed_over(self):
        finding = finding_of(trained_cells([30.0]), trained_cells([29.6]))
        assert finding.verdict == "incomparable"
        assert finding.reason.endswith('state a tolerance for rule = "training", or give 3 seeds')
        assert verdict(trained_cells([30.0]), trained_cells([29.995])) == "same"

    def test_a_seed_that_is_not_there_any_more_is_missing(self):
        finding = finding_of(trained_cells([30.0, 30.1, 30.2]), trained_cells([30.0, 30.1]))
        assert (finding.verdict, finding.reason) == ("missing", "without seed 2")

    @pytest.mark.parametrize("count", range(1, 13))
    def test_a_tenfold_change_is_flagged_whatever_the_count_of_seeds(self, count):
        draw = np.random.default_rng(count)
        base = list(30 + 0.5 * draw.normal(size=count))
        now = list(3 + 0.5 * draw.normal(size=count))
        assert verdict(trained_cells(base), trained_cells(now), STATED) == "worse"

    def test_a_tenfold_change_of_one_cell_is_flagged_in_a_large_table(self):
        draw = np.random.default_rng(0)
        tables = [[], []]
        for index in range(36):
            for side, table in enumerate(tables):
                mean = 3 if side and not index else 30
                cells = trained_cells(list(mean + 0.3 * draw.normal(size=3)))
                table += [replace(cell, method=f"method {index}") for cell in cells]
        assert compared(*tables).findings[0].verdict == "worse"

    def test_a_table_without_a_change_raises_an_alarm_no_more_often_than_its_level(self):
        draw = np.random.default_rng(1)
        alarms = 0
        for _ in range(200):
            tables = [
                [
                    replace(cell, method=f"method {index}")
                    for index, values in enumerate(30 + 0.05 * draw.normal(size=(4, 3)))
                    for cell in trained_cells(list(values))
                ]
                for _ in range(2)
            ]
            alarms += compared(*tables).exit_code != ExitCode.OK
        assert alarms / 200 <= 0.05


class TestTimings:
    def timed(self, value, spread=None, count=1, **more):
        return untrained(value, spread=spread, count=count, **{**LATENCY, **more})

    def test_the_change_is_a_ratio_with_its_spread(self):
        change = finding_of(self.timed(10, 0.3, 20), self.timed(15, 0.6, 20)).change
        assert change.change == pytest.approx(1.5)
        assert change.spread == pytest.approx(0.05)

    def test_slower_is_worse_and_quicker_is_better(self):
        assert verdict(self.timed(10, 0.3, 20), self.timed(15, 0.3, 20)) == "worse"
        assert verdict(self.timed(15, 0.3, 20), self.timed(10, 0.3, 20)) == "better"

    def test_a_change_within_the_share_that_is_tolerated_is_none(self):
        assert verdict(self.timed(10), self.timed(10.9)) == "same"
        assert verdict(self.timed(10), self.timed(11.1)) == "worse"

    def test_a_change_that_repeats_explain_is_none(self):
        finding = finding_of(self.timed(10, 3, 20), self.timed(14, 3, 20))
        assert (finding.verdict, finding.reason) == ("same", "no more than its repeats differ")

    def test_more_is_better_for_a_throughput(self):
        given = {"metric": "throughput", "higher_is_better": True}
        assert verdict(self.timed(10, **given), self.timed(5, **given)) == "worse"

    @pytest.mark.parametrize("count", range(1, 13))
    @pytest.mark.parametrize("spread", [0.1, 3.0])
    def test_a_tenfold_change_is_flagged_whatever_the_count_of_repeats(self, count, spread):
        old = self.timed(10, 10 * spread if count > 1 else None, count)
        new = self.timed(100, 100 * spread if count > 1 else None, count)
        assert verdict(old, new) == "worse"

    @pytest.mark.parametrize("name", ["processor", "threads", "torch"])
    def test_times_of_other_hardware_threads_or_versions_are_incomparable(self, name):
        now = [with_machine(cell, **{name: "other"}) for cell in self.timed(10)]
        finding = finding_of(self.timed(10), now)
        assert finding.verdict == "incomparable"
        assert finding.reason.startswith(f"{name}: ")

    def test_times_of_machines_of_which_nothing_is_known_are_incomparable(self):
        unknown = [replace(cell, conditions={}) for cell in self.timed(10)]
        assert verdict(unknown, unknown) == "incomparable"

    def test_the_sources_that_are_measured_may_be_others(self):
        now = [with_machine(each, **{"commit of harness": "7654321"}) for each in self.timed(10)]
        assert verdict(self.timed(10), now) == "same"

    def test_scores_are_compared_whatever_the_machine_and_the_difference_is_told(self):
        now = [with_machine(cell, torch="2.7") for cell in untrained(images(30))]
        outcome = compared(untrained(images(30)), now)
        assert outcome.exit_code == ExitCode.OK
        assert outcome.provenance == (("torch", "2.6", "2.7"),)

    def test_equal_machines_raise_an_alarm_no_more_often_than_a_normal_law_has_beyond_two(self):
        draw = np.random.default_rng(2)
        alarms = 0
        for _ in range(1000):
            old, new = 10 + 0.8 * draw.normal(size=(2, 5))
            sides = [self.timed(np.median(s), s.std(ddof=1), 5) for s in (old, new)]
            alarms += verdict(*sides) == "worse"
        assert alarms / 1000 <= 0.023

    def test_another_number_of_parameters_is_a_change_however_small(self):
        given = {"metric": "parameters", "measures": "method", "tolerance": 0.0}
        given["higher_is_better"] = False
        assert verdict(untrained(1.0, **given), untrained(1.001, **given)) == "worse"
        assert verdict(untrained(1.0, **given), untrained(1.0, **given)) == "same"


class TestWhatCannotBeCompared:
    def test_a_missing_cell_fails(self):
        base = [*untrained(images(30)), cell_of(score_of(images(30)), method="other")]
        outcome = compared(base, untrained(images(30)))
        assert [each.verdict for each in outcome.findings] == ["same", "missing"]
        assert outcome.exit_code == ExitCode.REGRESSION

    def test_a_renamed_cell_is_missing_and_new(self):
        now = [replace(cell, method="renamed") for cell in untrained(images(30))]
        outcome = compared(untrained(images(30)), now)
        assert [each.verdict for each in outcome.findings] == ["missing", "new"]
        assert outcome.exit_code == ExitCode.REGRESSION

    def test_a_metric_that_is_not_measured_any_more_is_missing(self):
        base = [cell_of(score_of(images(30)), score_of(0.2, **LPIPS))]
        assert [e.verdict for e in compared(base, untrained(images(30))).findings] == [
            "same",
            "missing",
        ]

    def test_a_new_cell_passes(self):
        now = [*untrained(images(30)), cell_of(score_of(images(30)), method="other")]
        outcome = compared(untrained(images(30)), now)
        assert [each.verdict for each in outcome.findings] == ["same", "new"]
        assert outcome.exit_code == ExitCode.OK

    @pytest.mark.parametrize("status", ["failed", "timeout", "out-of-memory", "interrupted"])
    def test_a_cell_that_is_not_done_fails_with_the_reason(self, status):
        now = [replace(untrained(None)[0], status=status, error="the loss is not finite")]
        finding = finding_of(untrained(images(30)), now)
        assert finding.verdict == "failed"
        assert finding.reason == f"{status}: the loss is not finite"
        assert verdict([], now) == "failed"
        assert verdict(now, now) == "failed"

    def test_a_cell_that_failed_before_is_fixed(self):
        base = [replace(untrained(None)[0], status="failed", error="a bug")]
        outcome = compared(base, untrained(images(30)))
        assert [each.verdict for each in outcome.findings] == ["fixed"]
        assert outcome.exit_code == ExitCode.OK

    @pytest.mark.parametrize("base", [30.0, math.nan, None])
    def test_nan_fails_whatever_was_before(self, base):
        assert verdict(untrained(base), untrained(math.nan)) == "failed"
        assert verdict([], untrained(math.nan)) == "failed"

    def test_a_number_that_is_not_available_any_more_fails_with_the_reason(self):
        finding = finding_of(untrained(30.0), untrained(None, reason="no weights here"))
        assert (finding.verdict, finding.reason) == ("failed", "no number: no weights here")

    def test_a_number_that_is_available_again_is_fixed_and_one_that_never_was_the_same(self):
        without = untrained(None, reason="no weights here")
        assert verdict(without, untrained(30.0)) == "fixed"
        assert verdict(without, without) == "same"

    @pytest.mark.parametrize(
        ("name", "other"),
        [
            ("protocol", "float"),
            ("protocol_version", 2),
            ("unit", "%"),
            ("higher_is_better", False),
        ],
    )
    def test_another_protocol_is_incomparable(self, name, other):
        finding = finding_of(untrained(30.0), untrained(30.0, **{name: other}))
        assert finding.verdict == "incomparable"
        assert finding.reason.startswith(f"{name.replace('_', ' ')}: ")
        assert finding.fails

    def test_another_trunk_of_a_metric_is_incomparable(self):
        old, new = (untrained(0.2, data=data, **LPIPS) for data in ("one", "two"))
        assert verdict(old, new) == "incomparable"

    def test_another_budget_is_incomparable(self):
        base = trained_cells([30.0])
        configuration = {**base[0].configuration, "budget": "16it"}
        now = [replace(base[0], configuration=configuration, trained="camera, 16it")]
        finding = finding_of(base, now)
        assert (finding.verdict, finding.reason) == ("incomparable", "budget: 8it → 16it")

    def test_another_configuration_is_incomparable(self):
        now = [cell_of(score_of(30.0), configuration={"parameter width": "16"})]
        finding = finding_of(untrained(30.0), now)
        assert finding.verdict == "incomparable"
        assert finding.reason == "parameter width: 8 → 16, precision: fp32 → none"

    def test_a_parameter_that_was_added_is_a_change_of_the_code_and_not_of_what_was_asked_for(self):
        base = untrained(30.0)
        added = {**base[0].configuration, "parameter start": "orthogonal"}
        assert verdict(base, [replace(base[0], configuration=added)]) == "same"

    def test_other_pixels_are_incomparable_and_the_same_pixels_made_otherwise_are_not(self):
        base = untrained(images(30))
        others = {"test data": GatedData(fingerprint="f", content="other")}
        same = {"test data": GatedData(fingerprint="of newer libraries", content="c")}
        finding = finding_of(base, [replace(base[0], data=others)])
        assert (finding.verdict, finding.reason) == ("incomparable", "test data: other pixels")
        assert verdict(base, [replace(base[0], data=same)]) == "same"

    def test_data_whose_pixels_are_not_known_go_by_their_fingerprint(self):
        base = [replace(untrained(30.0)[0], data={"test data": GatedData(fingerprint="f")})]
        others = [replace(base[0], data={"test data": GatedData(fingerprint="g")})]
        assert verdict(base, base) == "same"
        assert verdict(base, others) == "incomparable"

    def test_two_budgets_of_one_method_are_each_compared_with_their_own(self):
        cells = [
            replace(cell, trained=budget, configuration={"budget": budget}, scores=(score_of(v),))
            for budget, v in (("8it", 30.0), ("16it", 31.0))
            for cell in trained_cells([v])
        ]
        outcome = compared(cells, cells[::-1])
        assert [each.verdict for each in outcome.findings] == ["same", "same"]


class TestExitCodes:
    def test_an_empty_base_is_an_error_and_no_pass(self):
        outcome = compared([], untrained(images(30)))
        assert outcome.exit_code == ExitCode.INCOMPARABLE
        assert outcome.sentence == "Nothing could be compared: 1 new."
        assert compared([], []).exit_code == ExitCode.INCOMPARABLE

    def test_an_empty_run_misses_everything(self):
        assert compared(untrained(30.0), []).exit_code == ExitCode.REGRESSION

    def test_nothing_comparable_is_four_and_something_that_is_makes_it_one(self):
        base, now = untrained(30.0), untrained(30.0, protocol="float")
        assert compared(base, now).exit_code == ExitCode.INCOMPARABLE
        other = cell_of(score_of(30.0), method="other")
        assert compared([*base, other], [*now, other]).exit_code == ExitCode.REGRESSION

    def test_the_sentence_counts_every_verdict(self):
        outcome = compared(untrained(30.0), untrained(29.0))
        assert outcome.sentence == "1 of 1 fail: 1 worse."


class TestAcknowledgements:
    KNOWN = Acknowledged(
        method="mine", metric="psnr", reason="the default is quicker", expires=date(2027, 3, 31)
    )

    def acknowledged(self, today, known=KNOWN):
        return compared(untrained(30.0), untrained(29.0), Rules(acknowledged=(known,)), today=today)

    def test_what_is_known_passes_with_its_reason_until_the_last_day(self):
        outcome = self.acknowledged(date(2027, 3, 31))
        (finding,) = outcome.findings
        assert finding.verdict == "acknowledged"
        assert finding.reason == "worse, until 2027-03-31: the default is quicker"
        assert outcome.exit_code == ExitCode.OK

    def test_what_has_expired_fails_and_says_so(self):
        (finding,) = self.acknowledged(date(2027, 4, 1)).findings
        assert finding.verdict == "worse"
        assert finding.reason == "its acknowledgement expired on 2027-03-31"

    def test_another_verdict_is_not_acknowledged(self):
        missing = replace(self.KNOWN, verdict="missing")
        outcome = self.acknowledged(date(2027, 1, 1), missing)
        assert outcome.exit_code == ExitCode.REGRESSION
        assert outcome.notes == ("The acknowledgement of mine, missing, fits nothing.",)
