"""`SOURCES.md`: the projects and licences that an export's code comes from. Every export carries one."""

from __future__ import annotations

from lift_sys.data_synthesis.exports.source import Source

HEAD = """# Sources

The code in this export was taken from these projects, each under its own licence, which goes on applying to it.
Keep this file with the data. `licence_sha256` of each row of the dataset is the hash of the licence's text.

| project | version | licence | rows | where |
|---|---|---|---:|---|
"""


def sources_text(source: Source) -> str:
    """The table, sorted by project."""
    lines = []
    for (name, version), project in sorted(source.facts.projects.items()):
        licences = ", ".join(sorted(project.licences))
        lines.append("| " + " | ".join(map(cell, (name, version, licences, str(project.rows), project.url))) + " |\n")
    return HEAD + "".join(lines)


def cell(text: str) -> str:
    """Text that can't end its cell or its line."""
    return " ".join(text.replace("\\", "\\\\").replace("|", "\\|").split()) or "-"
