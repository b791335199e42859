"""Plugins are found, kept apart, and loaded late."""

import re
import sys

import pytest

from harness.errors import ParameterError, PluginError, UnknownNameError, UsageError
from harness.plugin.registry import LoadSettings, load_registry

OBSERVER = """
from harness import hookimpl

seen = []

@hookimpl
def harness_job_started(job):
    seen.append(job)
"""


def problems_of(registry, plugin):
    return [str(problem) for problem in registry.problems if problem.owner.plugin == plugin]


def names(registry, kind):
    return [entry.spec.name for entry in registry.entries(kind)]


def announcing(*specs):
    return f"""
from harness import *

@hookimpl
def harness_register_methods():
    return [{", ".join(specs)}]
"""


def method(arguments, name="mine"):
    return f"MethodSpec(name={name!r}, summary='', {arguments})"


def test_this_distribution_comes_first_then_others_by_name(install):
    install("zeta", "")
    install("alpha", "")
    owners = [plugin.owner for plugin in load_registry().plugins]
    distributions = [owner.distribution for owner in owners]
    own = distributions.count("denoise-harness")
    assert own >= 1
    assert distributions[:own] == ["denoise-harness"] * own
    others = [name for name in distributions[own:] if name in ("alpha", "zeta")]
    assert others == ["alpha", "zeta"]


def test_a_good_plugin_is_found_with_its_owner(five_plugins):
    entry = load_registry().find("method", "good")
    assert str(entry.owner) == "plugin 'good-plugin' of good-plugin 1.2"


def test_the_hooks_module_of_a_plugin_is_known_by_its_owner(five_plugins):
    registry = load_registry()
    module = registry.module_of(registry.find("method", "good").owner)
    assert module is not None
    assert module.__name__ == "good_plugin.hooks"


def test_a_plugin_that_raises_is_a_problem_with_its_traceback(five_plugins):
    registry = load_registry()
    assert problems_of(registry, "raising-plugin") == [
        "plugin 'raising-plugin' of raising-plugin 1.2: cannot be imported: RuntimeError: no luck "
        "(raising_plugin/hooks.py:1)"
    ]
    (problem,) = (p for p in registry.problems if p.owner.plugin == "raising-plugin")
    assert "no luck\nat all" in problem.traceback


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("def broken(:", "SyntaxError: invalid syntax"),
        ("raise SystemExit(7)", "SystemExit: 7"),
    ],
)
def test_whatever_an_import_does_is_a_problem(install, source, problem):
    install("bad", source)
    (text,) = problems_of(load_registry(), "bad")
    assert text.startswith(f"plugin 'bad' of bad 1.2: cannot be imported: {problem}")


def test_a_hook_that_raises_is_a_problem(install):
    install("bad", "from harness import hookimpl\n@hookimpl\ndef harness_register_methods(): 1 / 0")
    assert problems_of(load_registry(), "bad") == [
        "plugin 'bad' of bad 1.2: harness_register_methods failed: "
        "ZeroDivisionError: division by zero (bad/hooks.py:3)"
    ]


def test_a_wrong_type_is_a_problem(five_plugins):
    assert problems_of(load_registry(), "wrong-plugin") == [
        "plugin 'wrong-plugin' of wrong-plugin 1.2: harness_register_methods returned "
        "an object of type dict; it must return MethodSpec objects"
    ]


def test_a_taken_name_stays_with_the_first_and_both_are_named(five_plugins):
    registry = load_registry()
    assert problems_of(registry, "taken-plugin") == [
        "plugin 'taken-plugin' of taken-plugin 1.2: method 'identity' is taken by "
        f"{registry.find('method', 'identity').owner}; this one is left out"
    ]
    assert registry.find("method", "identity").owner.distribution == "denoise-harness"
    assert registry.find("method", "free").owner.plugin == "taken-plugin"


def test_a_misspelt_hook_is_a_problem_with_a_suggestion(five_plugins):
    (text,) = problems_of(load_registry(), "misspelt-plugin")
    assert text.startswith(
        "plugin 'misspelt-plugin' of misspelt-plugin 1.2: there is no hook "
        "harness_register_method; did you mean 'harness_register_methods'"
    )


def test_an_unmarked_hook_is_a_problem(install):
    install("bad", "def harness_register_methods(): return []\ndef a_helper(): pass")
    assert problems_of(load_registry(), "bad") == [
        "plugin 'bad' of bad 1.2: harness_register_methods is not marked with @hookimpl, "
        "and so is never called"
    ]


