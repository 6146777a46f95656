"""The hidden checks, and how they run alone: the fixtures are in `grading.judge.plugin`.

pytest grading/checks --submission submitted/ana/backprop/07_matmul_backward.ipynb
"""

pytest_plugins = ["grading.judge.plugin"]
