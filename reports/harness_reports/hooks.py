"""Announces report formats, for people, papers and programs, and the page of photographs."""

from harness import ReportSpec, ViewerSpec, hookimpl


@hookimpl
def harness_register_reports() -> tuple[ReportSpec, ...]:
    """The tables for people, and all scores for programs."""
    return (
        ReportSpec(
            name="html",
            target="harness_reports.page.html:html",
            summary="A page with tables, pictures and plots that opens from disk.",
            filename="report.html",
        ),
        ReportSpec(
            name="md",
            target="harness_reports.markdown:markdown",
            summary="A table per dataset with notes, in Markdown.",
            filename="table.md",
        ),
        ReportSpec(
            name="latex",
            target="harness_reports.latex:latex",
            summary="A table per dataset with notes, in LaTeX with booktabs.",
            filename="table.tex",
        ),
        ReportSpec(
            name="csv",
            target="harness_reports.csv_scores:csv_scores",
            summary="Every score on a line of CSV, those of single images included.",
            filename="scores.csv",
        ),
        ReportSpec(
            name="table",
            target="harness_reports.csv_table:csv_table",
            summary="The rows of the table as CSV, with numbers in full precision.",
            filename="table.csv",
        ),
        ReportSpec(
            name="json",
            target="harness_reports.json_records:json_records",
            summary="Provenance, all records, and every score.",
            filename="table.json",
        ),
    )


@hookimpl
def harness_register_viewers() -> ViewerSpec:
    """The page of photographs before and after."""
    return ViewerSpec(
        name="html",
        target="harness_reports.page.photographs:photographs",
        summary="A page with noisy and denoised photographs side by side that opens from disk.",
        filename="compare.html",
    )
