"""`attempt`: a lab goes on where an answer is missing or fails, and names the answer."""

from course_lib import attempt


def written_later(x):
    raise NotImplementedError("write this")


class Gate:
    def backward(self, dout):
        return dout @ dout.missing


def lab(answer):
    return answer(3) + 1


def test_a_value_is_handed_on(capsys):
    assert attempt(lab, lambda x: 2 * x) == 7
    assert capsys.readouterr().out == ""


def test_the_missing_answer_is_named_and_not_the_lab_that_uses_it(capsys):
    assert attempt(lab, written_later) is None
    assert attempt(lambda: [written_later(v) for v in (1, 2)]) is None
    told = capsys.readouterr().out.splitlines()
    assert told == ["written_later is not written yet: do its exercise first, then run this cell again."] * 2


def test_what_raises_is_named_with_its_class_and_the_error(capsys):
    assert attempt(lambda: Gate().backward(1.0)) is None
    said = "Gate.backward raised AttributeError ('float' object has no attribute 'missing')."
    assert capsys.readouterr().out == f"{said} What do the checks above say?\n"


def test_an_error_in_a_library_names_the_answer_that_called_it(capsys):
    assert attempt(lambda x: int(x, 2), "two") is None
    assert "<lambda> raised ValueError (invalid literal" in capsys.readouterr().out
    assert attempt(int, "two") is None
    assert "int raised ValueError" in capsys.readouterr().out
