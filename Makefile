# What people type. CMake does the work; this installs what is missing first, and picks the pieces.
BUILD ?= build
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
PREFIX ?= /usr/local
DESTDIR ?=
SHELL = /bin/sh

GENERATOR = $(shell command -v ninja >/dev/null 2>&1 && echo -G Ninja)
LAUNCHER = $(shell command -v ccache >/dev/null 2>&1 && echo -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_C_COMPILER_LAUNCHER=ccache)
CONFIGURE = cmake -S . -B $(BUILD) $$(test -e $(BUILD)/CMakeCache.txt || echo $(GENERATOR) $(LAUNCHER)) -DCMAKE_BUILD_TYPE=Release
COMPILE = cmake --build $(BUILD) -j $(JOBS)
MODEL = models/keywords

.PHONY: all demo test figures bench bench-record performance install format check-format clean help
.DEFAULT_GOAL := all

all:  ## Build the program: build/mote
	@tools/install.sh build
	@ls $(BUILD)/.with-* >/dev/null 2>&1 || { $(CONFIGURE) -DMOTE_TESTS=OFF && touch $(BUILD)/.with-program; }
	@$(COMPILE) --target mote

demo:  ## Compile a keyword model, run its firmware on an emulated Cortex-M4 and compare every byte
	@tools/install.sh demo
	@$(MAKE) --no-print-directory -s all
	@echo
	@echo "Sound to word: log-mel features and a trained keyword model become firmware for a Cortex-M4, run in QEMU, and every"
	@echo "byte is compared. The input is one second of a synthetic voice (eSpeak NG) saying one word: $(MODEL)/demo.wav."
	@echo
	$(BUILD)/mote verify $(MODEL)/mote.toml --input $(MODEL)/demo.wav

test:  ## Build and run all tests; needs no network once everything is installed
	@tools/install.sh test
	@test -e $(BUILD)/.with-tests || { $(CONFIGURE) -DMOTE_TESTS=ON && touch $(BUILD)/.with-tests; }
	@$(COMPILE)
	@ctest --test-dir $(BUILD) -j $(JOBS) --output-on-failure $(CTEST_FLAGS)

# Hundreds of firmwares are made of the same kernels, so their compilers are taken through ccache where Debian's links are.
FIGURES = PATH="/usr/lib/ccache:$$PATH" $(BUILD)/mote_figures --program $(BUILD)/mote --stand-ins $(BUILD)/stand_ins \
  --recorded bench/recorded.json --shared "$${MOTE_SHARED:-../shared}"

figures:
	@tools/install.sh bench
	@test -e $(BUILD)/.with-bench || { $(CONFIGURE) -DMOTE_BENCH=ON $$(test -e $(BUILD)/.with-tests || echo -DMOTE_TESTS=OFF) && touch $(BUILD)/.with-bench; }
	@$(COMPILE) --target mote mote_figures mote_host_bench

bench: figures  ## Memory, flash and instructions per model and core; fails where they grew by more than 1 %
	@$(FIGURES) $(BENCH_FLAGS)
	@$(BUILD)/mote_host_bench --benchmark_min_time=0.2

bench-record: figures  ## Record those figures in bench/recorded.json, and draw docs/PERFORMANCE.md anew
	@$(FIGURES) --record
	@$(MAKE) --no-print-directory performance

performance:  ## Draw docs/PERFORMANCE.md and its charts from bench/recorded.json
	@tools/performance.py

install: all  ## Install to PREFIX (/usr/local): program, plugin, device headers, CMake package, man page
	@$(COMPILE) --target mote mote_man
	@DESTDIR="$(DESTDIR)" cmake --install $(BUILD) --prefix "$(PREFIX)"

format:  ## Format all C++ files
	@tools/install.sh format
	@tools/format.sh

check-format:  ## Tell which C++ files are not formatted
	@tools/install.sh format
	@tools/format.sh --check

clean:  ## Remove the build folder
	rm -rf $(BUILD)

help:  ## This list
	@sed -n 's/^\([a-z-]*\):.*  ## /\1 - /p' $(MAKEFILE_LIST) | awk -F ' - ' '{printf "  make %-13s %s\n", $$1, $$2}'
