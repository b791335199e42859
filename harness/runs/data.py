"""The data of a run: what is trained on to be tested on what, and what it holds."""

from collections.abc import Iterable, Sequence

from harness.data.dataset import Dataset, Sample
from harness.data.scenes import fingerprint_of_scenes, of_scenes, scenes_named
from harness.data.split import open_split
from harness.errors import HarnessError, UsageError
from harness.plugin.blame import FAILURES, one_line_with_place
from harness.plugin.registry import Registry
from harness.plugin.selector import format_value
from harness.results.jobs import DataReference
from harness.results.reference import Reference
from harness.runs.request import Request
from harness.runs.selection import Selection
from harness.specs import DatasetSpec
from harness.util.text import some


class Data:
    """The data that a run needs; every split is prepared and read once.

    Args:
        request: says where datasets lie, and what is trained on.
        registry: knows the plugins.
        selection: of the request.

    Attributes:
        problems: why a split cannot be used, by its fingerprint: its plugin failed.
    """

    def __init__(self, request: Request, registry: Registry, selection: Selection) -> None:
        self.request = request
        self.registry = registry
        self.selection = selection
        self.problems: dict[str, str] = {}
        self._listed: dict[tuple[str, str], Sequence[Sample]] = {}
        self._known: dict[tuple[str, str, tuple[str, ...]], DataReference] = {}

    def check_roots(self, methods: Iterable[Reference]) -> None:
        """See that every folder that will be read is known.

        Raises:
            DataError: some are not; names all of them, and why each is needed.
        """
        needed = {dataset.label: (dataset, "") for dataset in self.selection.datasets}
        trains = any(self.trains(method) for method in methods)
        for tested in self.selection.datasets if trains else ():
            train, _ = self._training_data(tested)
            needed.setdefault(train.label, (train, f"which {tested.name} is trained on"))
        if clean := self._clean:
            needed.setdefault(clean.label, (clean, "which --clean names"))
        self.request.roots.check(needed.values(), self.registry)

    def trains(self, method: Reference) -> bool:
        """Whether a method is trained here; not so if it has pretrained weights."""
        spec = self.registry.find("method", method.name).spec
        return bool(getattr(spec, "trains", False)) and method.label not in self.selection.weights

    def tested(self, dataset: Reference) -> DataReference:
        """The images of a dataset that are tested on.

        Raises:
            UsageError: it has no such split, or none of the scenes to be tested on.
        """
        splits, split = self._spec(dataset).splits, self.request.split
        if split not in splits:
            raise UsageError(
                f"dataset {dataset.label!r} has no split {split!r}; it has {', '.join(splits)}"
            )
        return self._split(dataset, split, self._test_scenes(dataset))

    def trained_on(self, tested: Reference) -> DataReference:
        """What a method is trained on to be tested on a dataset.

        Raises:
            UsageError: nobody says what, or there is nothing but the scenes to be tested on.
        """
        if self.request.train_on == "test":
            self._training_data(tested)
            return self.tested(tested)
        return self._other_scenes(*self._training_data(tested), tested)

    def clean_images(self, tested: Reference, noisy: DataReference) -> DataReference | None:
        """The dataset whose clean images unpaired training takes; None: other scenes give them.

        Raises:
            UsageError: it is the dataset that is trained or tested on.
        """
        clean = self._clean
        if clean is None:
            return None
        split = "train" if "train" in self._spec(clean).splits else "test"
        for seen, of_split, what in (
            (noisy.dataset.name, noisy.split, "whose noisy images are trained on"),
            (tested.name, self.request.split, "which is tested on"),
        ):
            if (clean.name, split) == (seen, of_split):
                raise UsageError(
                    f"--clean {clean.label}: that is the dataset {what}; name another, or leave "
                    "--clean out to train on clean images of other scenes of the training data"
                )
        return self._other_scenes(clean, split, tested)

    def _test_scenes(self, tested: Reference) -> tuple[str, ...]:
        """The scenes of a dataset that alone are tested on; none where all are."""
        wanted = self.request.test_scenes
        wanted = wanted.split(",") if isinstance(wanted, str) else wanted
        wanted = [item.strip() for item in wanted if item.strip()]
        if not wanted:
            return ()
        samples = self._samples(tested, self.request.split)
        return scenes_named(wanted, samples, tested.label) if samples else ()

    def _other_scenes(self, dataset: Reference, split: str, tested: Reference) -> DataReference:
        """A split without the scenes of its images that are tested on.

        Raises:
            UsageError: nothing is left of it.
        """
        held_out = self._test_scenes(tested)
        if not held_out:
            return self._split(dataset, split)
        scenes = {sample.scene for sample in self._samples(dataset, split)}
        others = scenes - set(held_out)
        if scenes and not others:
            raise UsageError(
                f"--test-scenes {some(held_out)}: nothing is left of {dataset.label!r} to train "
                "on; name fewer scenes, or another dataset with --train"
            )
        return self._split(dataset, split, tuple(sorted(others)) if others != scenes else ())

    @property
    def _clean(self) -> Reference | None:
        return self.selection.dataset(self.request.clean) if self.request.clean else None

    def _training_data(self, tested: Reference) -> tuple[Reference, str]:
        """Dataset and split that are trained on to test on a dataset.

        Raises:
            UsageError: nobody says what, or what is said makes no sense.
        """
        if self.request.train_on == "test":
            if self.request.train:
                raise UsageError(
                    "--train-on test trains on the noisy test images themselves; leave --train out"
                )
            return tested, self.request.split
        train = self._named_training_data(tested)
        if "train" in self._spec(train).splits:
            return train, "train"
        is_tested = train.name == tested.name and self._place(train) == self._place(tested)
        if is_tested and not self.request.test_scenes:
            raise UsageError(
                f"dataset {train.label!r} has no training images; to train on its noisy test "
                "images, say --train-on test; to train on some of its scenes, --test-scenes SCENES"
            )
        return train, "test"

    def _named_training_data(self, tested: Reference) -> Reference:
        """What the user, or else the tested dataset, says is trained on."""
        if self.request.train:
            return self.selection.dataset(self.request.train)
        if self.request.test_scenes:
            return tested
        default = self._spec(tested).trains_on
        if not default:
            raise UsageError(
                f"dataset {tested.label!r} names no training data: say --train DATASET, "
                "or --train-on test to train on its noisy images"
            )
        values = {name: format_value(value) for name, value in tested.arguments().items()}
        train = self.selection.dataset(default.format(**values))
        return tested if train.name == tested.name else train

    def _spec(self, dataset: Reference) -> DatasetSpec:
        spec = self.registry.find("dataset", dataset.name).spec
        assert isinstance(spec, DatasetSpec)
        return spec

    def _place(self, dataset: Reference) -> object:
        return self.request.roots.rooted(dataset, self.registry).parameters.get("root")

    def _split(self, dataset: Reference, split: str, scenes: tuple[str, ...] = ()) -> DataReference:
        """A split, or some scenes of it, with its fingerprint; it is prepared on the way."""
        key = dataset.label, split, scenes
        if key not in self._known:
            rooted = self.request.roots.rooted(dataset, self.registry)
            self._known[key] = self._read(rooted, split, scenes)
        return self._known[key]

    def _samples(self, dataset: Reference, split: str) -> Sequence[Sample]:
        """The images of a split; none where the plugin fails, which :meth:`_read` reports."""
        if (dataset.label, split) not in self._listed:
            roots = self.request.roots
            try:
                self._listed[dataset.label, split] = open_split(
                    self.registry, dataset, split, roots
                )
            except HarnessError:
                raise
            except FAILURES:
                return ()
        return self._listed[dataset.label, split]

    def _read(self, dataset: Reference, split: str, scenes: tuple[str, ...]) -> DataReference:
        """What a split holds; where the plugin fails, a stand-in with which no job is done."""
        try:
            made: Dataset = self.registry.build(dataset)
            if not scenes:  # whose names were listed, and the dataset prepared for it
                made.prepare()
            counted = "test" if "test" in self._spec(dataset).splits else "train"
            expected = made.expected if split == counted else None
            whole = str(made.fingerprint(split))
            held = None if expected is None else of_scenes(made.samples(split), scenes)
            return DataReference(
                dataset=dataset,
                split=split,
                fingerprint=fingerprint_of_scenes(whole, scenes),
                images=None if held is None else len(held),
                expected=expected,
                scenes=scenes,
                of_split=whole if scenes else "",
            )
        except HarnessError:
            raise
        except FAILURES as error:
            stand_in = f"unknown: {dataset.label}, {split}"
            self.problems[stand_in] = f"dataset {dataset.label!r}: {one_line_with_place(error)}"
            return DataReference(dataset=dataset, split=split, fingerprint=stand_in)
