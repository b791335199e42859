import os
from dataclasses import replace

import pytest
import safetensors.torch
import torch

from harness.errors import UsageError
from harness.plugin.registry import load_registry
from harness.results.plan import Plan
from harness.runs.planning import make_plan
from harness.runs.request import Request
from harness.specs import LoadSettings
from harness.util.files import digest_of


@pytest.fixture
def plan(toys):
    registry = load_registry(LoadSettings(plugins=(str(toys),)))

    def plan(methods: str, datasets: str = "scenes", metrics: str = "psnr", **changes) -> Plan:
        request = Request(
            methods=methods, datasets=datasets, metrics=metrics, device="cpu", **changes
        )
        return make_plan(request, registry)

    return plan


def keys(plan: Plan) -> tuple[set[str], set[str]]:
    return {fit.key for fit in plan.fits}, {cell.key for cell in plan.cells}


def test_the_order_of_names_changes_no_key(plan):
    one = plan("toy,toy[width=3],identity", "scenes,scenes[count=3]", train="scenes")
    other = plan("identity,toy[width=3],toy", "scenes[count=3],scenes", train="scenes")
    assert keys(one) == keys(other)


def test_a_fit_is_shared_by_its_test_sets(plan):
    made = plan("toy", "scenes,scenes[count=3]", train="scenes")
    assert len(made.fits) == 1
    assert len(made.cells) == 2
    assert {cell.fit.key for cell in made.cells} == {made.fits[0].key}


def test_another_split_is_tested_after_the_same_fit(plan):
    test, tune = plan("toy", "camera"), plan("toy", "camera", split="tune")
    assert keys(test)[0] == keys(tune)[0]
    assert keys(test)[1].isdisjoint(keys(tune)[1])
    assert tune.cells[0].data.split == "tune"


def test_training_on_what_is_tested_on_follows_the_split(plan):
    (fit,) = plan("toy", "camera", split="tune", train_on="test").fits
    assert fit.data.split == "tune"


def test_a_split_that_a_dataset_lacks_is_named(plan):
    with pytest.raises(
        UsageError, match=r"^dataset 'scenes' has no split 'tune'; it has train, te"
    ):
        plan("toy", split="tune")


def test_a_method_that_does_not_train_has_no_fit_and_one_cell_whatever_the_seeds(plan):
    made = plan("identity", seeds=(0, 1, 2))
    assert made.fits == ()
    assert len(made.cells) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"seeds": (1,)},
        {"budget": "5it"},
        {"precision": "bf16"},
        {"processes": 2},
        {"train_on": "test"},
        {"methods": "toy[width=5]"},
        {"train": "scenes[count=4]"},
    ],
)
def test_whatever_changes_the_weights_changes_the_key_of_the_fit(plan, changes):
    before = keys(plan("toy"))[0]
    after = keys(plan(changes.pop("methods", "toy"), **changes))[0]
    assert before.isdisjoint(after)


@pytest.mark.parametrize("changes", [{"metrics": "psnr,ssim"}, {"images": 3}, {"tile": 64}])
def test_whatever_changes_the_scores_alone_leaves_the_fit(plan, changes):
    before, after = keys(plan("toy")), keys(plan("toy", **changes))
    assert before[0] == after[0]
    assert before[1].isdisjoint(after[1])


METRICS = """
from harness import MetricSpec, hookimpl


@hookimpl
def harness_register_metrics():
    common = dict(
        target="watts:measured", summary="s", measures="method", label="W", protocol="",
        higher_is_better=False, decimals=1, tolerance=0.1,
    )
    return [
        MetricSpec(name="watts", depends_on_machine=True, **common),
        MetricSpec(name="layers", **common),
    ]


def measured(subject):
    return 1.0
"""


