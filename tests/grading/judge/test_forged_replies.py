"""A student's process that was taken over, and answers the judge with whatever it likes."""

from __future__ import annotations

import pytest

from course_lib.statuses import Status
from tests.grading.judge.toy_course import RIGHT, filled, raw

# The sandbox's own code runs in the student's process: nothing hinders a cell from replacing it.
TAKE_OVER = """
import struct, sys
_child = sys.modules["grading.sandbox.child"]
_honest = _child.frame

def _raw(text, body=b""):
    text = text if isinstance(text, bytes) else text.encode()
    return [struct.pack(">II", len(text), len(body)) + text + body]

def _value(header, tree, body=b""):
    return _honest({{**header, "value": tree}}, [body])

def _forged(header, body):
    if "outputs" in header:
        return _honest(header, body)
    nonce = header["nonce"]
    {code}

_child.frame = _forged
"""
_A = '["<f8", [1], "C", True, "b", 0]'
# Replies that bring no right value: none may earn a point, or be taken for a fault of ours.
WORTHLESS = {
    "nested too deep": 'return _raw(\'{"nonce":"%s","value":%s}\' % (nonce, "[" * 10**5 + "]" * 10**5))',
    "lists nested too deep": (
        'return _raw(\'{"nonce":"%s","value":%s}\' % (nonce, \'{"l":[\' * 20000 + "]}" * 20000))'
    ),
    "an integer of many digits": 'return _raw(\'{"nonce":"%s","value":%s}\' % (nonce, "9" * 10**5))',
    "another nonce first": 'return _raw(\'{"nonce":"x","nonce":"%s","value":1.5}\' % nonce)',
    "no JSON": 'return _raw("}{")',
    "no text": 'return _raw(b"\\xff\\xfe{}")',
    "a list": 'return _raw("[]")',
    "larger than the limit": 'return [struct.pack(">II", 2**31, 2**31)]',
    "two replies": "return [*_honest(header, body), *_honest(header, body)]",
    "a reply and more": "return [*_honest(header, body), b'12345']",
    "no nonce": 'del header["nonce"]; return _honest(header, body)',
    "no value": 'header.pop("value", 0); return _honest(header, body)',
    "a name that is missing": "return _honest({**header, 'missing': True}, body)",
    "an exception without a name": "return _honest({**header, 'raised': [1, 2, 3]}, body)",
    "an exception of ours": "return _honest({**header, 'raised': ['StudentStopped', '', '']}, body)",
    "an exception with half a character": (
        r"""return _raw('{"nonce":"%s","raised":["\\ud800","\\udfff","\\ud800"]}' % nonce)"""
    ),
    "an exception of megabytes": "return _honest({**header, 'raised': ['E' * 10**6] * 3}, body)",
    "a print that is no text": "return _honest({**header, 'printed': [[]]}, body)",
    "a view of nothing": "return _honest({**header, 'views': [['a', None, {}, 'x']], 'value': None}, body)",
    "too many views": "return _honest({**header, 'views': [[0, 0, 0, [8]]] * 65}, body)",
    "changes of what was not passed": "return _honest({**header, 'changed': [[7, None]]}, body)",
    "changes of another kind": "return _honest({**header, 'changed': [[True, {'l': []}]]}, body)",
    "changes under a list": "return _honest({**header, 'changed': [[[], {'l': []}]]}, body)",
    "a reference below zero": "return _value(header, {'r': [-1, 'callable', 'f']})",
    "a reference without end": "return _value(header, {'r': [10**400, 'object', 'f']})",
    "two tags": "return _value(header, {'a': 1, 'l': []})",
    "an int that is code": "return _value(header, {'i': '__import__'})",
    "an int as it is": "return _value(header, 5)",
    "a complex of dicts": "return _value(header, {'c': ['nan', {}]})",
    "a dict with a list as key": "return _value(header, {'d': [[{'l': []}, None]]})",
    "a dict with nan as key": "return _value(header, {'d': [[float('nan'), 1.0]]})",
    "a million parts": "return _value(header, {'l': [None] * 10**6})",
    "keys that all collide": (
        "return _value(header, {'d': [[{'i': hex((2**61 - 1) * k)}, None] for k in range(10**5)]})"
    ),
    "an int that cannot be printed": "return _value(header, {'l': [{'t': [{'i': 'f' * 4090}] * 2}]})",
    "an array nested as deep as JSON may be": (
        'return _raw(\'{"nonce":"%s","value":%s{"a":%s}%s}\' '
        "% (nonce, '{\"l\":[' * 20, '[' * 910 + ']' * 910, ']}' * 20))"
    ),
    "objects as dtype": "return _value(header, {'a': ['|O', [1], 'C', True, 'b', 0]}, b'A' * 8)",
    "a list as dtype": "return _value(header, {'a': [['<f8'], [1], 'C', True, 'b', 0]}, b'A' * 8)",
    "a text as shape": "return _value(header, {'a': ['<f8', '11', 'C', True, 'b', 0]}, b'A' * 8)",
    "a shape without end": "return _value(header, {'a': ['<f8', [2**62, 2**62, 0], 'C', True, 'b', 0]})",
    "a place beyond the memory": "return _value(header, {'a': ['<f8', [9], 'C', True, 's', 2**60]})",
    "a place that is a truth": "return _value(header, {'a': ['<f8', [1], 'C', True, 's', True]})",
    "a truth that is seven": "return _value(header, {'a': ['|b1', [4], 'C', True, 'b', 0]}, b'\\7' * 4)",
    "nan": "return _value(header, float('nan'))",
    "not a number of its own": 'return _raw(\'{"nonce":NaN,"value":Infinity}\')',
}


@pytest.mark.parametrize("name", WORTHLESS)
def test_a_forged_reply_earns_nothing_and_is_no_fault_of_ours(grade, name):
    code = TAKE_OVER.format(code=WORTHLESS[name])
    result = grade(raw(filled(double=RIGHT["double"] + "\n" + code)))
    assert result.score == 0
    assert {exercise.status for exercise in result.exercises} & {Status.SYSTEM_ERROR, Status.PASSED} == set()


def test_the_process_that_was_taken_over_can_answer_right_and_the_next_one_is_clean(grade):
    control = grade(
        raw(filled(double=RIGHT["double"] + "\n" + TAKE_OVER.format(code="return _honest(header, body)")))
    )
    assert control.score == 9
    assert grade(raw(filled())).score == 9
