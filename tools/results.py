#!/usr/bin/env python3
"""Trains and judges the projects of examples/projects on public recordings, and writes docs/RESULTS.md.

    tools/results.py --mote build/mote [--shared ../shared]
    tools/results.py ... --check      fails where a figure is below its limit, and writes nothing

Everything is done by `mote train`, `mote test` and `mote profile`. The recordings are not part of this repository: without
them there is nothing to be said, and the script fails.
"""
import argparse
import csv
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = "cortex-m4"


class Mote:
    def __init__(self, program):
        self.program = program

    def __call__(self, *arguments):
        ran = subprocess.run([self.program, *map(str, arguments), "--json"], capture_output=True, text=True)
        if ran.returncode:
            sys.exit("mote %s: %s%s" % (" ".join(map(str, arguments)), ran.stdout, ran.stderr))
        return json.loads(ran.stdout)


def place_project(name, folder, data):
    """A copy of an example whose data lie elsewhere."""
    toml = (ROOT / "examples/projects" / name / "mote.toml").read_text()
    assert 'path = "data"' in toml
    (folder / "mote.toml").write_text(toml.replace('path = "data"', 'path = "%s"' % data))
    return folder


def figure(said, name):
    return {"value": said["metrics"][name], "interval": said["interval"][name]}


def cost(mote, project):
    profile = mote("profile", project / "mote.toml", "--target", TARGET)
    return {"ram": profile["ram"]["total_bytes"], "flash": profile["flash"]["total_bytes"],
            "instructions": profile["instructions_per_hop"] if profile.get("instructions_per_hop") else profile["instructions"]}


def fan(mote, shared, folder):
    project = place_project("fan", folder, shared / "data/vibration-fan")
    every = mote("test", project, "--cross-validate", "groups")
    mote("train", project)
    held_out = mote("test", project)
    return [{"what": "fan: 3 weightings, unseen speeds 30, 50, 70, 90 %", "figure": "balanced accuracy", "limit": 0.84,
             "windows": held_out["windows"], "groups": len(held_out["groups"]), **figure(held_out, "balanced_accuracy"),
             **cost(mote, project)},
            {"what": "fan: each of 17 speeds by a model of the others", "figure": "balanced accuracy", "limit": 0.84,
             "windows": every["windows"], "groups": len(every["groups"]), **figure(every, "balanced_accuracy")}]


def link_recordings(source, data, columns, wanted=lambda row: True):
    """A data set of links, with some columns of its labels.csv."""
    data.mkdir()
    lines = [",".join(["file"] + columns)]
    for row in csv.DictReader((source / "labels.csv").open()):
        if wanted(row):
            name = pathlib.Path(row["file"]).name
            (data / name).symlink_to((source / row["file"]).resolve())
            lines.append(",".join([name] + [row[c] for c in columns]))
    (data / "labels.csv").write_text("\n".join(lines) + "\n")
    return data


def heartbeats(mote, shared, folder):
    data = link_recordings(shared / "data/ecg-mitbih", folder / "data", ["subject", "split"],
                           lambda row: row["file"].startswith("beats/"))
    project = place_project("heartbeats", folder, data)
    every = mote("test", project, "--cross-validate", "groups")
    mote("train", project)
    return [{"what": "heartbeats: premature ones (PVC), each of 12 patients by a model of the others",
             "figure": "balanced accuracy", "limit": 0.92, "windows": every["windows"], "groups": len(every["groups"]),
             **figure(every, "balanced_accuracy"), **cost(mote, project)}]


def split_pump(source, data, columns):
    """The first 300 s without labels, to learn from, and what comes after them, labelled, to judge."""
    rows = list(csv.DictReader(source.open()))
    head = ",".join(columns)
    lines = [",".join(row[c] for c in columns) for row in rows]
    labels = ["anomaly" if float(row["anomaly"]) else "normal" for row in rows]
    (data / "first.csv").write_text("\n".join([head] + lines[:300]) + "\n")
    rest = [a + "," + b for a, b in zip(lines[300:], labels[300:])]
    (data / "rest.csv").write_text("\n".join([head + ",label"] + rest) + "\n")
    (data / "labels.csv").write_text("file,label,split\nfirst.csv,normal,train\nrest.csv,,test\n")


