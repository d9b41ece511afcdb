#!/usr/bin/env python3
"""What bench/figures.cpp lets pass and what it does not, with a program that answers like `mote profile`.

    tests/bench/figures_test.py --figures build/mote_figures --stand-ins build/stand_ins
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
KEY = "keywords cortex-m4 ram whole"
PROFILE = {"macs": 1000, "instructions": 100000, "compiler": "gcc 1", "ram": {"arena_bytes": 20000, "stack_bytes": 1000},
           "flash": {"code_bytes": 10000, "weights_bytes": 30000, "tables_bytes": 4000, "total_bytes": 44000}}
FIGURES = {"arena_bytes": 20000, "code_bytes": 10000, "weights_bytes": 30000, "tables_bytes": 4000,
           "flash_bytes": 44000, "stack_bytes": 1000, "instructions": 100000, "macs": 1000, "compiler": "gcc 1"}
HELD = ["arena_bytes", "code_bytes", "weights_bytes", "tables_bytes", "stack_bytes", "instructions"]
OVERFLOW = "ld: firmware.elf section `.text' will not fit\nld: region `code' overflowed by 1234 bytes\n"


class Figures(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.answer_with(json.dumps(PROFILE))

    def answer_with(self, text, exit_code=0):
        (self.folder / "answer").write_text(text)
        program = self.folder / "mote"
        program.write_text('#!/bin/sh\ncat "%s"\nexit %d\n' % (self.folder / "answer", exit_code))
        program.chmod(0o755)

    def run_figures(self, recorded, *more):
        path = self.folder / "recorded.json"
        path.write_text(json.dumps({"commit": "", "figures": recorded}))
        return subprocess.run(
            [args.figures, "--program", self.folder / "mote", "--recorded", path, "--stand-ins", args.stand_ins, "--shared",
             self.folder / "nothing", *(more or ("--only", KEY))], cwd=ROOT, capture_output=True, text=True)

    def expect(self, result, exit_code, text):
        self.assertEqual(result.returncode, exit_code, result.stdout + result.stderr)
        self.assertIn(text, result.stdout + result.stderr)

    def test_what_is_recorded_passes(self):
        self.expect(self.run_figures({KEY: FIGURES}), 0, "1 measured, 0 failed")

    def test_two_percent_more_of_any_figure_fails(self):
        for name in HELD:
            self.expect(self.run_figures({KEY: {**FIGURES, name: round(FIGURES[name] / 1.02)}}), 1, "GREW: " + name)

    def test_one_percent_more_and_any_less_pass(self):
        for name in HELD:
            self.expect(self.run_figures({KEY: {**FIGURES, name: -(-FIGURES[name] * 100 // 101)}}), 0, "0 failed")
            self.expect(self.run_figures({KEY: {**FIGURES, name: 2 * FIGURES[name]}}), 0, "(-50.0 %)")

    def test_of_another_compiler_only_the_arena_is_held(self):
        other = {**FIGURES, "compiler": "gcc 2", "instructions": 10, "stack_bytes": 10}
        self.expect(self.run_figures({KEY: other}), 0, "only the arena was compared")
        self.expect(self.run_figures({KEY: {**other, "arena_bytes": 10}}), 1, "GREW: arena_bytes")

    def test_what_is_not_recorded_fails(self):
        self.expect(self.run_figures({}), 1, "NOT RECORDED")
        self.expect(self.run_figures({KEY: {n: v for n, v in FIGURES.items() if n != "code_bytes"}}), 1,
                    "NOT RECORDED: code_bytes")

    def test_a_model_that_does_not_fit_is_said_and_recorded(self):
        self.answer_with(OVERFLOW, 1)
        self.expect(self.run_figures({KEY: {"does_not_fit": "before"}}), 0, "`code' overflowed by 1234 bytes")
        self.expect(self.run_figures({KEY: FIGURES}), 1, "does not fit")
        self.answer_with(json.dumps(PROFILE))
        self.expect(self.run_figures({KEY: {"does_not_fit": "before"}}), 1, "fits now")

    def test_a_failure_is_no_figure(self):
        self.answer_with("mote: something is wrong\n", 1)
        self.expect(self.run_figures({KEY: FIGURES}), 1, "FAILED: mote: something is wrong")
        self.answer_with(json.dumps(PROFILE), 1)
        self.expect(self.run_figures({KEY: FIGURES}), 1, "FAILED")

    def test_public_models_that_are_not_there_are_named(self):
        self.expect(self.run_figures({KEY: FIGURES}), 0, "NOT MEASURED: mlperf-kws")

    def test_only_a_whole_set_is_recorded(self):
        self.expect(self.run_figures({KEY: FIGURES}, "--record"), 1, "the record has figures of all models")
        self.assertEqual(json.loads((self.folder / "recorded.json").read_text())["figures"], {KEY: FIGURES})


parser = argparse.ArgumentParser()
parser.add_argument("--figures", required=True)
parser.add_argument("--stand-ins", required=True, type=pathlib.Path)
args, rest = parser.parse_known_args()
unittest.main(argv=sys.argv[:1] + rest)
