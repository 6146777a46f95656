# Every target sets up first what it needs; `make demo` and `make test` are all that a fresh machine has to be told.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.PHONY: help demo test lab notebooks check bench clean chromium

PYTHON := .venv/bin/python
STAMP := .venv/.done

# One thread each: the numbers printed in the notebooks must not depend on the number of cores, and two pytest workers
# share the machine with the sandboxes that they start.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

help:
	@echo "make demo       grade a sample class end to end and say where the results lie"
	@echo "make test       everything that CI runs"
	@echo "make check      the quick part of it: lint, types, fast tests"
	@echo "make lab        open the student's workbook in JupyterLab"
	@echo "make notebooks  build solutions and release from the text sources"
	@echo "make bench      figures against peers"
	@echo "make clean      remove what was made, the environment too"

# An environment cannot be moved and dies with its Python: the stamp names the folder that it was made for.
ifneq ($(shell $(PYTHON) -c "" 2>/dev/null && cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
endif

$(STAMP): requirements.txt pyproject.toml
	@python=$$(.ci/find_python); \
	if [ -z "$$python" ]; then \
		echo "set-up: no Python 3.11 or later found." >&2; \
		echo "Why: the workbook needs one, as python3, python3.13, python3.12 or python3.11." >&2; \
		echo "Mend: install it (Debian, Ubuntu: apt-get install python3 python3-venv) and run make again." >&2; \
		exit 2; \
	fi; \
	"$$python" .ci/set_up.py

demo: $(STAMP)
	@$(PYTHON) -m grading demo

notebooks: $(STAMP)
	@$(PYTHON) -m grading.authoring build

# A copy to write in, never overwritten: the release itself is generated, and a test fails when it is edited.
lab: $(STAMP)
	@mkdir -p workbook
	@for notebook in notebooks/backprop/*.ipynb; do \
		[ -e "workbook/$${notebook##*/}" ] || cp "$$notebook" workbook/; \
	done
	@root=$$([ "$$(id -u)" = 0 ] && echo --allow-root); \
	$(PYTHON) -m jupyterlab --ServerApp.root_dir="$(CURDIR)/workbook" $$root

chromium: $(STAMP)
	@$(PYTHON) tests/browser/chromium.py --install

check: $(STAMP)
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest -n 2 --dist loadfile -x -m "not slow"

# nbval runs every cell of the solutions, whose outputs it compares, and of the untouched release, where nothing may
# err. One file stays on one worker: cells of a notebook depend on one another.
test: $(STAMP) chromium
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder \
		--nbval --nbval-current-env --nbval-cell-timeout 120 --nbval-sanitize-with tests/nbval_sanitize.cfg \
		tests course_lib grading solutions notebooks

bench: $(STAMP)
	@for script in benchmarks/*.py; do echo "== $$script"; $(PYTHON) "$$script" || exit 1; done

clean:
	rm -rf .venv build dist demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
