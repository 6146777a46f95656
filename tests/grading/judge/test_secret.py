"""The course secret: made once, readable by its owner alone; seeds follow from it."""

import os
import threading

import pytest

from grading.secret import SECRET_FILE, SecretError, course_secret, seed_for


def test_the_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    first = course_secret(tmp_path)
    assert course_secret(tmp_path) == first
    assert len(first) == 32
    assert (tmp_path / SECRET_FILE).stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == [SECRET_FILE]


def test_two_that_make_it_at_once_get_the_same(tmp_path):
    found = []
    threads = [threading.Thread(target=lambda: found.append(course_secret(tmp_path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


@pytest.mark.parametrize("content", ["", "abc", "zz" * 32, "ab" * 31])
def test_a_damaged_secret_is_not_replaced_in_silence(tmp_path, content):
    path = tmp_path / SECRET_FILE
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(SecretError, match="Mend: put it back from the backup"):
        course_secret(tmp_path)
    assert path.read_text() == content


def test_a_secret_that_others_may_read_is_refused(tmp_path):
    course_secret(tmp_path)
    (tmp_path / SECRET_FILE).chmod(0o640)
    with pytest.raises(SecretError, match="chmod 600"):
        course_secret(tmp_path)


def test_a_symbolic_link_is_no_secret(tmp_path):
    (tmp_path / "other").write_text("ab" * 32)
    (tmp_path / SECRET_FILE).symlink_to("other")
    with pytest.raises(SecretError):
        course_secret(tmp_path)


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(SecretError, match="Mend"):
        course_secret(tmp_path / "nowhere")


def test_seeds_differ_by_exercise_student_and_secret():
    seeds = [seed_for(s, e, w) for s in (b"1", b"2") for e in ("a", "a:b") for w in ("b:c", "c")]
    assert len(set(seeds)) == len(seeds)
