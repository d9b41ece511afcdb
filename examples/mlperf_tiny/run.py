#!/usr/bin/env python3
"""Runs an MLPerf Tiny benchmark on a device, over its serial line.

    run.py --elf build/kws/firmware.elf --data kws01     in QEMU, on a pseudo-terminal
    run.py --port /dev/ttyACM0 --data kws01              on a board

DATA is a folder of inputs with a table y_labels.csv, as the benchmark's own data sets are laid out: a line per input,
"file,classes,class", for anomaly detection "file,classes,class[,bytes,stride]". There each file is a recording, of which
slices of so many bytes (2560, every 512) are the inputs, class 1 is an anomaly, and a recording's score is the mean of
those of its slices.

Performance: five inputs; for each a window of inferences that takes the device at least 10 s; the score is the median
throughput. Accuracy: every input once; the share of right classes and the area under the ROC curve.
"""
import argparse
import collections
import contextlib
import csv
import json
import math
import os
import pathlib
import pty
import re
import select
import statistics
import subprocess
import sys
import termios
import time
import tty

WINDOWS = 5
WINDOW_SECONDS = 10.0
QUICK_SECONDS = 0.5
BYTES_PER_COMMAND = 31  # 62 digits and "db " stay below the 80 characters of a command
SLICE_BYTES, SLICE_STRIDE = 2560, 512

Input = collections.namedtuple("Input", "file label data")
Timed = collections.namedtuple("Timed", "scores seconds")


class DeviceError(Exception):
    """The device reported an error, or did not answer."""


class Device:
    """The host's end of the protocol."""

    def __init__(self, fd, timeout=60.0):
        self.fd = fd
        self.timeout = timeout
        self.pending = b""

    def close(self):
        os.close(self.fd)

    def read_answer(self):
        """The lines up to the next m-ready, without it."""
        lines = []
        end = time.monotonic() + self.timeout
        while True:
            while b"\n" in self.pending:
                line, self.pending = self.pending.split(b"\n", 1)
                line = line.decode("ascii", "replace").rstrip("\r")
                if line == "m-ready":
                    return lines
                lines.append(line)
            if not select.select([self.fd], [], [], max(0.0, end - time.monotonic()))[0]:
                raise DeviceError(f"no m-ready within {self.timeout:g} s; after {lines[-3:]}")
            self.pending += os.read(self.fd, 4096)

    def discard(self, silence=0.5):
        """What the device said before it was asked: its start, or an answer that nobody read."""
        while select.select([self.fd], [], [], silence)[0]:
            os.read(self.fd, 4096)

    def send(self, command):
        """The answer to a command, errors included."""
        os.write(self.fd, (command + "%").encode("ascii"))
        return self.read_answer()

    def ask(self, command):
        """The answer to a command that has to succeed."""
        lines = self.send(command)
        for line in lines:
            if line.startswith("e-"):
                raise DeviceError(f"{command}: {line}")
        return lines

    def identify(self):
        text = "\n".join(self.ask("name") + self.ask("profile"))
        found = {key: re.search(rf"^m-{key}-\[(.+)\]$", text, re.M) for key in ("name-dut", "profile", "model")}
        missing = [key for key, match in found.items() if not match]
        if missing:
            raise DeviceError(f"the device does not tell its {', '.join(missing)}")
        return {"device": found["name-dut"][1], "profile": found["profile"][1], "model": found["model"][1]}

    def load(self, data):
        self.ask(f"db load {len(data)}")
        lines = []
        for i in range(0, len(data), BYTES_PER_COMMAND):
            lines = self.ask("db " + data[i : i + BYTES_PER_COMMAND].hex())
        if "m-load-done" not in lines:
            raise DeviceError(f"the device did not confirm {len(data)} bytes: {lines}")

    def infer(self, inferences, warmups):
        lines = self.ask(f"infer {inferences} {warmups}")
        times = [int(line[9:]) for line in lines if line.startswith("m-lap-us-")]
        scores = [line[11:-1] for line in lines if line.startswith("m-results-[")]
        if len(times) != 2 or len(scores) != 1:
            raise DeviceError(f"infer wants two times and one result: {lines}")
        return Timed([float(score) for score in scores[0].split(",")], (times[1] - times[0]) / 1e6)


