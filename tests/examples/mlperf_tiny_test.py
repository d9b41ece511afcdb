#!/usr/bin/env python3
"""examples/mlperf_tiny: builds the firmware of a benchmark and drives it in QEMU through both modes.

    mlperf_tiny_test.py CASE --mote build/mote

CASE is "keywords", our own model and the protocol itself, or one of kws, vww, ic and ad, the models of MLPerf Tiny from
../shared (MOTE_SHARED names another place). Answers are known from three sides: what `mote run` makes of the same input on
the host, reference outputs where ../shared has them, and what is to be heard or seen where an input is real. Returns 77,
"skipped", where a tool or ../shared is missing; on CI a missing tool is a failure.
"""
import argparse
import csv
import json
import math
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLE = ROOT / "examples/mlperf_tiny"
SHARED = pathlib.Path(os.environ.get("MOTE_SHARED", ROOT.parent / "shared"))
SUITE = SHARED / "conformance/whole_models"
KEYWORDS = ROOT / "models/keywords"
SKIPPED = 77
SHIFT = 10  # 2^10 ns per instruction: windows of 10 s are few inferences

sys.path.insert(0, str(EXAMPLE))
import kws_features  # noqa: E402
import run  # noqa: E402


def to_float(x):
    """Rounded to 32 bits: what one operation in single precision gives."""
    return struct.unpack("f", struct.pack("f", x))[0]


def int8(data):
    return struct.unpack(f"{len(data)}b", data)


def real_values(tensor, data):
    scale = to_float(tensor["scale"])
    return [to_float(scale * (q - tensor["zero_point"])) for q in int8(data)]