def test_a_hook_with_an_unknown_argument_is_a_problem(install):
    install("bad", "from harness import hookimpl\n@hookimpl\ndef harness_plan(plans): pass")
    (text,) = problems_of(load_registry(), "bad")
    assert text.startswith("plugin 'bad' of bad 1.2: cannot be registered: PluginValidationError")


@pytest.mark.parametrize(
    ("spec", "mistake"),
    [
        (method("target='a:B'", name="Mine"), "returned method 'Mine', which is a bad name"),
        (method("target='a.B'"), "has the target 'a.B'; it must have the form 'module:attribute'"),
        (
            method("target='a:B', api=3"),
            "is written for plugin interface 3, and this harness has 2: update denoise-harness",
        ),
        (method("target='a:B', api=0"), "and this harness has 2: update the plugin"),
        (
            method("target='a:B', parameters=(Parameter(name='x', default=1),) * 2"),
            "declares the parameter 'x' twice",
        ),
        (
            method("target='a:B', parameters=(Parameter(name='x', default=1))"),
            "has parameters that are not a tuple; is a comma missing?",
        ),
        (
            method("target='a:B', requires=('h5py')"),
            "has requires that are not a tuple; is a comma missing?",
        ),
        (
            method("target='a:B', parameters=(Parameter(name='x'),)"),
            "has a parameter 'x' of no known type; set value_type",
        ),
        (
            method("target='a:B', parameters=(Parameter(name='c', views={True: 'all'}),)"),
            "has a parameter 'c' with a view 'all'; the views are noisy, unpaired, pairs",
        ),
        (
            method("target='a:B', parameters=(), quick={'width': 8}"),
            "sets the parameter 'width' for the budget quick without declaring it",
        ),
        ("None", "returned None; it must return MethodSpec objects"),
        (
            "MetricSpec(name='m', target='a:B', summary='', label='M', protocol='p', "
            "higher_is_better=True, decimals=1, tolerance=0.1)",
            "returned an object of type MetricSpec; it must return MethodSpec objects",
        ),
    ],
)
def test_a_bad_spec_is_a_problem_and_the_others_stay(install, spec, mistake):
    install("bad", announcing(spec, method("target='a:B'", name="fine")))
    registry = load_registry()
    (text,) = problems_of(registry, "bad")
    assert mistake in text
    assert "fine" in names(registry, "method")
    assert "mine" not in names(registry, "method")


def test_a_dataset_that_refers_to_no_parameter_of_its_own_is_left_out(install):
    source = """
from harness import *

@hookimpl
def harness_register_datasets():
    return DatasetSpec(
        name="mine", target="a:B", summary="", parameters=(), trains_on="other[a={b}]"
    )
"""
    install("bad-plugin", source)
    (problem,) = load_registry().problems
    assert "refers to the parameter 'b' in trains_on without declaring it" in str(problem)


def test_a_dataset_with_a_split_that_does_not_exist_is_left_out(install):
    source = """
from harness import *

@hookimpl
def harness_register_datasets():
    return DatasetSpec(name="mine", target="a:B", summary="", splits=("test", "dev"))
"""
    install("bad-plugin", source)
    (problem,) = load_registry().problems
    assert "has a split 'dev'; only train, test, tune exist" in str(problem)


def test_two_distributions_may_use_one_entry_point_name(site, install):
    from harness.testing import fake_distribution

    install("shared", announcing(method("target='a:B'", name="first")))
    fake_distribution(
        site,
        "zz-other",
        entry_points={"shared": "zz_other"},
        modules={"zz_other": announcing(method("target='a:B'", name="second"))},
    )
    registry = load_registry()
    assert registry.find("method", "first").owner.plugin == "shared"
    assert registry.find("method", "second").owner.plugin == "zz-other:shared"


def test_autoload_can_be_stopped_for_other_distributions(install, monkeypatch):
    install("good-plugin", announcing(method("target='a:B'", name="good")))
    monkeypatch.setenv("HARNESS_DISABLE_PLUGIN_AUTOLOAD", "1")
    registry = load_registry()
    assert "good" not in names(registry, "method")
    assert "psnr" in names(registry, "metric")
    assert registry.settings.autoload is False