@contextlib.contextmanager
def emulated_device(elf, shift=6, timeout=60.0):
    """A device in QEMU, which takes 2^shift ns per instruction, and what it said at its start. Its UART is a
    pseudo-terminal of ours rather than one of QEMU's: that is there before the firmware speaks."""
    ours, theirs = pty.openpty()
    device = Device(ours, timeout=timeout)
    tty.setraw(theirs)
    command = ["qemu-system-arm", "-machine", "mps2-an386", "-nodefaults", "-display", "none", "-monitor", "none"]
    command += ["-chardev", f"serial,id=line,path={os.ttyname(theirs)}", "-serial", "chardev:line"]
    command += ["-icount", f"shift={shift}", "-kernel", str(elf)]
    qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        try:
            said = device.read_answer()
        except DeviceError as error:
            qemu.kill()
            raise DeviceError(f"{error}; QEMU says: {qemu.communicate()[1].strip()}") from None
        yield device, said
    finally:
        qemu.kill()
        qemu.communicate()
        device.close()
        os.close(theirs)


def open_port(path, baud):
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(fd)
    attributes = termios.tcgetattr(fd)
    attributes[4] = attributes[5] = getattr(termios, f"B{baud}")
    termios.tcsetattr(fd, termios.TCSANOW, attributes)
    return fd


def read_inputs(folder):
    """The inputs of a data set; several of one file where it is cut into slices."""
    folder = pathlib.Path(folder)
    inputs = []
    with open(folder / "y_labels.csv", newline="") as table:
        for row in csv.reader(table):
            if not row:
                continue
            name, label = row[0].strip(), int(row[2])
            data = (folder / name).read_bytes()
            sliced = len(row) > 3 or name.endswith("_hist_librosa.bin")
            size, stride = (int(row[3]), int(row[4])) if len(row) > 4 else (SLICE_BYTES, SLICE_STRIDE)
            starts = range(0, len(data) - size + 1, stride) if sliced else [0]
            inputs += [Input(name, label, data[i : i + size] if sliced else data) for i in starts]
    return inputs


def window_length(device, data, seconds, warmups):
    """How many inferences take the device so long."""
    device.load(data)
    once = device.infer(1, warmups).seconds
    return max(1, math.ceil(1.01 * seconds / max(once, 1e-6)))


def measure_performance(device, inputs, inferences=None, warmups=10, seconds=WINDOW_SECONDS):
    first_of_file = {item.file: item for item in reversed(inputs)}
    chosen = list(reversed(first_of_file.values()))[:WINDOWS]
    if len(chosen) < WINDOWS:
        raise SystemExit(f"performance takes {WINDOWS} different inputs; there are {len(chosen)}")
    inferences = inferences or window_length(device, chosen[0].data, seconds, warmups)
    windows = []
    for item in chosen:
        device.load(item.data)
        timed = device.infer(inferences, warmups)
        throughput = inferences / timed.seconds if timed.seconds else 0.0
        windows.append({"file": item.file, "seconds": timed.seconds, "throughput": throughput, "results": timed.scores})
    return {
        "inferences": inferences,
        "warmups": warmups,
        "windows": windows,
        "throughput": statistics.median(window["throughput"] for window in windows),
        "valid": all(window["seconds"] >= WINDOW_SECONDS for window in windows),
    }


def area_under_curve(positives, negatives):
    """The chance that a positive scores above a negative, a tie counting half; None without one of them."""
    if not positives or not negatives:
        return None
    wins = sum((p > n) + 0.5 * (p == n) for p in positives for n in negatives)
    return wins / (len(positives) * len(negatives))