@pytest.mark.parametrize("metric", ["latency", "throughput", "memory", "watts"])
def test_other_threads_are_another_cell_where_a_metric_depends_on_the_machine(
    tmp_path, toys, monkeypatch, metric
):
    (tmp_path / "watts.py").write_text(METRICS)
    registry = load_registry(LoadSettings(plugins=(str(toys), str(tmp_path / "watts.py"))))

    def plan_with(threads: int, metrics: str) -> tuple[set[str], set[str]]:
        monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
        request = Request(methods="toy", datasets="scenes", metrics=metrics, device="cpu")
        return keys(make_plan(request, registry))

    one, two = plan_with(1, f"psnr,{metric}"), plan_with(2, f"psnr,{metric}")
    assert one[0] == two[0]
    assert one[1].isdisjoint(two[1])
    independent = "psnr,parameters,layers"
    assert plan_with(1, independent) == plan_with(2, independent)


def test_quick_narrows_what_the_user_has_not_set(plan):
    assert plan("toy").fits[0].method.parameters["width"] == 2
    assert plan("toy[width=7]").fits[0].method.parameters["width"] == 7
    assert plan("toy", budget="paper").fits[0].method.parameters["width"] == 4
    assert plan("toy", budget="quick:3it").cells[0].method.narrowed == {"width": "2"}


@pytest.mark.parametrize(
    ("methods", "budget", "labels"),
    [
        ("toy,toy[width=4]", "paper", ["toy"]),
        ("toy[width=4],toy", "paper", ["toy"]),
        ("toy[width=4,stages=2]", "paper", ["toy[stages=2]"]),
        ("toy,toy[width=2]", "quick", ["toy"]),
        ("toy,toy[width=4]", "quick", ["toy", "toy[width=4]"]),
    ],
)
def test_equal_configurations_are_one_job_however_they_are_spelled(plan, methods, budget, labels):
    made = plan(methods, budget=budget)
    assert [cell.method.label for cell in made.cells] == labels
    assert len(made.fits) == len(labels)


def test_a_spelling_that_is_another_rows_is_noted_for_the_table(plan):
    assert plan("toy,toy[width=4]", budget="paper").notes == (
        "toy[width=4] is toy: the rest is as it is anyway.",
    )
    assert plan("toy[width=7]").notes == ()


def test_equal_budgets_are_one_fit(plan):
    assert keys(plan("toy", budget="1m"))[0] == keys(plan("toy", budget="60s"))[0]


def test_channels_are_left_to_the_images_unless_they_are_given(plan):
    assert "channels" not in plan("toy").fits[0].method.parameters
    assert plan("toy[channels=1]").fits[0].method.parameters["channels"] == 1


def test_training_data_is_the_training_split_of_the_default(plan):
    data = plan("toy").fits[0].data
    assert (data.label, data.split) == ("scenes", "train")


@pytest.mark.parametrize(
    ("tested", "trained"),
    [("further", "scenes"), ("further[channels=1]", "scenes[channels=1]")],
)
def test_a_default_of_training_data_takes_over_parameters_of_the_tested(plan, tested, trained):
    assert plan("toy", tested).fits[0].data.label == trained


def test_a_parameter_can_widen_what_training_sees(plan):
    wide, narrow = plan("unpaired,unpaired[clean=false]").fits
    assert (wide.view, narrow.view) == ("unpaired", "noisy")
    assert [cell.view for cell in plan("unpaired,unpaired[clean=false]").cells] == [
        "unpaired",
        "noisy",
    ]


def test_clean_images_come_from_the_dataset_that_is_named_for_those_who_see_them(plan):
    made = plan("unpaired,toy", clean="further")
    wide, narrow = made.fits
    assert wide.clean is not None
    assert (wide.clean.label, wide.clean.split) == ("further", "test")
    assert "and clean images of further" in wide.title
    assert narrow.clean is None
    assert [cell.fit.clean is not None for cell in made.cells] == [True, False]
    other = plan("unpaired", clean="further[count=3]").fits[0]
    assert len({wide.key, other.key, plan("unpaired").fits[0].key}) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"clean": "scenes"}, "that is the dataset whose noisy images are trained on"),
        (
            {"clean": "further[count=3]", "datasets": "further"},
            "that is the dataset which is tested on",
        ),
        ({"methods": "toy", "clean": "further"}, "none of these methods trains on unpaired"),
    ],
)
def test_clean_images_that_make_no_sense_are_refused(plan, options, message):
    methods = options.pop("methods", "unpaired")
    with pytest.raises(UsageError, match=message):
        plan(methods, **options)


