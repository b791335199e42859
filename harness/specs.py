"""The vocabulary: plain words and frozen descriptions of plugins, which load nothing heavy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, get_args

API = 2
"""Version of the plugin interface."""

SUPPORTED_APIS = (1, 2)
"""Versions that a spec may be written for; others are refused with a clear message."""

Value = bool | int | float | str | None | tuple["Value", ...]
"""What a parameter can hold."""

View = Literal["noisy", "unpaired", "pairs"]
"""What a training stage may see, see :mod:`harness.data.views`."""

VIEWS: tuple[View, ...] = get_args(View)
"""From the least to the most."""

SUPERVISION: Mapping[View, str] = MappingProxyType(
    {"noisy": "self-supervised", "unpaired": "unpaired", "pairs": "supervised"}
)
"""What the field calls training that sees no more than a view."""


Precision = Literal["fp32", "tf32", "bf16", "fp16"]
"""Of training and inference; a half precision is mixed with single precision by torch."""


@dataclass(frozen=True)
class LoadSettings:
    """Which plugins to load; equal settings make equal registries, also in another process.

    Attributes:
        plugins: paths of ``.py`` files, names of modules, and ``no:name`` to leave a plugin out.
        autoload: load what other distributions announce by entry points.
        only: names of the plugins to load, and no others; None: all.
    """

    plugins: tuple[str, ...] = ()
    autoload: bool = True
    only: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter that users set as ``name[parameter=value]``.

    It is read from the signature of a target, see
    :func:`harness.plugin.parameters.parameters_of_target`, unless a spec declares it.

    Args:
        name: keyword argument of the target.
        default: value when the user gives none.
        value_type: ``int``, ``float``, ``bool`` or ``str``; needed only where the default is None.
        choices: the values allowed; empty for any.
        minimum: the smallest number allowed.
        maximum: the largest number allowed.
        many: the value is a list, ``[1,2,3]``.
        role: the value is the selector of a network that plays this role, see
            :func:`harness.methods.networks.build_network`; empty for all other parameters.
        views: values with which a method's training sees more than its spec's ``view`` says, and
            what it sees then, for example ``{True: "unpaired"}``.
        of_images: the value is the number of channels of the images, unless the user sets it.
        of_budget: a budget in iterations or time takes the place of the value.
        only_with: parameter without which this one does not matter; empty for one that always does.
        only_with_values: with which values of that parameter it matters; none given: any that is
            true.
        help: one line for ``harness show``.
    """

    name: str
    default: Value = None
    value_type: type | None = None
    choices: tuple[Value, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    many: bool = False
    role: str = ""
    views: Mapping[Value, View] = field(default_factory=lambda: MappingProxyType({}))
    of_images: bool = False
    of_budget: bool = False
    only_with: str = ""
    only_with_values: tuple[Value, ...] = ()
    help: str = ""

    def matters(self, values: Mapping[str, object]) -> bool:
        """Whether it matters beside the values of the other parameters."""
        if not self.only_with:
            return True
        value = values.get(self.only_with)
        return value in self.only_with_values if self.only_with_values else bool(value)


def type_of(parameter: Parameter) -> type | None:
    """The type of a parameter's values, or of their items if there are many; None: unknown."""
    if parameter.value_type is not None:
        return parameter.value_type
    default = parameter.default
    if isinstance(default, tuple):
        default = default[0] if default else None
    return None if default is None else type(default)


@dataclass(frozen=True)
class Minimum:
    """Marks the type of an argument: ``size: Annotated[int, Minimum(3)] = 5``.

    Args:
        value: the smallest number allowed.
    """

    value: float


@dataclass(frozen=True)
class Maximum:
    """Marks the type of an argument, as :class:`Minimum` does.

    Args:
        value: the largest number allowed.
    """

    value: float


@dataclass(frozen=True)
class Role:
    """Marks an argument that names a network: ``net: Annotated[str, Role("blind")] = "mine"``.

    Args:
        name: the role that the network plays, see :class:`NetworkSpec`.
    """

    name: str


@dataclass(frozen=True)
class Views:
    """Marks an argument with which training sees more: ``Annotated[bool, Views({True: "pairs"})]``.

    Args:
        by_value: what training sees with a value of the argument.
    """

    by_value: Mapping[Value, View] = field(hash=False)


@dataclass(frozen=True)
class OfImages:
    """Marks an argument that is set to the number of channels of the images."""


@dataclass(frozen=True)
class OfBudget:
    """Marks an argument, such as of iterations, that a budget in iterations or time replaces."""


@dataclass(frozen=True)
class OnlyWith:
    """Marks an argument that matters only where another, such as ``distill``, is true.

    Args:
        name: of the other argument.
        values: those of the other with which this one matters; none given: any that is true.
    """

    name: str
    values: tuple[Value, ...] = ()


Positive = Annotated[int, Minimum(1)]
"""A whole number from 1."""

NonNegative = Annotated[int, Minimum(0)]
"""A whole number from 0."""

NonNegativeFloat = Annotated[float, Minimum(0)]
"""A number from 0."""

Share = Annotated[float, Minimum(0), Maximum(1)]
"""A number from 0 to 1."""

Iterations = Annotated[int, Minimum(1), OfBudget()]
"""Optimizer steps of a stage, unless the budget is in iterations or time."""

Channels = Annotated[int, Minimum(1), OfImages()]
"""The number of channels of the images, unless the user sets it."""


Origin = Literal["paper", "report", "code"]
"""Who states a published value, see :class:`Published`."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """A value that a paper prints.

    It stands beside a measured value only where dataset, protocol and training data agree; else in
    a table of its own, if the user asks for it, with what differs in words.

    Args:
        dataset: selector of the dataset, as registered here; it states the parameters to which the
            value belongs, such as ``mine[sigma=15]``, and leaves out those that do not matter.
        metric: name of the metric, as registered here, for example ``psnr``.
        value: in the metric's unit.
        source: where it stands, for example ``"Table 1"``.
        protocol: the metric's protocol, where the paper's differs from the default; other words,
            such as ``"not stated"``, where it is none of the metric's.
        trained_on: selector of the dataset whose training images the paper trains on, or its test
            images if it has no others; ``"itself"``: the noisy test images; other words where it
            is none of ours; empty, or ``"not stated"``: unknown. A method that does not train needs
            none.
        origin: how sure the value is: it stands in the method's own paper (``paper``), in what
            others report of it (``report``), or with its authors' code (``code``).
    """

    dataset: str
    metric: str
    value: float
    source: str
    protocol: str | None = None
    trained_on: str = ""
    origin: Origin = "paper"

    @property
    def training(self) -> str:
        """What it was trained on, in words."""
        if self.trained_on in ("", "not stated"):
            return "training data not stated"
        if self.trained_on == "itself":
            return "trained on the noisy test images"
        return f"trained on {self.trained_on}"

    @property
    def stands(self) -> str:
        """Where it stands, and who states it if not the method's own paper."""
        by = {"paper": "", "report": ", reported by others", "code": ", from the authors' code"}
        return f"{self.source}{by[self.origin]}"


ShownPublished = Literal["agreeing", "all", "none"]
"""Which published values a table shows: those beside which all agrees, the others apart, none."""


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What every kind of plugin states about itself.

    Args:
        name: lower case, ``[a-z0-9_-]``, unique among plugins of its kind.
        target: ``"module:attribute"``; imported only when it is used.
        summary: one line.
        parameters: what users can set; None: what the signature of the target says.
        requires: requirements beyond the project's own, such as ``"h5py>=3"``.
        notes: longer text for ``harness show``: choices made, deviations, assumptions.
        paper: a citation.
        api: version of the plugin interface that this spec was written for.
    """

    kind: ClassVar[str] = ""
    base: ClassVar[str] = ""
    """``"module:attribute"`` of the class that a target of this kind is derived from, if any."""

    name: str
    target: str
    summary: str
    parameters: tuple[Parameter, ...] | None = None
    requires: tuple[str, ...] = ()
    notes: str = ""
    paper: str = ""
    api: int = API


@dataclass(frozen=True, kw_only=True)
class MethodSpec(Spec):
    """A denoising method; the target is a :class:`harness.Method` class.

    Args:
        trains: it has stages of training.
        view: the most that any of its stages sees; printed in the table unless ``noisy``. A
            parameter's ``views`` can widen it.
        oracle: it is given the clean image at test time; printed in the table.
        quick: parameters that the budget ``quick`` sets, where the user has not: the method's own
            narrowed configuration for a CPU. It must keep the method's idea.
        quick_chosen_on: the images that ``quick`` was chosen on, such as ``"mine, split tune"``;
            said beside the table, for scores on them say little of others.
        published: values that its paper prints.
        assumes: what the noise must be like, in a line.
        blind: what an output pixel does not depend on while noisy images train it, as
            :func:`harness.plugin.blind.parse_claim` reads it: ``"9x9"``, ``"diamond 4"`` or
            ``"lattice 6"`` around its place; ``"1x1 stride 5"``: on sub-images of this stride;
            ``"9x9 leak 1e-4"``: but for such a share of the largest influence. It may refer to
            parameters, as in ``"1x1 stride {stride}"``, and to those that name a network for
            that network's claim, ``"{network}"``. Empty: it claims nothing. ``harness check NAME
            --blindness`` measures it.
        licence: terms of the code or the weights that its authors released, where they did.
        needs: parameters of launchers that suit its jobs, such as ``{"memory": "32G"}``, where the
            user has not set them; a launcher without such a parameter makes nothing of it.
    """

    kind: ClassVar[str] = "method"
    base: ClassVar[str] = "harness:Method"

    trains: bool = False
    view: View = "noisy"
    oracle: bool = False
    quick: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    quick_chosen_on: str = ""
    published: tuple[Published, ...] = ()
    assumes: str = ""
    blind: str = ""
    licence: str = ""
    needs: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, kw_only=True)
class NetworkSpec(Spec):
    """A network that methods exchange; the target is a factory of an ``nn.Module``.

    The module maps images, N x C x H x W in [0, 1], to images of the same shape. It may have
    attributes ``size_multiple`` and ``receptive_radius``, which mean what they mean in
    :class:`harness.Method`. An argument of the type :data:`Channels` is set to the number of
    channels of the images.

    Args:
        roles: the parts that it can play: ``denoiser``: any image to image network; ``blind``: an
            output pixel does not depend on its own input pixel; ``local``: it depends on a small
            neighbourhood alone.
        quick: parameters that the budget ``quick`` sets, where the user has not, whatever method
            the network is a part of.
        blind: what an output pixel does not depend on in training mode, as of :class:`MethodSpec`;
            a network of the role ``blind`` is so to its own pixel at least, in either mode.
    """

    kind: ClassVar[str] = "network"

    roles: tuple[str, ...] = ()
    quick: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    blind: str = ""


@dataclass(frozen=True, kw_only=True)
class Download:
    """A file of a dataset behind a stable public link, which its licence allows to be fetched.

    Args:
        url: where it is.
        sha256: of the whole file, in hexadecimal.
        size: of it, in bytes.
        unpack: it is a ZIP or TAR archive, whose members are kept, and not itself.
        only: pattern of the members that are kept, such as ``"*/images/*.png"``; empty: all.
        strip: leading folders that the members' names lose.
        into: folder below the dataset's own that it, or what is in it, goes to.
    """

    url: str
    sha256: str
    size: int
    unpack: bool = False
    only: str = ""
    strip: int = 0
    into: str = ""

    def __str__(self) -> str:
        return f"{self.url} ({self.size / 1e6:.0f} MB)"


@dataclass(frozen=True, kw_only=True)
class DatasetSpec(Spec):
    """A dataset; the target is a :class:`harness.Dataset` class.

    Args:
        splits: some of ``train``, ``test`` and ``tune``, the last to choose a method's
            configuration on; no two share a pixel. A dataset without ``train`` lends its test
            images for training only where another dataset is tested, or with ``--train-on test``.
        trains_on: selector of the dataset that a model is trained on by default when it is tested
            on this one; None: the user must say. It may refer to parameters of this dataset, as in
            ``"other[sigma={sigma}]"``.
        default: it is tested on when the user names no dataset.
        also_trained_on: selectors of other datasets that papers train on when they test on this.
        protocol: name of the protocol by which papers score on it, see :class:`ProtocolSpec`; empty
            where there is none.
        needs_root: it reads a folder that the user has; the target gets it as ``root``, and its
            docstring draws the tree of the folder.
        images: one line: how many, what size.
        groups: one line: what images of one scene share, and which ``groups`` its samples name.
        size: one line: space on disk.
        licence: terms, or where to read them.
        licence_link: where the terms stand.
        homepage: where it comes from.
        obtain: how to get it, as instructions that can be followed: what to download, who must
            apply where, what to unpack into which folder.
        downloads: files that ``harness data get`` can fetch; none where the terms forbid it or no
            link is stable.
        manifest: ``"module:attribute"`` of what ``harness data verify`` holds the files to: a
            mapping as ``--write-manifest`` writes it, or the path of such a JSON file.
    """

    kind: ClassVar[str] = "dataset"
    base: ClassVar[str] = "harness:Dataset"

    splits: tuple[str, ...] = ("test",)
    trains_on: str | None = None
    also_trained_on: tuple[str, ...] = ()
    protocol: str = ""
    default: bool = False
    needs_root: bool = False
    images: str = ""
    groups: str = ""
    size: str = ""
    licence: str = ""
    licence_link: str = ""
    homepage: str = ""
    obtain: str = ""
    downloads: tuple[Download, ...] = ()
    manifest: str = ""


Compared = Literal["clean", "noisy", "shots"]
"""What a metric of images compares a denoised image with, see :class:`MetricSpec`."""


@dataclass(frozen=True, kw_only=True)
class MetricSpec(Spec):
    """A metric.

    The target of an ``image`` metric maps batches ``(denoised, clean)``, N x C x H x W in [0, 1],
    to N scores; with another ``compares``, what that names takes the place of ``clean``. The target
    of a ``method`` metric maps a :class:`harness.Subject` to one number, or to a
    :class:`harness.Measurement`, which has more to say. Both get the parameters, which are the
    arguments that have a default, as keywords, and raise :class:`harness.MetricUnavailableError`
    where no number can be had; NaN says that none is defined for an image.

    Args:
        measures: ``image`` or ``method``.
        compares: the denoised image with what: ``clean``: its ground truth; without one, ``noisy``:
            the image that was denoised, N x C x H x W; ``shots``: further noisy images of the same
            content, which the method has not seen, N x S x C x H x W. Noisy images are neither
            clipped nor rounded. Its protocol then names what it assumes of the noise.
        ranks: its scores rank methods. Those of one that does not are shown without a direction,
            and in no place, no comparison and no choice of the best.
        label: head of its column, such as ``PSNR``.
        protocol: the convention, by name; may refer to parameters as ``"{protocol}"``; empty where
            there is but one.
        protocol_version: raised when the numbers of a protocol change.
        higher_is_better: its direction.
        unit: such as ``dB``; empty for none.
        decimals: how many to print.
        tolerance: the difference below which two scores count as equal; absolute for ``image``
            metrics, relative for ``method`` metrics.
        depends_on_machine: the number is a time, a memory or the like, which other threads, another
            processor or another GPU change; then it is measured again, and not reused.
        rounding: ``8bit``: the images it gets are clipped and rounded to 8 bit, as a user would
            save them; ``none``: clipped only.
        probe: ``"module:attribute"`` of a function of the parameters that returns why the metric
            is unavailable on this machine; or a :class:`harness.MetricData`, where its numbers
            depend on data that are not in its sources; or None. It may fetch what is missing,
            unless the environment variable ``HARNESS_OFFLINE`` is set.
    """

    kind: ClassVar[str] = "metric"

    measures: Literal["image", "method"] = "image"
    compares: Compared = "clean"
    ranks: bool = True
    label: str
    protocol: str
    protocol_version: int = 1
    higher_is_better: bool
    unit: str = ""
    decimals: int
    tolerance: float
    depends_on_machine: bool = False
    rounding: Literal["8bit", "none"] = "8bit"
    probe: str | None = None


@dataclass(frozen=True, kw_only=True)
class MetricData:
    """Data on this machine that the numbers of a metric depend on, as its probe found them.

    Args:
        digest: of their content; it is part of the key of results.
        mark: said beside the protocol in the table, where they are not those that everybody has.
    """

    digest: str = ""
    mark: str = ""


@dataclass(frozen=True, kw_only=True)
class ReportSpec(Spec):
    """A report format; the target maps a :class:`harness.Run` to the text of a file.

    It may also return several files, a mapping of text or bytes by name, of which one is
    ``filename``. With a parameter ``assets: bool = False`` it follows ``harness report --assets``.

    Args:
        filename: name of the file it makes, below the run's ``report/``.
    """

    kind: ClassVar[str] = "report"

    filename: str


@dataclass(frozen=True, kw_only=True)
class ViewerSpec(Spec):
    """A page of photographs before and after they were denoised.

    The target maps a sequence of :class:`harness.PhotoPair` to the text of the page. ``harness
    denoise --compare`` writes the page of the viewer ``html``.

    Args:
        filename: name of the file it makes, in the folder of the denoised photographs.
    """

    kind: ClassVar[str] = "viewer"

    filename: str


@dataclass(frozen=True, kw_only=True)
class LauncherSpec(Spec):
    """A way to start a job's process; the target is a :class:`harness.Launcher` class."""

    kind: ClassVar[str] = "launcher"


@dataclass(frozen=True, kw_only=True)
class TrackerSpec(Spec):
    """A tracker of experiments, which ``harness run --log-with NAME`` hands what a run says.

    The target is a class of observers: an object of it has some of the event hooks. It is made with
    ``folder``, in which it may keep files of the run, and its parameters.
    """

    kind: ClassVar[str] = "tracker"


@dataclass(frozen=True, kw_only=True)
class ModelSpec(Spec):
    """A trained model that comes along with a plugin, for ``harness denoise --model NAME``.

    The target is a function without parameters that returns the path of the model's file, one that
    ``harness export`` wrote; what it was trained on, its scores and its terms stand in there.

    Args:
        default: photographs are denoised with it when the user names neither model nor method.
        training: the command that trained it.
    """

    kind: ClassVar[str] = "model"

    default: bool = False
    training: str = ""


@dataclass(frozen=True, kw_only=True)
class SuiteSpec(Spec):
    """A named list of methods, such as a paper's table; it has no target.

    Args:
        methods: method selectors.
        datasets: dataset selectors that it is tested on unless the user says otherwise.
        published: per method selector, the values that the paper prints.
    """

    kind: ClassVar[str] = "suite"

    target: str = ""
    methods: tuple[str, ...]
    datasets: tuple[str, ...] = ()
    published: Mapping[str, tuple[Published, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )


@dataclass(frozen=True, kw_only=True)
class ProtocolSpec(Spec):
    """How scores on a dataset are computed, by the name that papers give it; it has no target.

    Args:
        metrics: selectors of the metrics, with the convention of each as their parameters.
        scored_by: why scores cannot be computed here and who computes them, as the reason beside
            ``n/a``; empty where everybody can.
    """

    kind: ClassVar[str] = "protocol"

    target: str = ""
    metrics: tuple[str, ...]
    scored_by: str = ""


@dataclass(frozen=True, kw_only=True)
class SubmissionSpec(Spec):
    """What is sent to those who score a dataset; the target is a :class:`harness.Submission` class.

    Args:
        dataset: selector of the dataset whose test images are denoised.
        bits: of the denoised images that it is made from: 8 where it holds what a user would save,
            16 where it holds finer numbers.
        files: one line: what it consists of.
    """

    kind: ClassVar[str] = "submission"
    base: ClassVar[str] = "harness:Submission"

    dataset: str
    bits: Literal[8, 16] = 8
    files: str = ""


@dataclass(frozen=True, kw_only=True)
class CommandSpec(Spec):
    """A command, ``harness NAME``; the target is a :class:`click.Command`.

    It takes no parameters in brackets: its options are click's, to which the harness adds the
    common ones, such as ``--plugin``. A table ``[NAME]`` of the configuration file sets them.
    """

    kind: ClassVar[str] = "command"

    parameters: tuple[Parameter, ...] = field(default=(), init=False)


KINDS: Mapping[str, type[Spec]] = MappingProxyType(
    {
        spec.kind: spec
        for spec in (
            MethodSpec,
            DatasetSpec,
            MetricSpec,
            NetworkSpec,
            ReportSpec,
            ViewerSpec,
            LauncherSpec,
            TrackerSpec,
            ModelSpec,
            SuiteSpec,
            ProtocolSpec,
            SubmissionSpec,
            CommandSpec,
        )
    }
)
"""The spec class of every kind of plugin."""
