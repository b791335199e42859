r"""The tables of a run in LaTeX: a whole document, which needs no package but booktabs."""

import unicodedata
from collections.abc import Iterable

from harness import Column, DatasetTable, Entry, Figure, Run, ShownPublished, tables_of
from harness_reports.values import caption_of, method_of, status_of, text_of

_MARKED = {None: "{}", 1: r"\textbf{{{}}}", 2: r"\underline{{{}}}"}

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "{''}",
    "[": "{[}",  # after the end of a row it would be read as an option
    "]": "{]}",
    "*": "{*}",
    "-": "{-}",  # or else two are a dash
    "±": r"$\pm$",
    "×": r"$\times$",
    "∞": r"$\infty$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "–": "--",
    "—": "---",
    "…": r"\dots{}",
    "`": "{`}",
    "µ": r"$\mu$",
    "²": "$^2$",
    "°": r"$^\circ$",
}

_ACCENTS = {
    "\u0300": r"\`",
    "\u0301": r"\'",
    "\u0302": r"\^",
    "\u0303": r"\~",
    "\u0308": r"\"",
    "\u030a": r"\r",
    "\u030c": r"\v",
    "\u0327": r"\c",
}

_DOCUMENT = r"""%% %s
%% A whole document; to use a table elsewhere, copy it from \begin{table} to \end{table}, with
%% \usepackage{booktabs} before \begin{document}.
\documentclass[10pt]{article}
\usepackage{booktabs}
\setlength{\textwidth}{25cm}\setlength{\oddsidemargin}{-1cm}\setlength{\hoffset}{0cm}
\setlength{\paperwidth}{29.7cm}\setlength{\paperheight}{21cm}
\ifdefined\pdfpagewidth\pdfpagewidth=\paperwidth\pdfpageheight=\paperheight\fi
\setlength{\topmargin}{-2cm}\setlength{\textheight}{17cm}
\begin{document}
\sloppy
%s
\end{document}
"""


def latex(run: Run, published: ShownPublished = "agreeing") -> str:
    """A table per dataset and the notes of all, as a document that compiles.

    Args:
        run: with its records.
        published: which published values are shown; those beside which not all agrees are listed
            below the notes.
    """
    made = tables_of(run, published)
    parts = [rf"\section*{{{escaped(run.title)}}}"] if run.title else []
    parts += map(_table, made.tables)
    parts += _list(made.notes)
    if apart := made.summary.published_texts():
        parts.append("Published under other conditions, and not to be compared without them:")
        parts += _list(", ".join(texts) for texts in apart)
    heading = escaped(run.title) or "Tables of a run"
    return _DOCUMENT % (heading, "\n\n".join(parts))


def escaped(text: str) -> str:
    """A text of which TeX reads every character as what it is; rare ones by their code."""
    return "".join(map(_character, " ".join(text.split())))


def _character(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    if character.isascii():
        return character if character.isprintable() else " "
    base, *marks = list(unicodedata.normalize("NFD", character))
    if base.isascii() and base.isalpha() and len(marks) == 1 and marks[0] in _ACCENTS:
        return f"{_ACCENTS[marks[0]]}{{{base}}}"
    return rf"\texttt{{U+{ord(character):04X}}}"


def _table(table: DatasetTable) -> str:
    """Rows of one supervision stand below a line that names it."""
    count = len(table.columns)
    heads = ["method", "trained", *map(_head, table.columns)]
    lines = [
        r"\begin{table}[htbp]",
        r"\centering\footnotesize",
        rf"\caption{{{escaped(caption_of(table))}}}",
        rf"\begin{{tabular}}{{ll{'r' * count}}}",
        r"\toprule",
        f"{' & '.join(heads)} \\\\",
    ]
    for group in table.groups:
        lines += [r"\midrule", rf"\multicolumn{{{count + 2}}}{{l}}{{\emph{{{group.title}}}}} \\"]
        lines += (_row(entry) for entry in group.entries)
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}"])


def _head(column: Column) -> str:
    """Label, unit and direction, with the protocol below."""
    lines = [escaped(line) for line in column.stacked_header.split("\n")]
    stacked = r"\\".join(lines)
    return rf"\shortstack[r]{{{stacked}}}" if len(lines) > 1 else lines[0]


def _row(entry: Entry) -> str:
    names = [escaped(method_of(entry)), escaped(entry.row.trained)]
    status = escaped(status_of(entry))
    if status and not any(figure.value for figure in entry.figures):
        numbers = [rf"\multicolumn{{{len(entry.figures)}}}{{l}}{{{status}}}"]
    else:
        numbers = [_number(figure) for figure in entry.figures]
        names[0] += f" {status}" if status else ""
    return f"{' & '.join([*names, *(numbers if entry.figures else [])])} \\\\"


def _number(figure: Figure) -> str:
    def marked(number: str, place: int | None) -> str:
        return _MARKED[place].format(escaped(number))

    return text_of(figure, marked, escaped)


def _list(texts: Iterable[str]) -> list[str]:
    """Texts as a list; nothing where there are none."""
    items = [rf"\item[--] {escaped(text)}" for text in texts]
    if not items:
        return []
    return ["\n".join([r"\begin{itemize}\footnotesize", *items, r"\end{itemize}"])]