def test_a_file_is_a_plugin_and_may_import_what_lies_beside_it(site, tmp_path):
    source = "import beside_it\n" + announcing(method("target='single_file:Mine'"))
    (tmp_path / "single_file.py").write_text(source + "Mine = beside_it.Mine\n")
    (tmp_path / "beside_it.py").write_text("from harness import Method\nclass Mine(Method): pass\n")
    registry = load_registry(LoadSettings((str(tmp_path / "single_file.py"),)))
    assert registry.load(registry.find("method", "mine")).__name__ == "Mine"


def test_settings_make_the_same_registry_from_another_folder(site, tmp_path, monkeypatch):
    (tmp_path / "single_file.py").write_text(announcing(method("target='single_file:Mine'")))
    monkeypatch.chdir(tmp_path)
    settings = load_registry(LoadSettings(("./single_file.py",))).settings
    monkeypatch.chdir(site)
    assert "mine" in names(load_registry(settings), "method")


def test_a_file_that_hides_a_module_is_refused(site, tmp_path):
    (tmp_path / "json.py").write_text("")
    with pytest.raises(UsageError, match="a module named 'json' exists already; rename the file"):
        load_registry(LoadSettings((str(tmp_path / "json.py"),)))


def test_a_module_is_a_plugin(site):
    (site / "module_plugin.py").write_text(announcing(method("target='module_plugin:Mine'")))
    assert "mine" in names(load_registry(LoadSettings(("module_plugin",))), "method")


