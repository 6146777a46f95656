"""The audit of the checks, on wrong answers that they must catch and right ones that they must pass.

    mutants      mechanical changes of a reference solution
    equivalent   the list of mutants that are right all the same, with the reasons
    trial        one answer on the public and the hidden checks
    judged       what a trial, or a run of `check_gradient`, says of the checks
    run          everything, in worker processes: `audit`, and the sums

Read in this order. What is counted:

wrong answer        of the bank, written by hand. *Caught* when it loses points by the public checks or, where
                    the bank says that only a hidden check can see it, by the hidden ones.
explained           caught, told what the bank says, and that by words that name a mistake: what the answer
                    equals, a hint, or a headline such as "Your code changed its input x in place". That
                    something is wrong, that no known mistake fits, or Python's own error are none.
wrongly explained   a mistake is named ("Your answer equals …") that was not made. Of a wrong answer of the
                    bank: what is named is not what the bank says. Of every wrong answer and every mutant:
                    what is named of a value on one input is not named of the same value on another where it
                    is wrong too, as it would be, were it more than a coincidence. The inputs are those of the
                    public checks and of three draws of the hidden ones; numbers in the words are left out.
right answer        of the bank, and each reference solution. A *false alarm* is one that loses a point.
mutant              a reference solution with one small thing changed by a program. *Caught* as any answer.
                    A *survivor* gets full marks: it is listed as equivalent, with the reason, or the check is
                    too weak and the audit fails.

The answers run in the processes of the audit, hidden checks beside them: they are the course's own. A
student's never do.
"""

from grading.audit.run import Audit, Row, audit, document

__all__ = ["Audit", "Row", "audit", "document"]
