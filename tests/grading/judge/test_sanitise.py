"""Everything but the answers comes from the release."""

import copy

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grading.judge.reading import read_notebook
from grading.judge.sanitise import sanitise
from tests.grading.judge.toy_course import RELEASE, RIGHT, cell, filled, raw


def _sanitised(notebook):
    return sanitise(read_notebook(raw(notebook)), RELEASE)


def _ids(sanitised):
    return [one.cell_id for one in sanitised.cells]


def _sources(sanitised):
    return {one.cell_id: one.source for one in sanitised.cells}


RELEASED = [one["id"] for one in RELEASE["cells"]]


def test_an_honest_notebook_passes_without_a_note():
    sanitised = _sanitised(filled())
    assert sanitised.notes == ()
    assert _ids(sanitised) == RELEASED
    assert {name: _sources(sanitised)[name] for name in RIGHT} == RIGHT
    assert [one.points for one in sanitised.graded] == [4, 3, 2]


def test_the_result_is_a_valid_notebook_without_the_students_outputs():
    notebook = filled()
    notebook["cells"][3]["outputs"] = [
        {"output_type": "execute_result", "data": {"text/plain": "99"}, "metadata": {}, "execution_count": 1}
    ]
    sanitised = _sanitised(notebook)
    nbformat.validate(nbformat.from_dict(sanitised.notebook))
    assert all(not one.get("outputs") for one in sanitised.notebook["cells"])


def test_grade_and_show_cells_never_run():
    assert [one.role for one in _sanitised(filled()).runnable] == [
        "setup",
        "solution",
        "solution",
        "solution",
        "scratch",
    ]


def _edit(index, **changed):
    notebook = filled()
    notebook["cells"][index] |= changed
    return notebook


def test_locked_cells_come_from_the_release():
    notebook = filled(setup_1="GIVEN = 3", check_double="9.0", show_1="import os")
    sanitised = _sanitised(notebook)
    for name in ("setup_1", "check_double", "show_1"):
        assert _sources(sanitised)[name] == next(c["source"] for c in RELEASE["cells"] if c["id"] == name)
    assert len(sanitised.notes) == 2
    assert "setup_1 had been edited" in sanitised.notes[0]


def test_points_locks_tags_and_schema_of_a_submission_are_not_believed():
    notebook = filled()
    for one in notebook["cells"]:
        one["metadata"]["tags"] = ["skip-execution"]
        if "nbgrader" in one["metadata"]:
            one["metadata"]["nbgrader"] |= {
                "points": 1000,
                "locked": False,
                "grade": False,
                "schema_version": 99,
            }
        one["metadata"]["course"] = {"role": "setup"}
    sanitised = _sanitised(notebook)
    got = [one["metadata"] for one in sanitised.notebook["cells"]]
    assert got == [one["metadata"] for one in RELEASE["cells"]]
    assert [one.role for one in sanitised.cells] == [one.role for one in _sanitised(filled()).cells]


def test_a_deleted_cell_is_put_back_with_a_note():
    notebook = filled()
    notebook["cells"] = [one for one in notebook["cells"] if one["id"] not in ("double", "check_total")]
    sanitised = _sanitised(notebook)
    assert _ids(sanitised) == RELEASED
    assert "NotImplementedError" in _sources(sanitised)["double"]
    assert any("double was missing" in note for note in sanitised.notes)
    assert any("check_total was missing" in note for note in sanitised.notes)


def test_an_answer_in_a_cell_of_ones_own_is_not_undone_by_the_stub_put_back():
    notebook = filled()
    place = [one["id"] for one in notebook["cells"]].index("double")
    notebook["cells"][place] = {"cell_type": "code", "id": "x1", "metadata": {}, "source": RIGHT["double"]}
    names = _ids(_sanitised(notebook))
    assert names.index("double") < names.index("own-1") < names.index("check_double")


def test_a_duplicated_cell_is_graded_once_and_its_copy_is_a_free_cell():
    notebook = filled()
    second = copy.deepcopy(notebook["cells"][2]) | {"id": "copy", "source": "def double(x):\n    return 0"}
    notebook["cells"].insert(5, second)
    sanitised = _sanitised(notebook)
    assert _sources(sanitised)["double"] == RIGHT["double"]
    copies = [one for one in sanitised.cells if one.added]
    assert [one.source for one in copies] == [second["source"]]
    assert copies[0].role == "scratch"
    assert sanitised.notes == (
        "Cell double stands in the notebook 2 times: the first one is graded, the others are free cells.",
    )


