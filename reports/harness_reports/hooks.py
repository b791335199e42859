"""Announces the report formats: Markdown, CSV and JSON."""

from harness import ReportSpec, hookimpl


@hookimpl
def harness_register_reports() -> tuple[ReportSpec, ...]:
    """The table for people and for spreadsheets, and all records for programs."""
    return (
        ReportSpec(
            name="md",
            target="harness_reports.markdown:markdown",
            summary="The table with its notes, in Markdown.",
            filename="table.md",
        ),
        ReportSpec(
            name="csv",
            target="harness_reports.csv_table:csv_table",
            summary="The table with numbers in full precision, a line per row.",
            filename="table.csv",
        ),
        ReportSpec(
            name="scores",
            target="harness_reports.csv_scores:csv_scores",
            summary="Every score on a line of CSV, with where, when and with what it was measured.",
            filename="scores.csv",
        ),
        ReportSpec(
            name="json",
            target="harness_reports.json_records:json_records",
            summary="Provenance and all records, per seed.",
            filename="table.json",
        ),
    )