def score(files):
    """Top-1 and AUC of files given as (label, scores). One score is that of an anomaly; several are of classes, and the
    AUC is the mean over classes, each against the rest."""
    if len(files[0][1]) == 1:
        by_label = {label: [scores[0] for own, scores in files if (own == 1) == label] for label in (True, False)}
        return None, area_under_curve(by_label[True], by_label[False])
    right = sum(scores.index(max(scores)) == label for label, scores in files)
    areas = []
    for k in range(len(files[0][1])):
        area = area_under_curve([s[k] for own, s in files if own == k], [s[k] for own, s in files if own != k])
        if area is not None:
            areas.append(area)
    return right / len(files), statistics.mean(areas) if areas else None


def measure_accuracy(device, inputs):
    by_file = {}
    for item in inputs:
        device.load(item.data)
        by_file.setdefault(item.file, (item.label, []))[1].append(device.infer(1, 0).scores)
    files = [(label, [statistics.mean(column) for column in zip(*rows)]) for label, rows in by_file.values()]
    top1, auc = score(files)
    results = {name: {"label": label, "results": rows} for name, (label, rows) in by_file.items()}
    return {"files": len(files), "inputs": len(inputs), "top1": top1, "auc": auc, "results": results}


def measure(device, arguments):
    report = device.identify()
    if arguments.elf:
        report["emulated_ns_per_instruction"] = 2**arguments.shift
    inputs = read_inputs(arguments.data)
    if not inputs:
        raise SystemExit(f"{arguments.data} names no inputs")
    if arguments.mode != "accuracy":
        seconds = QUICK_SECONDS if arguments.quick else WINDOW_SECONDS
        performance = measure_performance(device, inputs, arguments.inferences, arguments.warmups, seconds)
        if arguments.elf:
            performance["instructions"] = round(1e9 / performance["throughput"] / 2**arguments.shift)
        report["performance"] = performance
    if arguments.mode != "performance":
        report["accuracy"] = measure_accuracy(device, inputs)
    return report


def print_report(report):
    print(f"device       {report['device']}, model {report['model']}")
    performance = report.get("performance")
    if performance:
        for window in performance["windows"]:
            print(f"window       {window['seconds']:8.3f} s, {window['throughput']:10.3f} inferences/s, {window['file']}")
        print(f"performance  {performance['throughput']:.3f} inferences/s, the median")
        if "instructions" in performance:
            print(f"             emulated: {performance['instructions']} instructions per inference, at "
                  f"{report['emulated_ns_per_instruction']} ns each; not a latency of a chip")
        if not performance["valid"]:
            print(f"             not a valid run: a window took less than {WINDOW_SECONDS:g} s")
    accuracy = report.get("accuracy")
    if accuracy:
        top1 = "" if accuracy["top1"] is None else f"top-1 {accuracy['top1']:.4f}, "
        auc = "not defined" if accuracy["auc"] is None else f"{accuracy['auc']:.4f}"
        print(f"accuracy     {top1}AUC {auc}, {accuracy['files']} files, {accuracy['inputs']} inputs")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--elf", help="firmware to run in QEMU")
    where.add_argument("--port", help="serial device of a board")
    parser.add_argument("--data", required=True, help="folder with y_labels.csv")
    parser.add_argument("--mode", choices=["performance", "accuracy", "both"], default="both")
    parser.add_argument("--inferences", type=int, help="in a window; as many as 10 s take, unless given")
    parser.add_argument("--warmups", type=int, default=10)
    parser.add_argument("--quick", action="store_true", help=f"windows of {QUICK_SECONDS} s, which are not valid")
    parser.add_argument("--shift", type=int, default=6, help="in QEMU an instruction takes 2^SHIFT ns (6)")
    parser.add_argument("--baud", type=int, default=115200)
    parser.add_argument("--timeout", type=float, default=300, help="seconds to wait for an answer")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    try:
        if arguments.elf:
            with emulated_device(arguments.elf, arguments.shift, arguments.timeout) as (device, _):
                report = measure(device, arguments)
        else:
            device = Device(open_port(arguments.port, arguments.baud), arguments.timeout)
            device.discard()
            report = measure(device, arguments)
    except DeviceError as error:
        sys.exit(f"run.py: {error}")
    print(json.dumps(report, indent=1)) if arguments.json else print_report(report)


if __name__ == "__main__":
    main()
