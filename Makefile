# Everything runs in .venv, made by the first target that needs it.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help setup demo test bench clean

help:
	@echo "make demo    set up, build ps1, make a sample class of 30 and grade it"
	@echo "make test    set up and run the kit's own tests"
	@echo "make bench   measure (takes a while; see tests/benchmarks/)"
	@echo "make clean   remove the sample course and what was built; keeps .venv and every real course's data"

setup: .venv/installed

# Student processes of a grader who is root are nobody's, who must be able to read Python whatever root's umask is.
# torch first and by itself: where a CPU build is at hand pip takes it, and nothing later asks for another one
.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "the kit needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	umask 022; $(PYTHON) -m venv .venv
	umask 022; $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch==2.13.0
	umask 022; $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	# only the engine is a package; scripts and notebooks of this course find its reference/ by this line
	echo '$(CURDIR)' > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/this-course.pth"
	touch $@

demo: setup
	$(BIN)/autograder sample-class ps1 --course demo-course
	$(BIN)/autograder grade ps1 --course demo-course --feedback

# two processes more than there are cores: many tests wait
test: setup
	$(BIN)/python -m pytest tests --numprocesses $$($(BIN)/python -c 'import os; print(os.cpu_count() + 2)') --dist loadfile --no-loadscope-reorder

bench: setup
	$(BIN)/python tests/benchmarks/grading.py
	$(BIN)/python tests/benchmarks/training.py

clean:
	rm -rf demo-course built .pytest_cache .ruff_cache
