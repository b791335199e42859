"""A card says what the spec of a method states, and what the run knows of it."""

from dataclasses import replace

from made_records import make_run
from made_runs import make_kept_run

from harness.plugin.registry import load_registry
from harness.runs.cards import method_cards

TRAINED = {"trained_on": "camera", "train_split": "train", "narrowed": {"width": "8"}}


def test_a_card_has_what_the_spec_and_the_records_say(tmp_path):
    run = make_kept_run(tmp_path / "run", {"n2v": 30}, seeds=(0, 1), of_cells={"n2v": TRAINED})
    (card,) = method_cards(run, load_registry())
    facts = dict(card.facts)
    assert card.method == "n2v"
    assert "Noise2Void" in card.summary
    assert facts["supervision"] == "self-supervised"
    assert facts["training saw"] == "noisy images of camera (train), quick"
    assert facts["stages"] == "only 100 iterations in 5 s"
    assert facts["parameters trained"] == "1,000"
    assert facts["Params"] == "0.300 M"
    assert facts["set by the budget quick"] == "width=8"
    assert card.paragraphs


def test_a_card_says_what_is_assumed_of_the_noise_and_under_which_terms_the_code_is(tmp_path):
    run = make_kept_run(tmp_path / "run", {"ssid": 30})
    facts = dict(method_cards(run, load_registry())[0].facts)
    assert facts["assumes of the noise"].startswith("zero mean; correlated over no more than")
    assert facts["licence"] == "authors' code and weights: GPL-3.0; this one is written anew"


def test_a_card_says_what_the_method_claims_not_to_see(tmp_path):
    registry = load_registry()
    run = make_kept_run(tmp_path / "run", {"ssid": 30, "tv": 20})
    cells = [
        replace(cell, job=replace(cell.job, method=registry.choose("method", cell.method)))
        for cell in run.cells
    ]
    claiming, other = (
        dict(card.facts) for card in method_cards(replace(run, cells=tuple(cells)), registry)
    )
    assert claiming["blind neighbourhood"] == "9x9 in training, claimed"
    assert "blind neighbourhood" not in other


def test_published_values_stand_on_the_card(tmp_path):
    run = make_kept_run(tmp_path / "run", {"ssid": 30})
    (card,) = method_cards(run, load_registry())
    assert card.published
    assert all(each.source for each in card.published)


def test_a_method_whose_plugin_is_gone_has_a_card_of_its_records(tmp_path):
    run = make_kept_run(tmp_path / "run", {"gone": 30})
    (card,) = method_cards(run, load_registry())
    assert (card.summary, card.published) == ("", ())
    assert dict(card.facts)["supervision"] == "without training"


def test_no_cells_have_no_cards():
    assert method_cards(replace(make_run()), load_registry()) == ()
