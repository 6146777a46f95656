"""A mistake is named only where it is made on other inputs too.

On one input two mistakes can give one number: at x = 4 a power of two is a square. A check that is
`confirmed` is asked twice more elsewhere before it says what an answer equals; what it does not say there
again of the same value is not said.
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
)

__all__ = ["claims", "confirmed"]

_ASKED = 2
_EQUALS = re.compile(r"Your answer equals (.*)\.\Z", re.DOTALL)
_NUMBER = re.compile(r"-?\b\d[\d.]*(?:e[-+]?\d+)?")
_NONE = "No mistake that this check knows gives exactly these values."
_NOT_HERE_AND_THERE = "No mistake that this check knows gives these values here and on other inputs too."

Right = Callable[..., None]


def claims(finding: Finding) -> tuple[str, frozenset[str] | None]:
    """What a finding speaks of, and the mistakes that it names, without their numbers.

    None where nothing is known of that: no value was compared with what mistakes give, or what fits here was
    not confirmed.

    >>> claims(Finding("dw is wrong in all of 6 elements.", cause="Your answer equals 1/4 of it, or zero."))
    ('dw', frozenset({'#/# of it', 'zero'}))
    """
    of = re.split(r" is wrong| has shape", finding.headline)[0]
    if finding.cause != _NONE and not finding.cause.startswith("Your answer "):
        return of, None
    return of, frozenset(_said(finding))


def _said(finding: Finding) -> dict[str, str]:
    equals = _EQUALS.match(finding.cause)
    said = equals[1].split(", or ") if equals else [] if finding.cause == _NONE else [finding.cause]
    return {_NUMBER.sub("#", words): words for words in said}


def confirmed(elsewhere: Callable[..., tuple[Any, ...]]) -> Callable[[Right], Right]:
    """Decorate a check `right(student, *inputs)`: `elsewhere(rng, *inputs)` are other inputs for it."""

    def decorate(right: Right) -> Right:
        @wraps(right)
        def asked(student: Student, *inputs: Any) -> None:
            try:
                right(student, *inputs)
            except CheckFailed as failed:
                raise CheckFailed(_confirmed(failed.finding, student, right, elsewhere, inputs)) from None

        return asked

    return decorate


def _confirmed(
    finding: Finding,
    student: Student,
    right: Right,
    elsewhere: Callable[..., tuple[Any, ...]],
    inputs: tuple[Any, ...],
) -> Finding:
    for seed in range(_ASKED):
        of, said = claims(finding)
        if not said:
            break
        try:
            right(student, *elsewhere(np.random.default_rng(seed), *inputs))
        except CheckFailed as failed:
            there, again = claims(failed.finding)
            # A check that fails there for another reason, or passes, says nothing of this one.
            if there == of and again is not None and not said <= again:
                finding = _without(finding, said - again, failed.finding)
        except (StudentError, StudentStopped, NotDefined):
            break
    return finding


def _without(finding: Finding, dropped: frozenset[str], other: Finding) -> Finding:
    left = [said for masked, said in _said(finding).items() if masked not in dropped]
    if not left:
        return replace(finding, cause=_NOT_HERE_AND_THERE, hint="")
    # The hint may belong to what is dropped.
    hint = other.hint if set(_said(other)) <= set(_said(finding)) - dropped else ""
    return replace(finding, cause=f"Your answer equals {', or '.join(left)}.", hint=hint)