def test_training_on_test_images_takes_those_of_each_test_set(plan):
    made = plan("toy", "scenes,scenes[count=3]", train_on="test")
    assert [(fit.data.label, fit.data.split) for fit in made.fits] == [
        ("scenes", "test"),
        ("scenes[count=3]", "test"),
    ]


BROKEN = """
from harness import Dataset, DatasetSpec, hookimpl

@hookimpl
def harness_register_datasets():
    return DatasetSpec(name="broken", target="broken_data:Broken", summary="s")

class Broken(Dataset):
    def samples(self, split):
        {0}
"""


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (
            "raise ValueError('no luck')",
            "dataset 'broken': ValueError: no luck (broken_data.py:10)",
        ),
        ("raise SystemExit(0)", "dataset 'broken': SystemExit: 0 (broken_data.py:10)"),
    ],
)
def test_a_dataset_plugin_that_fails_costs_its_own_cells_alone(tmp_path, toys, failure, reason):
    (tmp_path / "broken_data.py").write_text(BROKEN.format(failure))
    settings = LoadSettings(plugins=(str(toys), str(tmp_path / "broken_data.py")))
    request = Request(
        methods="toy,identity", datasets="broken,scenes", train="scenes", metrics="psnr"
    )
    made = make_plan(request, load_registry(settings))
    failed = [cell.data.label for cell in made.cells if cell.key in made.impossible]
    assert failed == ["broken", "broken"]
    assert set(made.impossible.values()) == {reason}
    assert len(made.cells) == 4


def test_a_changed_default_elsewhere_does_not_change_the_key_of_a_plan_made_again(plan):
    assert keys(plan("toy,identity")) == keys(plan("toy,identity"))


def test_another_checkpoint_interval_is_the_same_job(plan):
    fit = plan("toy").fits[0]
    assert replace(fit, checkpoint_seconds=1.0).key == fit.key


def test_which_gpus_a_run_may_take_and_how_many_jobs_it_does_at_a_time_is_in_no_job(
    toys, monkeypatch
):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    registry = load_registry(LoadSettings(plugins=(str(toys),)))

    def planned(device: str, jobs: int | None) -> Plan:
        request = Request(
            methods="toy", datasets="scenes", metrics="psnr", device=device, jobs=jobs
        )
        return make_plan(request, registry)

    one = planned("cuda", None)
    assert {job.device for job in one.jobs} == {"cuda"}
    assert one == planned("cuda:1", 1) == planned("cuda:0,2", 8)


def test_a_trunk_of_ones_own_is_marked_and_its_content_is_part_of_the_key(plan, tmp_path):
    file = tmp_path / "trunk.pth"
    metric = f"lpips[trunk={file}]"
    file.write_bytes(b"one")
    first = plan("identity", metrics=metric)
    file.write_bytes(b"another")
    second = plan("identity", metrics=metric)

    (found,) = second.cells[0].metrics
    assert found.missing == ""
    assert found.data == digest_of(file)
    assert found.column.header == "LPIPS (v0.1 alex, own trunk)"
    assert first.cells[0].key != second.cells[0].key


