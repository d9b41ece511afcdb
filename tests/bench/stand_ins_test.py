#!/usr/bin/env python3
"""The networks of bench/stand_ins.py: the same bytes each time, the work of the models they stand for, and none of it
provably without effect.

    tests/bench/stand_ins_test.py --mote build/mote --stand-ins build/stand_ins
"""
import argparse
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Of the public models, as `mote inspect` counts them: MACs, and bytes of weights and other constants.
PUBLIC = {"kws": (2656768, 24368), "vww": (7489664, 219064), "ic": (12501632, 78744), "ad": (264192, 270880),
          "sww": (826368, 49412)}


def inspect(model):
    return json.loads(subprocess.check_output([args.mote, "inspect", model, "--json"]))


def run(model, data):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "input.bin"
        path.write_bytes(data)
        subprocess.run([args.mote, "run", model, "--input", path, "--output-dir", folder], check=True,
                       stdout=subprocess.DEVNULL)
        return (pathlib.Path(folder) / "output_0.bin").read_bytes()


class StandIns(unittest.TestCase):
    def test_bytes_are_the_same_each_time(self):
        with tempfile.TemporaryDirectory() as again:
            subprocess.run([ROOT / "bench/stand_ins.py", "--schema", ROOT / "mote/compiler/formats/tflite.fbs", again],
                           check=True)
            made = {path.name: path.read_bytes() for path in pathlib.Path(again).iterdir()}
        self.assertEqual(set(made), {name + ".tflite" for name in PUBLIC})
        for name, data in made.items():
            self.assertEqual(data, (args.stand_ins / name).read_bytes(), name)

    def test_work_is_that_of_the_public_models(self):
        for name, (macs, constants) in PUBLIC.items():
            report = inspect(args.stand_ins / (name + ".tflite"))
            self.assertEqual((report["macs"], report["weights_bytes"]), (macs, constants), name)

    def test_no_work_is_provably_without_effect(self):
        for name in PUBLIC:
            with tempfile.TemporaryDirectory() as out:
                report = json.loads(subprocess.check_output(
                    [args.mote, "compile", args.stand_ins / (name + ".tflite"), "--target", "cortex-m4", "-o", out,
                     "--json"]))
            self.assertEqual(report.get("proofs", {}).get("removed_channels", 0), 0, name)

    # A network whose values die out, or all hit the ends of their range, would be measured like any other.
    def test_outputs_depend_on_inputs(self):
        for name in PUBLIC:
            model = args.stand_ins / (name + ".tflite")
            size = math.prod(inspect(model)["inputs"][0]["shape"])
            outputs = {run(model, random.Random(seed).randbytes(size)) for seed in range(3)}
            self.assertGreater(len(outputs), 1, name)


parser = argparse.ArgumentParser()
parser.add_argument("--mote", required=True)
parser.add_argument("--stand-ins", required=True, type=pathlib.Path)
args, rest = parser.parse_known_args()
unittest.main(argv=sys.argv[:1] + rest)