@pytest.mark.parametrize(
    ("plugin", "message"),
    [
        ("./nowhere.py", "there is no such file"),
        ("no_such.hooks", "there is no module 'no_such'"),
        ("no:metrcs", "there is no plugin 'metrcs' to leave out; did you mean 'metrics'"),
    ],
)
def test_a_named_plugin_that_does_not_exist_is_an_error(plugin, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        load_registry(LoadSettings((plugin,)))


def test_a_named_plugin_that_raises_is_a_problem_like_any_other(site):
    (site / "raising_module.py").write_text("import no_such_module")
    registry = load_registry(LoadSettings(("raising_module",)))
    assert "No module named 'no_such_module'" in problems_of(registry, "raising_module")[0]
    assert "psnr" in names(registry, "metric")


def test_a_plugin_can_be_left_out(five_plugins):
    registry = load_registry(LoadSettings(("no:good-plugin", "no:raising-plugin")))
    assert "good" not in names(registry, "method")
    assert problems_of(registry, "raising-plugin") == []
    assert registry.blocked == ("good-plugin", "raising-plugin")


def test_an_unknown_name_is_answered_with_near_ones():
    with pytest.raises(UnknownNameError) as error:
        load_registry().find("metric", "psn")
    assert str(error.value).startswith("there is no metric 'psn'; did you mean 'psnr'")


def test_an_unknown_name_is_answered_with_the_problem_that_mentions_it(install):
    install("bad", announcing(method("target='a.B'", name="wanted")))
    with pytest.raises(UnknownNameError, match=r"\(plugin 'bad' of bad 1.2: .*'wanted'"):
        load_registry().find("method", "wanted")


def test_several_are_chosen_in_the_order_given():
    chosen = load_registry().choose_all("metric", "ssim[protocol=wang],psnr")
    assert [reference.label for reference in chosen] == ["ssim[protocol=wang]", "psnr"]


def test_a_wrong_argument_is_refused_when_choosing():
    with pytest.raises(ParameterError, match="metric 'psnr' has no parameter 'x'"):
        load_registry().choose("metric", "psnr[x=1]")


def test_a_target_is_imported_only_when_it_is_loaded(five_plugins):
    registry = load_registry()
    entry = registry.find("method", "good")
    assert "good_plugin.method" not in sys.modules
    assert registry.load(entry).__name__ == "Good"


@pytest.mark.parametrize(
    ("requirement", "message"),
    [
        (
            "no-such-package>=3",
            "method 'mine' (plugin 'needy' of needy 1.2) needs 'no-such-package>=3', "
            "which is not installed: pip install 'no-such-package>=3'",
        ),
        ("click>=999", "needs 'click>=999', and "),
        ("not a requirement", "states a requirement that is none: 'not a requirement'"),
    ],
)
def test_a_missing_requirement_is_named_with_the_line_that_installs_it(
    install, requirement, message
):
    install("needy", announcing(method(f"target='needy.method:Mine', requires=({requirement!r},)")))
    registry = load_registry()
    with pytest.raises(PluginError, match=re.escape(message)):
        registry.load(registry.find("method", "mine"))


def test_a_requirement_that_is_met_or_does_not_apply_is_no_obstacle(install):
    requires = "('click>=8', 'no-such-package; python_version < \"3\"')"
    install(
        "content",
        announcing(method(f"target='content.method:Mine', requires={requires}")),
        method="from harness import Method\nclass Mine(Method): pass",
    )
    registry = load_registry()
    assert registry.load(registry.find("method", "mine")).__name__ == "Mine"


@pytest.mark.parametrize(
    ("spec", "source", "message"),
    [
        ("", "import no_such_module", "cannot import 'broken.method': ModuleNotFoundError"),
        ("", "raise SystemExit", "cannot import 'broken.method': SystemExit"),
        ("", "Other = 1", "'broken.method:Mine' cannot be found: module"),
        ("", "Mine = 1", "'broken.method:Mine' is not a subclass of harness.Method"),
        (
            "oracle=True",
            "from harness import Method\nclass Mine(Method): pass",
            "its spec says oracle=True, but 'broken.method:Mine' is not a subclass of "
            "harness.OracleMethod",
        ),
        (
            "",
            "from harness import OracleMethod\nclass Mine(OracleMethod): pass",
            "its spec says oracle=False, but 'broken.method:Mine' is a subclass of",
        ),
    ],
)
def test_a_target_that_cannot_be_used_is_an_error_in_one_line(install, spec, source, message):
    install("broken", announcing(method(f"target='broken.method:Mine', {spec}")), method=source)
    registry = load_registry()
    with pytest.raises(PluginError) as error:
        registry.load(registry.find("method", "mine"))
    assert str(error.value).startswith("method 'mine' (plugin 'broken' of broken 1.2)")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_an_observer_sees_events_in_any_plugin_or_process(install):
    install("watching", OBSERVER)
    registry = load_registry()
    registry.events.harness_job_started(job="a job")
    assert sys.modules["watching.hooks"].seen == ["a job"]
    (plugin,) = (p for p in registry.plugins if p.owner.plugin == "watching")
    assert plugin.observes == ("harness_job_started",)


@pytest.mark.parametrize(
    ("raised", "shown"),
    [
        ("ValueError('no')", "ValueError: no"),
        ("SystemExit", "SystemExit"),
        ("SystemExit(0)", "SystemExit: 0"),
    ],
)
def test_an_observer_that_raises_is_logged_once_and_harms_nobody(install, caplog, raised, shown):
    install("angry", OBSERVER.replace("seen.append(job)", f"raise {raised}"))
    install("calm", OBSERVER)
    registry = load_registry()
    registry.events.harness_job_started(job=1)
    registry.events.harness_job_started(job=2)
    assert sys.modules["calm.hooks"].seen == [1, 2]
    place = "angry/hooks.py:8"
    assert caplog.messages == [
        f"plugin 'angry' of angry 1.2: harness_job_started failed: {shown} ({place})"
    ]


def test_an_observer_of_this_process_can_be_added():
    from harness import hookimpl

    class Watcher:
        @hookimpl
        def harness_job_finished(self, record):
            self.record = record

    registry, watcher = load_registry(), Watcher()
    registry.register(watcher, "watcher")
    registry.events.harness_job_finished(job=None, record="a record")
    assert watcher.record == "a record"


def test_what_events_return_is_collected(install):
    install(
        "telling",
        "from harness import hookimpl\n@hookimpl\ndef harness_provenance(): return {'a': 1}",
    )
    assert {"a": 1} in load_registry().events.harness_provenance()


def test_an_event_that_does_not_exist_is_an_error():
    with pytest.raises(AttributeError, match="there is no event 'harness_nothing'"):
        load_registry().events.harness_nothing()


def test_the_traceback_of_an_observer_is_shown_for_debugging(install, caplog):
    install("angry", OBSERVER.replace("seen.append(job)", "raise ValueError('no')"))
    caplog.set_level("DEBUG", logger="harness")
    load_registry().events.harness_job_started(job=1)
    assert "Traceback" in caplog.text


def test_the_default_datasets_are_those_that_say_so(install):
    assert load_registry().default_datasets() == ["camera"]
    install(
        "more",
        "from harness import *\n@hookimpl\ndef harness_register_datasets():\n    return ["
        "DatasetSpec(name='chosen', target='more.sets:Chosen', summary='', default=True), "
        "DatasetSpec(name='other', target='more.sets:Other', summary='')]\n",
    )
    assert load_registry().default_datasets() == ["camera", "chosen"]
