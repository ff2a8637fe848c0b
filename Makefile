# Everything is kept below this folder: the environment in .venv, the model and the index in data/.

PYTHON ?= python3.11
ADDRESS ?= 127.0.0.1
PORT ?= 8501
BIN := .venv/bin
COMMUNIQUE := $(BIN)/communique

# $(call timed,what,command): say what begins, do it, say how long it took.
timed = @echo "-> $(1)"; begun=$$(date +%s); $(2) && echo "   done in $$(( $$(date +%s) - begun )) s"

BOM ?= bom.json
# torch is left out: where it is built for one machine its hash is not the one that all have.
LOCK := .venv-lock/bin/uv pip compile --quiet --generate-hashes --constraint constraints.txt --no-header \
  --no-annotate --python-version 3.11 --no-emit-package torch --excludes requirements-cuda.txt

export HF_HUB_OFFLINE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help install run index ask search status test torture check format evaluate bench bench-scale screenshots lock sbom

help: ## Show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "make %-11s %s\n", $$1, $$2}' Makefile

install: .venv/installed ## Make .venv and install what the project needs to run

run: index ## Install, index data/articles, and serve the app on http://127.0.0.1:8501
	@echo "-> serving on http://$(ADDRESS):$(PORT) (Ctrl+C stops)"
	@exec $(BIN)/streamlit run server.py --server.address $(ADDRESS) --server.port $(PORT)

index: .venv/installed ## Index what is new or changed in data/articles
	$(call timed,indexing data/articles,$(COMMUNIQUE) index)

ask: .venv/installed ## Answer a question: make ask Q="When did Finland join NATO?"
	@$(COMMUNIQUE) ask "$(Q)"

search: .venv/installed ## Find passages: make search Q="undersea cables"
	@$(COMMUNIQUE) search "$(Q)"

status: .venv/installed ## Say what is indexed
	@$(COMMUNIQUE) status

test: check chromium ## Run every check and every test
	$(call timed,tests,$(BIN)/pytest -n auto --dist loadfile)

torture: .venv/test-installed ## Run in full the tests of which make test runs a sample (hours)
	$(call timed,torture,$(BIN)/pytest -m torture --timeout 0)

check: .venv/test-installed ## Run ruff and mypy
	$(call timed,ruff,$(BIN)/ruff check . && $(BIN)/ruff format --check .)
	$(call timed,mypy,$(BIN)/mypy)

format: .venv/test-installed ## Put the code in its form
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

evaluate: .venv/installed ## Measure beside the figures kept: make evaluate SETS="folder folder"
	@$(COMMUNIQUE) evaluate $(SETS)

bench: .venv/installed .venv-peers/installed ## Measure speed beside other libraries (half an hour)
	@$(BIN)/python -m benchmarks.bench .venv-peers/bin/python

bench-scale: .venv/test-installed ## Measure the cost of up to a million passages (a day, 50 GB)
	@$(BIN)/python -m benchmarks.scale && $(BIN)/python -m benchmarks.scale_plot

screenshots: .venv/test-installed chromium ## Draw the pictures of docs/ from the app as it is
	@$(BIN)/python tests/screenshots.py

lock: .venv-lock/installed ## Write the hashes of every pinned package anew: requirements.lock
	$(call timed,hashes of what runs,$(LOCK) -o requirements.lock requirements.txt)
	$(call timed,hashes of what tests,$(LOCK) -o requirements-test.lock requirements-test.txt)

sbom: .venv/test-installed ## Write a bill of materials (CycloneDX): make sbom BOM=bom.json
	$(call timed,bill of materials in $(BOM),$(BIN)/cyclonedx-py environment --pyproject pyproject.toml \
	  --output-reproducible --of JSON -o $(BOM) $(BIN)/python)

.venv-lock/installed: requirements-lock.txt
	$(call timed,installing what makes the lock,\
	  $(PYTHON) -m venv .venv-lock && .venv-lock/bin/pip install -q -r $<)
	@touch $@

.venv-peers/installed: benchmarks/requirements-peers.txt
	$(call timed,installing the other libraries,\
	  $(PYTHON) -m venv .venv-peers && .venv-peers/bin/pip install -q -r $<)
	@touch $@

.venv/python:
	$(call timed,making .venv,$(PYTHON) -m venv .venv)
	@touch $@

.venv/installed: .venv/python requirements.lock requirements.txt constraints.txt pyproject.toml
	$(call timed,installing packages (a few minutes the first time),\
	  $(BIN)/pip install -q --require-hashes --no-deps -r requirements.lock && \
	  $(BIN)/pip install -q -r requirements.txt -c constraints.txt setuptools && \
	  $(BIN)/pip install -q --no-build-isolation --no-deps -e .)
	@touch $@

.venv/test-installed: .venv/installed requirements-test.lock requirements-test.txt
	$(call timed,installing what the tests need,\
	  $(BIN)/pip install -q --require-hashes --no-deps -r requirements-test.lock && \
	  $(BIN)/pip install -q -r requirements-test.txt -c constraints.txt)
	@touch $@

.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "-> installing Chromium"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else \
	  echo "The browser test needs Chromium: install the package chromium, then run make test again."; exit 1; \
	fi
