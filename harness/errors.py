"""One family of errors and one table of exit codes."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the ``harness`` command returns.

    When several apply, the order is 2, 5, 4, 3, 1.
    """

    OK = 0
    REGRESSION = 1
    """A comparison found a score that is worse, missing, failed or incomparable."""
    USAGE = 2
    """The command line, the configuration or the data given are wrong."""
    FAILED = 3
    """At least one job failed, ran out of memory or out of time; the others are kept."""
    INCOMPARABLE = 4
    """There is nothing that could be compared or reported."""
    PLUGINS = 5
    """A plugin has a problem and ``--strict-plugins`` was given."""
    INTERRUPTED = 130
    """Ctrl-C; what had finished is kept."""


class HarnessError(Exception):
    """A failure whose text is one line for the user: what is wrong and what to do."""

    exit_code = ExitCode.FAILED


class UsageError(HarnessError):
    """The command line or a configuration file asks for something impossible."""

    exit_code = ExitCode.USAGE


class UnknownNameError(UsageError):
    """A plugin, dataset, parameter or other name that does not exist."""


class ParameterError(UsageError):
    """A parameter has the wrong type or a value out of range."""


class DataError(HarnessError):
    """Images are missing, unreadable, or do not fit one another."""

    exit_code = ExitCode.USAGE


class PluginError(HarnessError):
    """A plugin breaks its contract, or lacks a package that it needs."""

    exit_code = ExitCode.PLUGINS


class UnloadableError(PluginError):
    """The module of a plugin's part cannot be imported."""


class TrainingError(HarnessError):
    """Training cannot go on, for example because the loss is no longer finite."""


class ReportError(HarnessError):
    """A run cannot be reported: it is missing, unreadable, or empty."""

    exit_code = ExitCode.INCOMPARABLE


class MetricUnavailableError(HarnessError):
    """A metric cannot be computed here; its column reads "n/a" with this reason."""


class DownloadError(HarnessError):
    """A file cannot be downloaded; its text is why, for the end of another's."""


class DamagedFileError(HarnessError):
    """A file that the harness wrote cannot be read; it is set aside, and its content made again."""


class DiskFullError(HarnessError, OSError):
    """A file could not be written, because no space is left for it."""
