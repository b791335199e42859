"""From a run to a model file."""

from collections.abc import Iterator
from pathlib import Path

from harness.errors import DataError, UnknownNameError, UsageError
from harness.methods.weights import save_model
from harness.plugin.registry import Registry
from harness.results.model import ModelHeader, ModelScore
from harness.results.names import WEIGHTS
from harness.results.records import CellRecord, FitRecord, Run
from harness.specs import DatasetSpec, MethodSpec
from harness.util.files import digest_of
from harness.util.text import cut, did_you_mean


def choose_fit(run: Run, method: str, dataset: str = "", seed: int | None = None) -> FitRecord:
    """The fit of a run that is meant.

    Args:
        run: with its records.
        method: label of the method, as the table prints it, or its name.
        dataset: that it was tested on; empty: whichever there is.
        seed: of the fit; None: the first one.

    Raises:
        UsageError: there is no such fit, or there are several.
    """
    done = [fit for fit in run.fits if fit.status == "done"]
    labels = sorted({fit.method for fit in done})
    found = [fit for fit in done if fit.method == method]
    found = found or [fit for fit in done if fit.job.method.name == method]
    if not found:
        listed = f"; it has {', '.join(labels)}" if labels else " at all"
        raise UnknownNameError(
            f"the run has no trained method {cut(method)!r}{did_you_mean(method, labels) or listed}"
        )
    if dataset:
        tested = {cell.job.fit.key for cell in run.cells if cell.job.fit and _is(cell, dataset)}
        found = [fit for fit in found if fit.key in tested]
        if not found:
            raise UsageError(f"the run has not tested {method} on {cut(dataset)!r}")
    seeds = sorted({fit.seed for fit in found})
    wanted = seeds[0] if seed is None else seed
    found = [fit for fit in found if fit.seed == wanted]
    if not found:
        raise UsageError(
            f"the run has no {method} of seed {wanted}; it has {', '.join(map(str, seeds))}"
        )
    if len(found) > 1:
        several = ", ".join(f"{fit.method} on {fit.trained_on}" for fit in found)
        raise UsageError(
            f"the run trained {method} several times ({several}): say which, by the label of the "
            "method or --dataset of the test"
        )
    return found[0]


def export_model(
    run: Run, fit: FitRecord, path: Path, registry: Registry, licence: str = ""
) -> ModelHeader:
    """Write the weights of a fit, and all that is known of them, as one file.

    Args:
        run: that has the fit.
        fit: one of its fits.
        path: of the model, ending in ``.safetensors``.
        registry: whose specs say the terms of data and method.
        licence: terms of the model.

    Returns:
        What the file says of itself.

    Raises:
        DataError: the weights are gone, or are no longer those of the run.
        DiskFullError: the disk is full.
    """
    weights = weights_of(run, fit)
    header = header_of(run, fit, registry, licence)
    save_model(weights, header, path)
    return header


def weights_of(run: Run, fit: FitRecord) -> Path:
    """The file of a fit's weights.

    Raises:
        DataError: it is gone, or is no longer that of the run.
    """
    weights = run.folder_of(fit) / WEIGHTS
    if not weights.is_file():
        raise DataError(f"the weights of this run are gone: there is no {weights}; run it again")
    if digest_of(weights) != fit.files.get(WEIGHTS):
        raise DataError(f"{weights} is damaged, or no longer of this run; run it with --fresh")
    return weights


def header_of(run: Run, fit: FitRecord, registry: Registry, licence: str = "") -> ModelHeader:
    """All that is known of a fit, as a model says it of itself.

    Args:
        run: that has the fit.
        fit: one of its fits.
        registry: whose specs say the terms of data and method.
        licence: terms of the model.
    """
    job = fit.job
    return ModelHeader(
        method=job.method,
        parameters=fit.parameters,
        seed=job.seed,
        view=job.view,
        trained_on=job.data.marked,
        train_split=job.data.split,
        clean=job.clean.label if job.clean else "",
        budget=job.budget,
        stages=fit.stages,
        trained_parameters=fit.trained_parameters,
        scores=tuple(_scores(run, fit)),
        licence=licence,
        data_licence=_licence(registry, "dataset", job.data.dataset.name),
        method_licence=_licence(registry, "method", job.method.name),
        finished=fit.finished,
        libraries={**job.libraries, **fit.machine.versions},
    )


def _is(cell: CellRecord, dataset: str) -> bool:
    return dataset in (cell.dataset, cell.job.data.dataset.name)


def _scores(run: Run, fit: FitRecord) -> Iterator[ModelScore]:
    """All that the run measured of a fit, but for times and the like, which are of its machine."""
    for cell in run.cells:
        if cell.status != "done" or cell.job.fit is None or cell.job.fit.key != fit.key:
            continue
        for score in cell.scores:
            if score.value is not None and not score.column.depends_on_machine:
                yield ModelScore(
                    dataset=cell.job.data.marked,
                    split=cell.split,
                    score=score.column.title,
                    value=score.value,
                    unit=score.unit,
                    images=score.count,
                    seen=max(cell.job.seen.noisy, cell.job.seen.clean),
                )


def _licence(registry: Registry, kind: str, name: str) -> str:
    """What a spec says of terms; empty where its plugin is not there any more."""
    try:
        spec = registry.find(kind, name).spec
    except UnknownNameError:
        return ""
    assert isinstance(spec, (DatasetSpec, MethodSpec))
    return spec.licence
