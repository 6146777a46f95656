"""A mistake is named only where it is made on other inputs too.

On one input two mistakes can give one number: at x = 4 a power of two is a square. A check that is
`confirmed` is asked twice more elsewhere before it says what an answer equals; of the mistakes that fit,
those are named that fit the same value there, where it is wrong too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

import numpy as np

from course_lib.checking.model import (
    CheckFailed,
    Finding,
    NotDefined,
    Student,
    StudentError,
    StudentStopped,
    Wrong,
)

__all__ = ["claims", "confirmed"]

_ASKED = 2
_EQUALS = re.compile(r"Your answer equals (.*)\.\Z", re.DOTALL)
_NUMBER = re.compile(r"-?\b\d[\d.]*(?:e[-+]?\d+)?")
_NONE = "No mistake that this check knows gives exactly these values."
_FIXED = "Your answer is the same whatever the inputs are."
_FIXED_HINT = "Do its numbers come from the arguments, or from an example?"
_NOT_HERE_AND_THERE = "No mistake that this check knows gives these values, here and on other inputs."
_MULTIPLE = "Your answer is the right value times a number, and another one on other inputs."
_MULTIPLE_HINT = "Which of the factors that are single numbers is wrong?"
_FACTOR = re.compile(r"(\S+) times the right value, everywhere\Z")

Right = Callable[..., None]


def claims(finding: Finding) -> tuple[str, frozenset[str] | None]:
    """What a finding speaks of, and the mistakes that it names, without their numbers.

    None where nothing is known of that: no value was compared with what mistakes give, or what fits here was
    not confirmed.

    >>> claims(Finding("dw is wrong in all of 6 elements.", cause="Your answer equals 1/4 of it."))
    ('dw', frozenset({'#/# of it'}))
    """
    of = re.split(r" is wrong| has shape", finding.headline)[0]
    if finding.cause in (_FIXED, _MULTIPLE):
        return of, frozenset()
    if finding.cause != _NONE and not finding.cause.startswith("Your answer "):
        return of, None
    return of, frozenset(map(_masked, _named(finding)))


def _named(finding: Finding) -> list[str]:
    equals = _EQUALS.match(finding.cause)
    return equals[1].split(", or ") if equals else [] if finding.cause == _NONE else [finding.cause]


def _masked(words: str) -> str:
    return _NUMBER.sub("#", words)


def _claim(words: str) -> str:
    # A mere factor is one only if it is the same.
    factor = _FACTOR.match(words)
    return f"{float(factor[1]):.4g} times" if factor else _masked(words)


def confirmed(elsewhere: Callable[..., tuple[Any, ...]]) -> Callable[[Right], Right]:
    """Decorate a check `right(student, *inputs)`: `elsewhere(rng, *inputs)` are other inputs for it."""

    def decorate(right: Right) -> Right:
        @wraps(right)
        def asked(student: Student, *inputs: Any) -> None:
            try:
                right(student, *inputs)
            except CheckFailed as failed:
                kept = failed
            else:
                return
            others: list[CheckFailed] = []
            for seed in range(_ASKED):
                if claims(kept.finding)[1] is None:
                    break
                try:
                    right(student, *elsewhere(np.random.default_rng(seed), *inputs))
                except CheckFailed as again:
                    others.append(again)
                    kept = _in_both(kept, again)
                except (StudentError, StudentStopped, NotDefined):
                    break
            raise _the_same_anywhere(kept, others)

        return asked

    return decorate


def _the_same_anywhere(failed: CheckFailed, others: list[CheckFailed]) -> CheckFailed:
    """`failed`; where nothing is known of it and it is the same on all inputs, that is said."""
    here = failed.wrong
    if here is None or len(others) < _ASKED or claims(failed.finding)[1]:
        return failed
    of = claims(failed.finding)[0]
    for other in others:
        there = other.wrong
        if there is None or claims(other.finding)[0] != of or not np.array_equal(here.value, there.value):
            return failed
    if not np.any(here.value):
        return failed
    return CheckFailed(replace(failed.finding, cause=_FIXED, hint=_FIXED_HINT), here)


def _in_both(failed: CheckFailed, again: CheckFailed) -> CheckFailed:
    """`failed`, with those mistakes alone that fit in `again` too."""
    (of, _), (there, known) = claims(failed.finding), claims(again.finding)
    # A check that fails there for another reason, or passes, says nothing of this one.
    if there != of or known is None:
        return failed
    fitting = set(map(_claim, _every(again)))
    shown = _named(failed.finding)
    left = [words for words in _every(failed) if _claim(words) in fitting]
    # Others come in where none of those shown is left: beside a mistake its mere factor says nothing.
    names = [words for words in shown if words in left] or left[:1]
    if names == shown:
        return failed
    if not names and all(any(map(_FACTOR.match, _every(one))) for one in (failed, again)):
        finding = replace(failed.finding, cause=_MULTIPLE, hint=_MULTIPLE_HINT)
        return CheckFailed(finding, failed.wrong and Wrong(failed.wrong.value, failed.wrong.expected, ()))
    wrong = failed.wrong and Wrong(failed.wrong.value, failed.wrong.expected, tuple(left))
    # The hint may belong to what is dropped.
    hint = again.finding.hint if known <= set(map(_masked, names)) else ""
    cause = f"Your answer equals {', or '.join(names)}." if names else _NOT_HERE_AND_THERE
    return CheckFailed(replace(failed.finding, cause=cause, hint=hint if names else ""), wrong)


def _every(failed: CheckFailed) -> tuple[str, ...]:
    """All mistakes that fit, those to name first."""
    return (failed.wrong.causes if failed.wrong else ()) or tuple(_named(failed.finding))
