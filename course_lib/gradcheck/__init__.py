"""A backward against the numerical derivative of its forward: right or not, where not, and by which mistake.

    check           `check_gradient`, `check_layer`: the doors
    steps           `check_steps`: the first wrong gradient of a backward in several steps
    inspection      the verdict, at a point and elsewhere
    call            what one call of backward gives, before any derivative is taken
    point           inputs as one flat vector
    differentiate   derivatives along directions: complex step, extrapolated differences
    trial           one gradient against them, and how much round-off explains
    locate          which elements are wrong, from few evaluations
    halves          a few hundred of very many
    kinks           what counts as right where there is no derivative
    explain         which mistake makes exactly this gradient
    hypotheses      what it would be if something were left out or put in
    shrink          the same mistake at small whole numbers
    findings        from wrong elements to the report on one input
    report          what was found, and its renderings

Read in this order. numpy is all it needs.
"""

from course_lib.gradcheck.check import check_gradient, check_layer
from course_lib.gradcheck.hypotheses import Explanation, Mistake
from course_lib.gradcheck.report import GradientReport, InputReport
from course_lib.gradcheck.steps import check_steps

__all__ = [
    "Explanation",
    "GradientReport",
    "InputReport",
    "Mistake",
    "check_gradient",
    "check_layer",
    "check_steps",
]