def judge_pump(mote, shared, folder, window):
    data = folder / "data"
    data.mkdir(exist_ok=True)
    project = place_project("pump", folder, data)
    toml = (project / "mote.toml").read_text()
    assert "window = 10\n" in toml
    (project / "mote.toml").write_text(toml.replace("window = 10\n", "window = %d\n" % window))
    source = shared / "data/vibration-pump-skab"
    columns = ["Accelerometer1RMS", "Accelerometer2RMS", "Current", "Pressure", "Temperature", "Thermocouple", "Voltage",
               "Volume Flow RateRMS"]
    aucs, windows = [], 0
    for file in sorted(source.glob("*/*.csv")):
        if file.parent.name == "anomaly-free":
            continue
        split_pump(file, data, columns)
        mote("train", project)
        said = mote("test", project, "--rounds", 100)
        aucs.append(said["metrics"]["auc"])
        windows += said["labelled_windows"]
    mean, error = statistics.mean(aucs), statistics.stdev(aucs) / len(aucs) ** 0.5
    return {"figure": "mean AUC", "value": mean, "interval": [mean - 1.96 * error, mean + 1.96 * error],
            "windows": windows, "groups": len(aucs), **cost(mote, project)}


def pump(mote, shared, folder):
    return [{"what": "pump: faults after each recording's first 300 s, by a model of those; windows of 10 s", "limit": 0.87,
             **judge_pump(mote, shared, folder, 10)},
            {"what": "pump: the same, second by second", "limit": None, **judge_pump(mote, shared, folder, 1)}]


def posture(mote, shared, folder):
    # One recording of each posture, cut in three by time: there is nobody to keep apart.
    data = link_recordings(shared / "data/activity-tilt", folder / "data", ["label", "split"])
    project = place_project("posture", folder, data)
    mote("train", project)
    said = mote("test", project)
    return [{"what": "posture: 5 ways to hold a sensor", "figure": "accuracy", "limit": 1.0, "windows": said["windows"],
             "groups": len(said["groups"]), **figure(said, "accuracy"), **cost(mote, project)}]


EXAMPLES = [fan, heartbeats, pump, posture]


def number(value):
    return "" if value is None else "{:,}".format(value)


def render(rows):
    lines = ["# Results", "",
             "Written by `tools/results.py` from public recordings: `mote train` learns, `mote test` judges in the arithmetic of the",
             "device ([EVALUATION.md](EVALUATION.md)), `mote profile` counts on an emulated Cortex-M4, sensor blocks included. The",
             "projects are in [examples/projects](../examples/projects). Intervals are of 95 %, by bootstrap over groups (speeds,",
             "patients); of the pump's mean AUC, from the scatter of its recordings.",
             "", "| | figure | | interval | at least | windows | groups | RAM | flash | instructions |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    for row in rows:
        low_high = "%.3f to %.3f" % tuple(row["interval"]) if row["interval"] else ""
        lines.append("| %s | %s | %.3f | %s | %s | %s | %s | %s | %s | %s |" % (
            row["what"], row["figure"], row["value"], low_high, "" if row["limit"] is None else row["limit"],
            number(row["windows"]), row["groups"], number(row.get("ram")), number(row.get("flash")),
            number(row.get("instructions"))))
    lines += ["", "RAM and flash are bytes of the whole firmware without application: arena, static data and stack; code, weights and",
              "tables. Instructions are those of a result. The recordings: UCI \"Accelerometer\" (Scalabrini Sampaio and others, 2019);",
              "MIT-BIH Arrhythmia Database (Moody, Mark, 2001), 12 records; Skoltech Anomaly Benchmark (Katser, Kozitsin, 2020);",
              "acc-orientation of the Gesture Recognition Toolkit (Gillian, Paradiso, 2014), whose classes any model tells apart. Windows in which both happen are not counted.", ""]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--mote", default=str(ROOT / "build/mote"))
    parser.add_argument("--shared", type=pathlib.Path, default=ROOT.parent / "shared")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if not (options.shared / "data").is_dir():
        sys.exit("%s: the recordings are not there; --shared says where they are" % (options.shared / "data"))
    rows, low = [], []
    for example in EXAMPLES:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="mote-results-"))
        try:
            made = example(Mote(options.mote), options.shared.resolve(), folder)
        finally:
            shutil.rmtree(folder)
        for row in made:
            print("%-85s %.3f" % (row["what"], row["value"]), flush=True)
            if row["limit"] is not None and row["value"] < row["limit"]:
                low.append("%s: %.3f; at least %s is promised" % (row["what"], row["value"], row["limit"]))
        rows += made
    if not options.check:
        (ROOT / "docs/RESULTS.md").write_text(render(rows))
    if low:
        sys.exit("\n".join(low))


if __name__ == "__main__":
    main()
