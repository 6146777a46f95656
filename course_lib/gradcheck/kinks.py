"""What counts as right at a kink: any slope between those that the function has around it.

    at_a_kink       whether there is one
    points_around   points beside it
    not_leapt_over  of wrong elements those that no kink close to them has made so
    without_kinks   of wrong elements those that no kink excuses
    only_kinks      whether a gradient is wrong at this point alone, and no more than its kinks allow
    not_together    what is wrong of gradients that are allowed one by one
    kinks_in_words  what is said of them

Theory of operation. Each output has a slope to each side along one element; what they leave open adds up
over the outputs. Where several kinks meet, as in a sum of many relus or a sort with three equal numbers, both
sides do not show all slopes there are: those at points nearby, each beside every kink, say how much more it
may be. There the backward must be right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.gradcheck.differentiate import OUT_OF_DOMAIN, Differentiator
from course_lib.gradcheck.locate import Wrong
from course_lib.gradcheck.trial import Residual, Trial

__all__ = [
    "at_a_kink",
    "kinks_in_words",
    "not_leapt_over",
    "not_together",
    "only_kinks",
    "points_around",
    "without_kinks",
]

Array = NDArray[np.float64]

_KINKS, _LOOKED_AT, _DIRECTIONS, _SMALL = 256, 24, 4, 10_000
_FEW, _CLOSE = 64, 1e-3
_RAYS, _POINTS, _RIGHT_AT, _NEAR, _STEP = 3, 24, 2, 1e-5, 1e-8
_SHARE, _REST, _BENT, _MORE, _DIGITS, _WITHIN = 1e-5, 1e-7, 1e-3, 3.0, 1e-11, 1e-2


def at_a_kink(trial: Trial, v: Array, part: slice, there: Residual) -> bool:
    """Whether slopes along `v`, which `there` is of, are others against it, or beside the point."""
    large = trial.d.point.size > _SMALL
    if large and trial.d.smooth:
        return False
    if trial.bends(v, part, there):
        return True
    if large:
        return False
    flat, here = trial.d.point.flat, there.slope
    most = float(np.max(np.abs(here), initial=0.0))
    noise = 8 * trial.d.noise / _STEP if trial.d.why_real else 0.0
    rng = np.random.default_rng(0)
    # Beside one point the slope may be by chance what it is here.
    for _ in range(_RAYS):
        away = trial.moves_beside * rng.choice((-1.0, 1.0), len(flat)) * rng.uniform(0.3, 1.0, len(flat))
        far, near = (
            _slope(trial.d.at(flat + distance * away), v, part) - here for distance in (_NEAR, 0.1 * _NEAR)
        )
        off = np.abs(far) > _BENT * (2 * np.abs(here) + np.abs(far) + 0.1 * most) + noise
        # Of a curve a tenth is left at a tenth of the distance.
        if np.any(off & (np.abs(near) > 0.5 * np.abs(far)) & np.isfinite(far)):
            return True
    return False


def points_around(trial: Trial, rng: np.random.Generator) -> list[Differentiator]:
    """The forward at points beside every kink; none where it has no value there, or too few digits."""
    most = float(np.max(np.abs(trial.d.output), initial=0.0))
    if trial.d.why_real and float(np.max(trial.d.noise, initial=0.0)) > _DIGITS * most:
        return []
    around = []
    for _ in range(_POINTS):
        away = rng.choice((-1.0, 1.0), trial.d.point.size) * rng.uniform(0.3, 1.0, trial.d.point.size)
        try:
            there = trial.d.at(trial.d.point.flat + _NEAR * trial.moves_beside * away)
        except OUT_OF_DOMAIN:
            return []
        if there.output.shape != trial.d.output.shape or not np.all(np.isfinite(there.output)):
            return []
        around.append(there)
    return around


def without_kinks(
    trial: Trial, part: slice, wrong: Wrong, around: Sequence[Differentiator]
) -> tuple[Wrong, list[int]]:
    """Wrong elements without those at a kink whose value lies between the slopes that there are around it."""
    kinks = list(wrong.kinks)
    for index in wrong.indices[:_KINKS].tolist():
        place = np.array([part.start + index])
        if _allows(trial, np.ones(1), place) or (
            around and _allows(trial, np.ones(1), place, around, kink=True)
        ):
            kinks.append(index)
    if not kinks:
        return wrong, []
    return wrong.without(kinks, part.stop - part.start), kinks


def not_leapt_over(trial: Trial, part: slice, wrong: Wrong) -> Wrong:
    """Wrong elements without those near zero that a step of their own size finds right.

    Real differences that all elements have in common go over the kink that one of them stands close to.
    """
    if not trial.d.why_real:
        return wrong
    places, flat = part.start + wrong.indices, trial.d.point.flat
    close = places[np.abs(flat[places]) < _CLOSE * trial.sizes[places]][:_FEW]
    right = [place for place in close.tolist() if trial.element(place).agrees]
    if right and len(places) <= _FEW:
        # What was held for the errors of others was that of this one.
        right += [place for place in np.setdiff1d(places, close).tolist() if trial.element(place).agrees]
    right = [place - part.start for place in right]
    return wrong.without(right, part.stop - part.start) if right else wrong


def only_kinks(
    trial: Trial,
    part: slice,
    wrong: Wrong,
    ways: Sequence[Array],
    again: Callable[[Array], Array],
    around: Sequence[Differentiator],
    rng: np.random.Generator,
) -> bool:
    """Whether the gradient of the input at `part` is right at points nearby, and allowed at its kinks.

    Parameters
    ----------
    wrong : Wrong
        What was found wrong in it.
    ways : two ndarrays
        Directions over all inputs.
    again : callable
        `again(flat)` is the gradient that backward gives at another point.
    around : sequence of Differentiator
        The forward at points nearby.
    """
    if not around:
        return False
    for there in around[:_RIGHT_AT]:
        beside = Trial(there, again(there.point.flat), trial.dout, trial.coarse)
        if beside.wrong(ways[0], beside.along(ways[0]), again, rng):
            return False
    places, indices = np.arange(part.start, part.stop), wrong.indices
    picked = rng.permutation(indices if len(indices) else np.arange(len(places)))[:_LOOKED_AT]
    # All of several kinks may be taken as flat, where no move makes them so at once.
    flat = trial.gradient[part] == 0
    asked = [(np.ones(1), places[index : index + 1]) for index in picked[~flat[picked]].tolist()]
    v, places = ways[1][part][~flat], places[~flat]
    asked += [(v, places), (np.abs(v), places)]
    for _ in range(_DIRECTIONS):
        some = rng.random(v.size) < 0.5
        asked.append((v[some], places[some]))
    return all(_allows(trial, values, where, around) for values, where in asked if len(values))


def not_together(trial: Trial, names: Sequence[str]) -> str:
    """Of inputs at a kink: what is wrong where all move at once, so that those that tie go on doing so."""
    for several in [[name] for name in names] + ([list(names)] if len(names) > 1 else []):
        for v, steps in _ties_kept(trial, several):
            sides = trial.d.one_sided(v)
            low, high = np.minimum(*sides), np.maximum(*sides)
            right, got = float(np.sum(trial.dout * high)), float(np.sum(trial.gradient * v))
            off = _BENT * float(np.sum(np.abs(trial.dout * high))) + _REST * trial.rms * len(v)
            most = np.max(np.abs(high), initial=0.0)
            none = np.all(high - low <= _SHARE * (np.abs(low) + np.abs(high) + most))
            if none and abs(got - right) > off:
                moved = " and ".join(several)
                return (
                    f"At a kink the shares are not right together: where all of {moved} move by {steps}, "
                    f"the gradients add up to {got:.6g}, and what is derived moves by {right:.6g}. "
                    "What ties shares one upstream gradient."
                )
    return ""


def _ties_kept(trial: Trial, several: Sequence[str]) -> Iterator[tuple[Array, str]]:
    """Moves that keep what ties: all alike, and those of one axis, or of inputs of one shape, alike."""
    slices, shapes = trial.d.point.slices, trial.d.point.shapes
    v = np.zeros(trial.d.point.size)
    for name in several:
        v[slices[name]] = 1.0
    yield v, "one step"
    shape = shapes[several[0]]
    rng = np.random.default_rng(0)
    if len({shapes[name] for name in several}) == 1:
        for axis in range(-1 if len(several) > 1 else 0, len(shape) if len(shape) > 1 else 0):
            drawn = rng.uniform(0.5, 1.5, shape)
            alike = drawn if axis < 0 else np.broadcast_to(drawn.take([0], axis), shape)
            for name in several:
                v[slices[name]] = alike.ravel()
            yield v, "steps that are alike" if axis < 0 else f"steps that are alike along axis {axis}"


def _slope(there: Differentiator, v: Array, places: Any) -> Array:
    """Near a kink, where only a tiny step does not go over it."""
    if not there.why_real:
        return there.along(v, places).value
    own = there.own_size(int(np.arange(there.point.size)[places][0])) if len(v) == 1 else 0.0
    return there.central(v, places, min(_STEP, _WITHIN * own) if own else _STEP).value


def _allows(
    trial: Trial, v: Array, places: Any, around: Sequence[Differentiator] = (), kink: bool = False
) -> bool:
    """Whether what backward gave is between the slopes of both sides, or those `around`.

    Without these, or where a `kink` is asked for, only if there is one along `v`.
    """
    sides = trial.d.one_sided(v, places)
    low, high = np.minimum(*sides), np.maximum(*sides)
    slack = _SHARE * (np.abs(low) + np.abs(high))
    beyond = np.zeros(np.shape(low), dtype=bool)
    lowest, highest = low, high
    for there in around:
        slope = _slope(there, v, places)
        # A single kink has the slopes of its sides alone.
        ends_apart = np.minimum(np.abs(slope - low), np.abs(slope - high))
        beyond |= ends_apart > _BENT * (np.abs(low) + np.abs(high) + np.abs(slope))
        lowest, highest = np.minimum(lowest, slope), np.maximum(highest, slope)
    # So few points do not show the extremes.
    more = np.where(beyond, _MORE * (highest - lowest), 0.0)
    ends = trial.dout * (lowest - more), trial.dout * (highest + more)
    least, most = float(np.sum(np.minimum(*ends))), float(np.sum(np.maximum(*ends)))
    off = float(np.sum(np.abs(trial.dout) * slack)) + _REST * trial.rms * float(
        np.max(np.abs(v), initial=0.0)
    )
    got = float(np.sum(trial.gradient[places] * v))
    bent = most - least > 8 * off and (not around or most - least > _BENT * (abs(least) + abs(most)))
    return (bent or (bool(around) and not kink)) and least - off <= got <= most + off


def kinks_in_words(kinks: list[int], shape: tuple[int, ...]) -> str:
    """What is said where kinks were left out."""
    where = ", ".join(str(list(map(int, np.unravel_index(k, shape)))) for k in kinks[:3]) if shape else ""
    more = f" and {len(kinks) - 3} more" if len(kinks) > 3 else ""
    where = f" ({where}{more})" if where else ""
    return f"at a kink{where} any slope between those of the two sides counts as right"