def test_a_copy_of_a_grade_cell_carries_no_points():
    notebook = filled()
    notebook["cells"].append(copy.deepcopy(notebook["cells"][3]) | {"id": "copy"})
    sanitised = _sanitised(notebook)
    assert [one.grade_id for one in sanitised.graded] == ["check_double", "check_total", "check_counter"]
    assert "nbgrader" not in sanitised.notebook["cells"][-1]["metadata"]


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_a_retyped_cell_is_code_again(kind):
    sanitised = _sanitised(_edit(2, cell_type=kind))
    assert sanitised.cells[2].cell_type == "code"
    assert sanitised.cells[2].source == RIGHT["double"]
    assert "had become" in sanitised.notes[0]


@pytest.mark.parametrize(
    "metadata", [{}, {"nbgrader": {"grade_id": "mine"}}, {"nbgrader": 7}, {"nbgrader": {"grade_id": []}}]
)
def test_a_cell_that_lost_its_name_is_known_by_its_id(metadata):
    sanitised = _sanitised(_edit(2, metadata=metadata))
    assert sanitised.cells[2].source == RIGHT["double"]
    assert sanitised.notes == ("Cell double had lost its name: it was recognised by its cell id or text.",)


def test_prose_from_an_editor_that_writes_no_ids_is_not_doubled():
    notebook = filled()
    for one in notebook["cells"]:
        del one["id"]
    sanitised = _sanitised(notebook)
    assert _ids(sanitised) == RELEASED
    assert sanitised.notes == ()


def test_moved_cells_go_back_and_added_cells_stay_behind_the_cell_they_followed():
    notebook = filled()
    own = {"cell_type": "code", "id": "mine", "metadata": {}, "source": "print(1)"}
    text = {"cell_type": "raw", "id": "double", "metadata": {}, "source": "my notes"}
    notebook["cells"] = [text, *reversed(notebook["cells"])]
    notebook["cells"].insert(4, own)
    sanitised = _sanitised(notebook)
    assert [name for name in _ids(sanitised) if not name.startswith("own")] == RELEASED
    assert _ids(sanitised)[0] == "own-1"
    assert sanitised.cells[0].cell_type == "markdown"


def test_a_missing_notebook_is_all_stubs():
    sanitised = sanitise(None, RELEASE)
    assert _ids(sanitised) == RELEASED
    assert sanitised.notes == ()
    assert not any(one.changed for one in sanitised.cells)


def test_only_a_changed_written_answer_counts_as_written():
    assert not _sanitised(filled()).written[0].changed
    assert _sanitised(filled(why="Because.")).written[0].changed


_CELLS = st.lists(
    st.fixed_dictionaries(
        {
            "cell_type": st.sampled_from(["code", "markdown", "raw"]),
            "id": st.sampled_from([*RELEASED, "x", "own-1"]),
            "source": st.sampled_from(["", "a = 1", "Why?"]),
            "metadata": st.sampled_from([{}, *(one["metadata"] for one in RELEASE["cells"])]),
        }
    ),
    max_size=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # other tests share the processors
@given(_CELLS)
def test_whatever_the_cells_the_graded_structure_is_the_releases(cells):
    sanitised = sanitise(read_notebook(raw({"nbformat": 4, "cells": cells})), RELEASE)
    assert [one.cell_id for one in sanitised.cells if not one.added] == RELEASED
    assert len(set(_ids(sanitised))) == len(sanitised.cells)
    nbformat.validate(nbformat.from_dict(sanitised.notebook))
    kept = [one["metadata"] for one in sanitised.notebook["cells"] if one["id"] in RELEASED]
    assert kept == [one["metadata"] for one in RELEASE["cells"]]


def test_a_release_without_our_roles_is_understood_by_nbgraders_fields():
    plain = copy.deepcopy(RELEASE)
    for one in plain["cells"]:
        one["metadata"].pop("course", None)
    roles = [one.role for one in sanitise(None, plain).cells]
    assert roles[2:4] == ["solution", "grade"]
    assert roles[-1] == "written"
    assert cell("setup", "s", "")["metadata"]["course"] == {"role": "setup"}
