"""A temporary folder of work, in which a test runs the command and reads what it measured."""

import io
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from unittest.mock import patch

from harness.results.records import CellRecord, Run
from harness.runs.folder import load_run
from harness.testing import fake_distribution, waves

RUNS = "runs"
"""Where ``harness run`` keeps everything, below the folder of work."""


@dataclass(frozen=True)
class Ended:
    """A command line that has ended.

    Attributes:
        code: its exit code.
        out: what it printed.
        err: its warnings and errors.
        folder: in which it ran.
    """

    code: int
    out: str
    err: str
    folder: Path

    @property
    def run(self) -> Run:
        """The last run of the folder.

        Raises:
            ReportError: there is none.
        """
        return load_run((self.folder / RUNS / "latest").resolve())

    def cell(self, method: str, dataset: str = "") -> CellRecord:
        """The cell of a method in the last run.

        Args:
            method: its label, as the table has it.
            dataset: that of the dataset; empty: the only one.

        Raises:
            LookupError: there is no such cell, or several.
        """
        cells = [
            cell
            for cell in self.run.cells
            if cell.method == method and dataset in ("", cell.dataset)
        ]
        if len(cells) != 1:
            known = ", ".join(f"{cell.method} on {cell.dataset}" for cell in self.run.cells)
            raise LookupError(f"{len(cells)} cells of {method!r}, among {known or 'none'}")
        return cells[0]

    def score(self, method: str, metric: str, dataset: str = "") -> float | None:
        """The score of a method in the last run; None where there is none; arguments as above.

        Raises:
            LookupError: there is no such cell or column.
        """
        scores = {each.metric: each.value for each in self.cell(method, dataset).scores}
        return scores[metric]


class Project:
    """A folder of work, with plugins that every command in it loads.

    The dataset ``testing-waves``, whose noise is known, is always there: see
    :class:`harness.testing.waves.Waves`.

    Args:
        folder: an empty folder.

    Attributes:
        folder: as above.
        site: a folder that stands for ``site-packages``.
        plugins: values of ``--plugin``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = folder / "site-packages"
        self.plugins = [waves.__name__]

    def write_plugin(self, source: str, name: str = "mine") -> Path:
        """Write a plugin of one file.

        Args:
            source: of the module.
            name: of the module.

        Returns:
            The path of the file.
        """
        path = self.folder / f"{name}.py"
        path.write_text(source, encoding="utf-8")
        self.plugins.append(str(path))
        return path

    def install(self, name: str, hooks: str, modules: Mapping[str, str]) -> None:
        """Write what pip would leave behind after installing a plugin; children find it.

        Args:
            name: of the distribution.
            hooks: the module with its hooks.
            modules: sources by module name, that of the hooks among them.
        """
        fake_distribution(self.site, name, entry_points={name: hooks}, modules=modules)

    def harness(self, *arguments: str) -> Ended:
        """Run a command line in this process.

        Args:
            arguments: without the program's name.
        """
        (command,) = entry_points(group="console_scripts", name="harness")
        main, out, err, code = command.load(), io.StringIO(), io.StringIO(), 0
        line = ["harness", *self._line(arguments)]
        with (
            chdir(self.folder),
            redirect_stdout(out),
            redirect_stderr(err),
            patch.object(sys, "argv", line),
        ):
            try:
                main()
            except SystemExit as stop:
                code = int(stop.code or 0)
        return Ended(code, out.getvalue(), err.getvalue(), self.folder)

    def harness_in_child(self, *arguments: str, **environment: str) -> Ended:
        """Run a command line in a process of its own, which finds what is installed.

        Args:
            arguments: without the program's name.
            environment: variables beside those of this process.
        """
        path = os.pathsep.join(filter(None, [str(self.site), os.environ.get("PYTHONPATH")]))
        ended = subprocess.run(
            [sys.executable, "-m", "harness", *self._line(arguments)],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": path, **environment},
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr, self.folder)

    def _line(self, arguments: tuple[str, ...]) -> list[str]:
        """The command, then the plugins, then all else."""
        return [*arguments[:1], *(f"--plugin={plugin}" for plugin in self.plugins), *arguments[1:]]