class Example:
    """A benchmark's firmware and what the host makes of its inputs."""

    def __init__(self, benchmark, model, mote, folder):
        self.benchmark, self.model, self.mote, self.folder = benchmark, model, mote, folder
        self.build = folder / "build"
        options = [f"-DBENCHMARK={benchmark}", f"-DMODEL={model}", f"-DMOTE_PROGRAM={mote}"]
        if shutil.which("ccache"):
            options.append("-DCMAKE_CXX_COMPILER_LAUNCHER=ccache")
        self.do("cmake", "-S", EXAMPLE, "-B", self.build, *options)
        self.do("cmake", "--build", self.build, "-j", "2")
        self.elf = self.build / "firmware.elf"
        manifest = json.loads((self.build / "package/manifest.json").read_text())
        self.input, self.output = manifest["inputs"][0], manifest["outputs"][0]
        self.items = []  # (name, label, tensor, what the host sends)
        self.known = {}  # by name: the bytes of the output

    def do(self, *command):
        ran = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if ran.returncode != 0:
            raise RuntimeError(f"{command} failed:\n{ran.stdout[-3000:]}\n{ran.stderr[-3000:]}")
        return ran.stdout

    def wire(self, tensor):
        """What the host sends for it."""
        if self.benchmark == "ad":
            values = real_values(self.input, tensor)
            return struct.pack(f"<{len(values)}f", *values)
        return tensor if self.benchmark == "kws" else bytes((q + 128) % 256 for q in tensor)

    def add(self, name, label, tensor, wire=None, known=None):
        self.items.append((name, label, tensor, self.wire(tensor) if wire is None else wire))
        if known is not None:
            self.known[name] = known

    def add_suite(self, case):
        """The inputs of the conformance suite, noise; their labels are those that the reference outputs tell."""
        inputs, outputs = ((SUITE / case / file).read_bytes() for file in ("input_0.bin", "output_0.bin"))
        size, result = self.input["bytes"], self.output["bytes"]
        for i in range(len(inputs) // size):
            known = outputs[i * result : (i + 1) * result]
            label = 1 if self.benchmark == "ad" else int8(known).index(max(int8(known)))
            self.add(f"suite{i}.bin", label, inputs[i * size : (i + 1) * size], known=known)

    def add_with_host_labels(self, name, tensors):
        for i, (tensor, output) in enumerate(zip(tensors, self.run_on_host(tensors))):
            self.add(f"{name}{i}.bin", int8(output).index(max(int8(output))), tensor)

    def run_on_host(self, tensors):
        (self.folder / "tensors.bin").write_bytes(b"".join(tensors))
        self.do(self.mote, "run", self.model, "--input", self.folder / "tensors.bin", "--steps", len(tensors),
                "--output-dir", self.folder)
        data, size = (self.folder / "output_0.bin").read_bytes(), self.output["bytes"]
        return [data[i * size : (i + 1) * size] for i in range(len(tensors))]

    def scores(self, wire, output):
        """What the firmware has to print, as the numbers that the host reads from it."""
        values = real_values(self.output, output)
        if self.benchmark == "ad":
            total = 0.0
            for value, sent in zip(values, struct.unpack(f"<{len(values)}f", wire)):
                difference = to_float(value - sent)
                total = to_float(total + to_float(difference * difference))
            values = [to_float(total / len(values))]
        return [float(f"{value:.3f}") for value in values]

    def write_data(self):
        data = self.folder / "data"
        data.mkdir()
        with open(data / "y_labels.csv", "w") as table:
            for name, label, _, wire in self.items:
                (data / name).write_bytes(wire)
                table.write(f"{name},{self.output['shape'][-1]},{label}\n")
        return data


def make_keywords(example):
    labels = (KEYWORDS / "labels.txt").read_text().split()
    known = (KEYWORDS / "keywords_output.bin").read_bytes()
    example.add("right.bin", labels.index("right"), (KEYWORDS / "keywords_input.bin").read_bytes(), known=known)
    rng = random.Random(1)
    example.add_with_host_labels("noise", [rng.randbytes(example.input["bytes"]) for _ in range(4)])


def make_kws(example):
    """One recording of each class, from speakers of the test part, besides the suite."""
    clips = {}
    folder = SHARED / "data/kws-speech-commands"
    with open(folder / "labels.csv", newline="") as table:
        for row in csv.DictReader(table):
            if row["split"] == "test":
                clips.setdefault(row["label"], folder / row["file"])
    for word, clip in clips.items():
        rows = kws_features.features(kws_features.read_wav(clip))
        tensor = kws_features.quantize(rows, example.input["scale"], example.input["zero_point"])
        example.add(f"{word}.bin", kws_features.CLASSES.index(word), tensor)
    example.add_suite("tiny__kws_ref_model")


def read_grey_bmp(path):
    """The pixels of an 8-bit picture, from the top."""
    data = path.read_bytes()
    at, width, height = struct.unpack_from("<I4xii", data, 10)
    palette = data[54:at]
    rows = [data[at + y * width : at + (y + 1) * width] for y in range(abs(height))]
    if height > 0:
        rows.reverse()
    return bytes(palette[4 * index] for row in rows for index in row)


def make_vww(example):
    pictures = SHARED / "models/tflm/examples/person_detection/testdata"
    for label, name in enumerate(["no_person", "person"]):
        wire = bytes(value for grey in read_grey_bmp(pictures / f"{name}.bmp") for value in (grey, grey, grey))
        example.add(f"{name}.bin", label, bytes((value + 128) % 256 for value in wire), wire)
    example.add_suite("tiny__vww_96_int8")


def make_ic(example):
    """The suite's noise is of one class all over; skies and seas of plain colours, brighter at the top, are of others."""
    example.add_suite("tiny__pretrainedResnet_quant")
    pictures = [bytes((c * (64 - y) // 64 + 128) % 256 for y in range(32) for _ in range(32) for c in colour)
                for colour in ((90, 160, 255), (255, 250, 240), (60, 120, 40))]
    example.add_with_host_labels("colour", pictures)


def make_ad(example):
    """Slices of a recording of a machine that is well; noise counts as an anomaly."""
    recording = (SHARED / "models/mlperf-tiny/inputs/normal_id_01_00000000_hist_librosa.bin").read_bytes()
    scale, zero = to_float(example.input["scale"]), example.input["zero_point"]

    def quantized(x):
        steps = to_float(x / scale)
        return max(-128, min(127, int(math.copysign(math.floor(abs(steps) + 0.5), steps)) + zero))

    def add(name, label, wire):
        values = struct.unpack("<640f", wire)
        example.add(name, label, struct.pack("640b", *map(quantized, values)), wire)

    for i in range(3):
        add(f"normal{i}.bin", 0, recording[i * run.SLICE_STRIDE :][: run.SLICE_BYTES])
    rng = random.Random(1)
    for i in range(2):
        add(f"noise{i}.bin", 1, struct.pack("<640f", *(rng.uniform(-60, 60) * scale for _ in range(640))))
    example.add_suite("tiny__ad01_int8")


class Modes(unittest.TestCase):
    """Both modes over a few inputs with known answers, as run.py does it for a person."""

    @classmethod
    def setUpClass(cls):
        cls.data = example.write_data()
        outputs = example.run_on_host([tensor for _, _, tensor, _ in example.items])
        cls.expected = {name: example.scores(wire, output) for (name, _, _, wire), output in zip(example.items, outputs)}
        cls.outputs = {name: output for (name, _, _, _), output in zip(example.items, outputs)}
        command = [EXAMPLE / "run.py", "--elf", example.elf, "--data", cls.data, "--shift", SHIFT, "--warmups", 1, "--json"]
        if case in ("vww", "ic"):
            command += ["--inferences", 2]  # take longer than 10 s as they are
        cls.report = json.loads(example.do(sys.executable, *command))

    def test_model(self):
        self.assertEqual(self.report["model"], "keywords" if case == "keywords" else f"{case}01")

    def test_host_is_the_reference(self):
        for name, known in example.known.items():
            self.assertEqual(self.outputs[name], known, name)

    def test_accuracy(self):
        accuracy = self.report["accuracy"]
        self.assertEqual(accuracy["files"], len(example.items))
        self.assertEqual({name: result["results"] for name, result in accuracy["results"].items()},
                         {name: [scores] for name, scores in self.expected.items()})
        top1, auc = run.score([(label, self.expected[name]) for name, label, _, _ in example.items])
        self.assertEqual((accuracy["top1"], accuracy["auc"]), (top1, auc))
        if case != "ad":
            self.assertGreaterEqual(top1, TARGETS[case])
        self.assertGreaterEqual(auc, 0.85)

    def test_performance(self):
        performance = self.report["performance"]
        self.assertTrue(performance["valid"], performance)
        self.assertEqual([window["file"] for window in performance["windows"]], [item[0] for item in example.items[:5]])
        for window in performance["windows"]:
            self.assertGreaterEqual(window["seconds"], 10)
            self.assertEqual(window["results"], self.expected[window["file"]])
            self.assertAlmostEqual(window["throughput"], performance["inferences"] / window["seconds"])
        middle = sorted(window["throughput"] for window in performance["windows"])[2]
        self.assertEqual(performance["throughput"], middle)


class OwnModel(Modes):
    def test_time_is_that_of_the_instructions(self):
        """The device's clock against the instructions that QEMU's plugin counts, without the copy of the input."""
        profile = json.loads(example.do(example.mote, "profile", example.model, "--target", "cortex-m4", "--optimize",
                                        "speed", "--json"))
        measured = self.report["performance"]["instructions"]
        self.assertGreaterEqual(measured, profile["instructions"])
        self.assertLess(measured, 1.01 * profile["instructions"])


class Protocol(unittest.TestCase):
    """What the firmware answers, line by line."""

    def setUp(self):
        device = run.emulated_device(example.elf, SHIFT)
        self.device, self.boot = device.__enter__()
        self.addCleanup(device.__exit__, None, None, None)
        self.wire = example.items[0][3]

    def expect(self, command, *lines):
        self.assertEqual(self.device.send(command), list(lines), command)

    def test_start(self):
        self.assertRegex("|".join(self.boot), r"^m-timestamp-mode-performance\|m-lap-us-\d+\|m-init-done$")

    def test_identity(self):
        self.expect("name", "m-name-dut-[mote]")
        self.expect("profile", "m-profile-[ULPMark for tinyML Firmware V0.0.1]",
                    f"m-model-[{'ad01' if case == 'ad' else 'keywords'}]")
        self.assertIn("infer", "\n".join(self.device.send("help")))

    def test_wrong_commands(self):
        self.expect("foo bar", "e-[Unknown command: foo]")
        self.expect("names", "e-[Unknown command: names]")
        self.expect("", "e-[Unknown command: ]")
        self.expect("x" * 80, f"e-[Unknown command: {'x' * 80}]")
        self.expect("name " + "x" * 76, "e-[Command longer than 80 characters]")
        self.expect("name" + "x" * 1000, "e-[Command longer than 80 characters]")
        self.expect("\r\n  name \r\n", "m-name-dut-[mote]")

    def test_loading(self):
        self.expect("db", "e-[db needs load, print or hex digits]")
        self.expect("db 00", "e-[No bytes are expected]")
        for wrong in ("", " 0", " x", " 12x", " -1", " 4294967297"):
            self.expect("db load" + wrong, "e-[db load needs a number of bytes]")
        self.expect("db load 27649", "e-[db load takes at most 27648 bytes]")
        self.expect("db load 27648", "m-[Expecting 27648 bytes]")
        self.expect("db load 10", "m-[Expecting 10 bytes]")
        self.expect("db 0001aAFf")
        self.expect("db 0", "e-[Odd number of hex digits: 0]")
        self.expect("db 010g", "e-[Invalid hex digits: 010g]")
        self.expect("db print", "m-buffer-00-01-aa-ff")
        self.expect("db 0405060708090a0b", "m-load-done")
        self.expect("db print", "m-buffer-00-01-aa-ff-04-05-06-07", "m-buffer-08-09")
        self.expect("db 00", "e-[No bytes are expected]")

    def test_inference_needs_its_input(self):
        size = len(self.wire)
        self.expect("infer 1 0", f"e-[The input has 0 of {size} bytes]")
        self.expect("results", "e-[There was no inference yet]")
        self.expect("db load 4", "m-[Expecting 4 bytes]")
        self.expect("db 00010203", "m-load-done")
        self.expect("infer 1 0", f"e-[The input has 4 of {size} bytes]")
        self.device.ask(f"db load {size}")
        self.device.ask("db " + self.wire[:31].hex())
        self.expect("infer 1 0", f"e-[The input has 31 of {size} bytes]")
        self.device.load(self.wire)
        self.expect("infer 0", "e-[infer needs a number of inferences above 0, not 0]")
        self.expect("infer 1 -1", "e-[infer needs a number of warm-ups, not -1]")

    def test_inference(self):
        self.device.load(self.wire)
        lines = self.device.send("infer 3 2")
        self.assertRegex("|".join(lines[:6]),
                         r"^m-warmup-start-2\|m-warmup-done\|m-infer-start-3\|m-lap-us-\d+\|m-lap-us-\d+\|m-infer-done$")
        self.assertRegex(lines[6], r"^m-results-\[\d+\.\d{3}(,\d+\.\d{3})*\]$")
        self.expect("results", lines[6])
        self.assertEqual(self.device.send("infer")[0], "m-warmup-start-10")
        self.assertEqual(self.device.send("infer")[-1], lines[6], "an inference leaves the input as it is")

    def test_clock_outlives_its_32_bits(self):
        """The fine timer wraps after 172 s, the whole line of these is longer."""
        self.device.load(self.wire)
        once = self.device.infer(10, 0).seconds / 10
        count = int(200 / once)
        self.assertAlmostEqual(self.device.infer(count, 0).seconds / (count * once), 1, places=2)
        end = int(self.device.send("timestamp")[0].removeprefix("m-lap-us-"))
        self.assertGreater(end, 200e6)


class AnomalyScores(unittest.TestCase):
    """From near nothing to beyond what is printed: the first value sent is made what it takes."""

    def test_scores(self):
        _, _, tensor, wire = example.items[0]
        values = list(struct.unpack("<640f", wire))
        with run.emulated_device(example.elf, SHIFT) as (device, _):
            for first in (1e3, -1e3, 12345.678, 3e4, 1e6, 2e8, 1e20, float("inf"), float("nan")):
                sent = struct.pack("<640f", first, *values[1:])
                device.load(sent)
                printed = device.ask("infer 1 0")[-1].removeprefix("m-results-[").rstrip("]")
                if first != first or first >= 1e10:
                    self.assertEqual(printed, "nan" if first != first else "inf")
                    continue
                edge = struct.pack("b", 127 if first > 0 else -128) + tensor[1:]
                expected = example.scores(sent, example.run_on_host([edge])[0])
                self.assertEqual(float(printed), expected[0], first)


class Numbers(unittest.TestCase):
    """print_fixed3 on the host: what printf makes of "%.3f"."""

    PROGRAM = """
        #include <cstdio>
        #include "board.h"
        #include "print.h"
        void board::put(char c) { std::putchar(c); }
        int main() {
          for (float value; std::fread(&value, sizeof value, 1, stdin) == 1; std::putchar('\\n')) print_fixed3(value);
        }
    """

    def test_as_printf(self):
        source, program = example.folder / "numbers.cpp", example.folder / "numbers"
        source.write_text(self.PROGRAM)
        example.do("g++", "-std=c++17", "-I", EXAMPLE, source, EXAMPLE / "print.cpp", "-o", program)
        rng = random.Random(1)
        ties = [k / 2**n for k in range(1, 400) for n in (4, 5, 8)]  # thousandths end in a half for some of them
        bits = struct.unpack("<20000f", rng.randbytes(80000))
        usual = [rng.uniform(-1, 1) * 10 ** rng.randint(-6, 15) for _ in range(20000)]
        values = [to_float(x) for x in (0.0, -0.0, 2.0**52, 2.0**53 - 2**29, *ties, *usual, *bits)]
        out = subprocess.run([program], input=struct.pack(f"<{len(values)}f", *values), capture_output=True, check=True)
        lines = out.stdout.decode().splitlines()
        self.assertEqual(len(lines), len(values))
        for value, printed in zip(values, lines):
            beyond = ("-" if value < 0 else "") + "inf"
            self.assertEqual(printed, beyond if abs(value) >= 2.0**53 else f"{value:.3f}", value.hex())


class Scoring(unittest.TestCase):
    """What run.py makes of results."""

    def test_area_under_curve(self):
        self.assertEqual(run.area_under_curve([3, 4], [1, 2]), 1.0)
        self.assertEqual(run.area_under_curve([1, 2], [3, 4]), 0.0)
        self.assertEqual(run.area_under_curve([1, 3], [2, 2]), 0.5)
        self.assertEqual(run.area_under_curve([1, 2], [1]), 0.75)
        self.assertIsNone(run.area_under_curve([], [1]))

    def test_classes(self):
        self.assertEqual(run.score([(0, [0.9, 0.1]), (1, [0.6, 0.4])]), (0.5, 1.0))
        self.assertEqual(run.score([(0, [0.2, 0.8]), (1, [0.6, 0.4])]), (0.0, 0.0))
        self.assertEqual(run.score([(1, [0.2, 0.7, 0.1])]), (1.0, None))

    def test_anomalies(self):
        self.assertEqual(run.score([(0, [1.0]), (1, [2.0]), (0, [3.0])]), (None, 0.5))

    def test_slices(self):
        folder = example.folder / "slices"
        folder.mkdir()
        (folder / "a_hist_librosa.bin").write_bytes(bytes(2560 + 2 * 512 + 511))
        (folder / "b.bin").write_bytes(bytes(range(10)))
        (folder / "y_labels.csv").write_text("a_hist_librosa.bin,2,1\nb.bin,2,0,4,3\n")
        inputs = run.read_inputs(folder)
        self.assertEqual([(item.file, item.label, len(item.data)) for item in inputs],
                         [("a_hist_librosa.bin", 1, 2560)] * 3 + [("b.bin", 0, 4)] * 3)
        self.assertEqual(inputs[-1].data, bytes([6, 7, 8, 9]))


# The least top-1 here: the benchmark's own targets, and 1 where every label is the model's.
TARGETS = {"keywords": 1.0, "kws": 0.9, "vww": 0.8, "ic": 1.0}

# A case: benchmark, model, inputs, tests. The protocol is one for all, so two cases test it.
CASES = {
    "keywords": ("kws", KEYWORDS / "keywords.tflite", make_keywords, [OwnModel, Protocol, Scoring, Numbers]),
    "kws": ("kws", SUITE / "tiny__kws_ref_model/model.tflite", make_kws, [Modes]),
    "vww": ("vww", SUITE / "tiny__vww_96_int8/model.tflite", make_vww, [Modes]),
    "ic": ("ic", SUITE / "tiny__pretrainedResnet_quant/model.tflite", make_ic, [Modes]),
    "ad": ("ad", SUITE / "tiny__ad01_int8/model.tflite", make_ad, [Modes, Protocol, AnomalyScores]),
}


def skip_reason(name):
    for tool, package in (("arm-none-eabi-g++", "gcc-arm-none-eabi"), ("qemu-system-arm", "qemu-system-arm")):
        if not shutil.which(tool):
            return f"there is no {tool}; Debian's package is {package}", "CI" in os.environ
    if name != "keywords" and not SUITE.is_dir():
        return f"NOT TESTED: there is no {SUITE}; MOTE_SHARED says where", False
    return None, False


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--mote", required=True)
    arguments = parser.parse_args()
    case = arguments.case
    reason, failure = skip_reason(case)
    if reason:
        print(reason)
        sys.exit(1 if failure else SKIPPED)
    with tempfile.TemporaryDirectory(prefix="mote-mlperf-") as scratch:
        benchmark, model, make_items, tests = CASES[case]
        example = Example(benchmark, model, pathlib.Path(arguments.mote).resolve(), pathlib.Path(scratch))
        make_items(example)
        suite = unittest.TestSuite(map(unittest.defaultTestLoader.loadTestsFromTestCase, tests))
        result = unittest.TextTestRunner(verbosity=2).run(suite)
    sys.exit(0 if result.wasSuccessful() else 1)
