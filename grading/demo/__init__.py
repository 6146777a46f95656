"""A sample class, made by filling in the release notebooks as people would.

`people` says who is in the class and what each one did, `mischief` what else became of the notebooks; `fill`
puts answers into a release notebook; `make_class` writes the submissions of all of them.
"""

from __future__ import annotations

from grading.demo.fill import attempted, make_class
from grading.demo.people import PEOPLE, Person

__all__ = ["PEOPLE", "Person", "attempted", "make_class"]