def test_a_run_without_downloads_says_so_of_a_metric_that_needs_one(plan, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("HARNESS_OFFLINE")

    (found,) = plan("identity", metrics="lpips", offline=True).cells[0].metrics

    assert found.missing.startswith("no trunk weights, and downloads are forbidden by --offline")
    assert found.data == ""
    assert "HARNESS_OFFLINE" not in os.environ


def test_pretrained_weights_keep_the_mark_of_the_training_that_made_them(plan, toys, tmp_path):
    registry = load_registry(LoadSettings(plugins=(str(toys),)))
    views = {}
    for method in ("unpaired", "unpaired[clean=false]", "supervised"):
        file = tmp_path / f"{method}.safetensors"
        safetensors.torch.save_file(
            registry.build(registry.choose("method", method)).state_dict(), file
        )
        (cell,) = plan(method, weights={method: file}).cells
        assert cell.fit is None
        views[method] = cell.view
    assert views == {
        "unpaired": "unpaired",
        "unpaired[clean=false]": "noisy",
        "supervised": "pairs",
    }


@pytest.mark.parametrize(
    ("methods", "named"),
    [
        ("toy,supervised", r"supervised \(supervised\) would"),
        ("unpaired,toy", r"unpaired \(unpaired\) would"),
        ("supervised,unpaired", r"supervised \(supervised\) and unpaired \(unpaired\) would"),
    ],
)
def test_test_images_are_no_training_data_of_methods_that_see_clean_ones(plan, methods, named):
    with pytest.raises(UsageError, match=named) as refusal:
        plan(methods, train_on="test")
    assert "leave" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_method_whose_parameter_keeps_it_from_clean_images_may_train_on_test_images(plan):
    (fit,) = plan("unpaired[clean=false]", train_on="test").fits
    assert fit.data.split == "test"


@pytest.fixture
def narrowed(plan):
    """What a budget set of a method, as the table names it."""

    def find(method, budget="quick"):
        (cell,) = plan(method, "camera", budget=budget).cells
        return set(cell.method.narrowed)

    return find


def test_what_a_budget_set_and_does_not_matter_is_not_named(narrowed):
    student = {"student", "student_iterations", "student_crop", "distill_weight"}
    assert student <= narrowed("dbsn[distill=true]")
    assert not student & narrowed("dbsn")
    assert {"iterations", "width"} <= narrowed("dbsn")
    assert narrowed("dbsn", "quick:30it") == narrowed("dbsn") - {"iterations"}


def test_what_a_variant_makes_no_use_of_is_not_named(narrowed):
    fine_tuning = {"fine_tune_iterations", "fine_tune_learning_rate"}
    assert fine_tuning <= narrowed("amsnet")
    assert narrowed("amsnet[variant=b-e]") == narrowed("amsnet") - fine_tuning


@pytest.mark.parametrize(
    ("method", "trained"),
    [
        ("ssid", {"bnn", "lan", "denoiser"}),
        ("ssid[output=bnn]", {"bnn"}),
        ("ssid[output=lan]", {"bnn", "lan"}),
        ("ssid[supervision=bnn]", {"bnn", "denoiser"}),
        ("ssid[lan_target=noisy,output=lan]", {"lan"}),
    ],
)
def test_a_network_that_is_not_trained_is_not_named(narrowed, method, trained):
    assert narrowed(method) & {"bnn", "lan", "denoiser"} == trained


@pytest.mark.parametrize("method", ["lgbpn", "apbsn", "ssid", "amsnet", "dbsn", "n2c", "n2v"])
def test_no_length_is_named_that_the_budget_replaces(narrowed, method):
    assert not {name for name in narrowed(method, "quick:30it") if "iterations" in name}


def test_a_method_that_cannot_be_imported_makes_its_own_jobs_impossible_alone(tmp_path, toys):
    plugin = tmp_path / "unloadable_plugin.py"
    plugin.write_text(
        "from harness import MethodSpec, hookimpl\n"
        "@hookimpl\n"
        "def harness_register_methods():\n"
        "    return MethodSpec(\n"
        "        name='absent', target='no_such_module:Absent', summary='No.', trains=True\n"
        "    )\n"
    )
    registry = load_registry(LoadSettings(plugins=(str(toys), str(plugin))))
    request = Request(
        methods="absent,identity", datasets="scenes", metrics="psnr", device="cpu", seeds=(0, 1)
    )
    made = make_plan(request, registry)
    failing = [cell for cell in made.cells if cell.key in made.impossible]
    assert [cell.method.label for cell in failing] == ["absent", "absent"]
    assert {cell.fit.key for cell in failing} < set(made.impossible)
    (reason,) = set(made.impossible.values())
    assert "cannot import 'no_such_module': ModuleNotFoundError" in reason
    assert len(made.cells) == 3
