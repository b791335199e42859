"""Every report and viewer of this project keeps the contract that those of others are held to."""

from harness.testing.contracts import ReportContract, ViewerContract


class TestHtml(ReportContract):
    name = "html"


class TestMarkdown(ReportContract):
    name = "md"


class TestLatex(ReportContract):
    name = "latex"


class TestCsv(ReportContract):
    name = "csv"


class TestTable(ReportContract):
    name = "table"


class TestJson(ReportContract):
    name = "json"


class TestPhotographs(ViewerContract):
    name = "html"
