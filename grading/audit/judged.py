"""What one trial says of the checks: `judged` for an answer or a mutant; `gradient_cases` for gradients."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from course_lib.checking.model import Finding
from course_lib.checking.panel import text_of
from course_lib.statuses import Status
from grading.audit.trial import Trial, trial

__all__ = ["MUTANT", "RIGHT", "WRONG", "Item", "Judged", "gradient_cases", "judged"]

WRONG, RIGHT, MUTANT = "wrong answer", "right answer", "mutant"
_CPU_SECONDS = {WRONG: 5.0, RIGHT: 5.0, MUTANT: 0.5}
_NO_MISTAKE_NAMED = (" is wrong", "Your code raised ", "A hidden check found a wrong answer.")


@dataclass(frozen=True)
class Item:
    """One answer to be tried; `says` and `public` are as in the bank."""

    notebook: str
    exercise: str
    kind: str
    name: str
    source: str
    says: str = ""
    public: bool = True


@dataclass(frozen=True)
class Judged:
    """What the checks made of one answer.

    Parameters
    ----------
    caught : bool
        It loses points, and where it should.
    told : bool
        A wrong answer's panel holds what the bank says.
    explained : bool
        It is told, and what is told names a mistake.
    wrongly : str
        How it is wrongly explained; "" where it is not.
    raised : bool
        All that caught it is an error of its own: it takes no good check to see that.
    failed : tuple of str
        The titles of the checks that it did not pass.
    torn : bool
        Its panel names two mistakes for one value.
    """

    exercise: str
    kind: str
    name: str
    source: str
    caught: bool
    told: bool = False
    explained: bool = False
    wrongly: str = ""
    raised: bool = False
    failed: tuple[str, ...] = ()
    torn: bool = False


def judged(item: Item) -> Judged:
    """Try one answer."""
    tried = trial(item.notebook, item.exercise, item.source, cpu_seconds=_CPU_SECONDS[item.kind])
    caught = tried.caught_in_public if item.kind == WRONG and item.public else tried.caught
    told, explained = _told(tried, item) if item.kind == WRONG else (False, False)
    wrongly = "" if item.kind == RIGHT else _wrongly(tried, item)
    failed = tuple(dict.fromkeys(outcome.title for outcome in tried.outcomes))
    return Judged(
        item.exercise,
        item.kind,
        item.name,
        item.source,
        caught,
        told,
        explained and caught,
        wrongly,
        tried.only_raised,
        failed,
        any(len(named) > 1 for _, named in tried.claims()),
    )


def _told(tried: Trial, item: Item) -> tuple[bool, bool]:
    if item.public:
        outcomes, panel = tried.public.outcomes, text_of(tried.public, 3)
    else:
        outcomes, panel = tried.hidden[0], ""
    findings = [o.finding for o in outcomes if o.finding and o.status is not Status.PASSED]
    telling = [finding for finding in findings if item.says in _text(finding)]
    return item.says in panel or bool(telling), any(_names_a_mistake(finding) for finding in telling)


def _text(finding: Finding) -> str:
    return "\n".join((finding.headline, *finding.details, finding.cause, finding.hint))


def _names_a_mistake(finding: Finding) -> bool:
    if finding.cause:
        return not finding.cause.startswith("No mistake")
    return bool(finding.hint) or not any(words in finding.headline for words in _NO_MISTAKE_NAMED)


def _wrongly(tried: Trial, item: Item) -> str:
    """The first thing that is named and was not done."""
    claims: dict[str, list[frozenset[str]]] = defaultdict(list)
    for of, said in tried.claims():
        claims[of].append(said)
    if item.kind == WRONG and any(named for every in claims.values() for named in every):
        causes = [o.finding for o in tried.outcomes if o.finding and o.finding.cause]
        if not any(item.says in _text(finding) for finding in causes):
            return f"the bank says {item.says!r}, the panel {causes[0].cause!r}"
    for of, every in claims.items():
        if any(every) and not frozenset.intersection(*every):
            texts = sorted({"; ".join(sorted(named)) or "nothing that is known" for named in every})
            return f"{of}: {' | '.join(texts)}"
    return ""


def gradient_cases() -> Iterator[Judged]:
    """The bank of `check_gradient` through `check_gradient`."""
    import numpy as np

    from course_lib import check_gradient
    from grading.bank.gradients import RIGHT as SOUND
    from grading.bank.gradients import WRONG as UNSOUND

    for case in (*UNSOUND, *SOUND):
        with np.errstate(all="ignore"):
            inputs = case.inputs(np.random.default_rng(0))
            report = check_gradient(case.forward, case.backward, inputs, constants=case.constants, seed=0)
        kind = WRONG if case.says else RIGHT
        told = case.says in report.text()
        named = bool(report.reasons) or any(
            part.explanations or not part.problem.startswith("wrong in")
            for part in report.inputs
            if not part.passed
        )
        wrongly = ""
        if case.says and not told and any(part.explanations for part in report.inputs):
            wrongly = f"the bank says {case.says!r}, the report {report.text()!r}"
        caught = not report.passed
        yield Judged("check_gradient", kind, case.name, "", caught, told, told and named and caught, wrongly)
