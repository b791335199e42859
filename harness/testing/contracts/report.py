"""The contract of a report: files of any run, whatever its names hold and its jobs ended in."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import ClassVar

from harness.specs import ReportSpec
from harness.testing.contracts.base import Contract, failing_with
from harness.testing.contracts.text import check_format
from harness.testing.made_run import BROKEN, FINE, HOSTILE, made_run


class ReportContract(Contract):
    """What every report must do with a run of hostile names and failed cells."""

    kind: ClassVar[str] = "report"

    def test_it_makes_the_file_that_its_spec_names(self) -> None:
        """Files are text or bytes, and lie in the folder of the report."""
        for name, content in self.files().items():
            path = PurePosixPath(name)
            assert not path.is_absolute() and ".." not in path.parts, (  # noqa: PT018
                f"it makes a file outside its folder: {name}"
            )
            assert isinstance(content, (str, bytes)), (
                f"{name} is a {type(content).__name__}: return text or bytes"
            )

    def test_every_method_is_told_failed_ones_too(self) -> None:
        """A row that is left out is taken for one that was never asked for."""
        for method in (FINE, BROKEN):
            assert method in self.text(), (
                f"the method {method!r} is nowhere in the report: give cells a line whatever their "
                "status is"
            )

    def test_hostile_names_harm_no_file(self) -> None:
        """Names and errors are text, and no part of the format."""
        for name, content in self.files().items():
            if isinstance(content, str):
                check_format(name, content)

    def test_a_run_makes_the_same_report_again(self) -> None:
        """It depends on nothing but the run."""
        assert self.files() == self.files(), (
            "made twice of one run, it differs: leave out the time of its making, and sort sets"
        )

    def files(self) -> Mapping[str, str | bytes]:
        """What the report makes of the run, by name."""
        spec = self.entry.spec
        assert isinstance(spec, ReportSpec)
        report = self.registry.build(self.reference)
        with (
            TemporaryDirectory() as folder,
            failing_with(f"a run with failed cells and names such as {HOSTILE!r}"),
        ):
            made = report(made_run(Path(folder) / "run"))
        files = {spec.filename: made} if isinstance(made, str) else dict(made)
        assert spec.filename in files, f"it makes no {spec.filename}, which its spec names"
        return files

    def text(self) -> str:
        """The file that the spec names, as text; bytes that are none are replaced."""
        spec = self.entry.spec
        assert isinstance(spec, ReportSpec)
        content = self.files()[spec.filename]
        return content if isinstance(content, str) else content.decode(errors="replace")
