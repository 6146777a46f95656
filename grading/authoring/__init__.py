"""From one text source to a solution and a release: what an author edits, and what is built from it.

Read in this order: `source` (the text source and its short form of metadata), `rules` (what a source must
keep, and what an author is told), `execute` (outputs that do not change from run to run), `build` (the two
notebooks of a source, and drift), `bundle` (what students get),
`map` (the table of all exercises).
"""

from __future__ import annotations

from grading.authoring.build import build, drift, sources, write_release
from grading.authoring.bundle import bundle
from grading.authoring.errors import AuthoringError

__all__ = ["AuthoringError", "build", "bundle", "drift", "sources", "write_release"]
