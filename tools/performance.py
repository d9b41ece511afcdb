#!/usr/bin/env python3
"""Draws docs/PERFORMANCE.md and its charts from bench/recorded.json and bench/peers.json.

    tools/performance.py            writes them
    tools/performance.py --check    fails where they are not what would be written
"""
import argparse
import json
import pathlib
import sys
from xml.sax.saxutils import escape

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORES = ["cortex-m0", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55", "rv32imc"]
CORE_NAMES = {core: core.replace("cortex-m", "Cortex-M").replace("rv32imc", "RV32IMC") for core in CORES}
SETTINGS = ["ram", "balanced", "speed"]
MODELS = {
    "mlperf-kws": "KWS, keyword spotting of MLPerf Tiny (DS-CNN)",
    "mlperf-vww": "VWW, visual wake words of MLPerf Tiny (MobileNetV1, a quarter of the width)",
    "mlperf-ic": "IC, image classification of MLPerf Tiny (ResNet-8)",
    "mlperf-ad": "AD, anomaly detection of MLPerf Tiny (autoencoder)",
    "mlperf-sww": "SWW, streaming wake word of MLPerf Tiny",
    "person-detect": "person_detect of TFLM's examples",
    "mcunet-vww": "VWW of MCUNet, 80x80 pixels, from TinyEngine's repository",
    "mcunet-detection": "Person detection of MCUNet, 128x160 pixels",
    "mcunetv2-large": "MCUNetV2, ImageNet, 224x224 pixels",
    "keywords": "keywords, the model of this repository (models/keywords)",
    "standin-kws": "Stand-in for KWS", "standin-vww": "Stand-in for VWW", "standin-ic": "Stand-in for IC",
    "standin-ad": "Stand-in for AD", "standin-sww": "Stand-in for SWW",
}
SHORT = {"mlperf-kws": "KWS", "mlperf-vww": "VWW", "mlperf-ic": "IC", "mlperf-ad": "AD", "mlperf-sww": "SWW",
         "person-detect": "person_detect"}
COMPARED = list(SHORT)


def millions(count):
    """Three digits at least: 0.0765, 1.23, 123."""
    value = count / 1e6
    return "%.*f" % (4 if value < 0.1 else 3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0, value)


def number(count):
    return f"{round(count):,}"


def table(columns, rows):
    align = "|".join("---" if i == 0 else "---:" for i in range(len(columns)))
    lines = ["| " + " | ".join(columns) + " |", "|" + align + "|"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


class Record:
    def __init__(self, recorded, peers):
        self.commit, self.figures = recorded["commit"], recorded["figures"]
        self.peers, self.published, self.absent = peers["measured"], peers["published"], peers["absent"]

    def get(self, model, core, optimize, feed="whole"):
        return self.figures["%s %s %s %s" % (model, core, optimize, feed)]

    def peer(self, name, model, figure, core=None):
        """None where it was not measured."""
        for peer in self.peers["peers"]:
            if peer["name"] == name:
                value = peer["figures"].get(model, {}).get(figure)
                return value.get(core) if isinstance(value, dict) else value
        raise KeyError(name)

    def peer_names(self):
        return [peer["name"] for peer in self.peers["peers"]]


# Charts: groups of horizontal bars, one group for a model; the bars of a group are to the scale of its longest one.

COLOURS = {"mote": "#1f6f8b", "mote 2": "#58a4b0", "mote 3": "#a9d6e5", "TFLM + CMSIS-NN": "#c8553d", "TinyEngine": "#e09f3e",
           "microTVM": "#8a817c", "onnx2c": "#bcb8b1"}
ROW, GAP, TOP, LEFT, BARS, RIGHT = 16, 14, 76, 110, 430, 120


def draw_bars(title, unit, groups):
    """groups: [(name, [(label, colour, value, text)])]"""
    used = {(colour, label) for _, bars in groups for label, colour, _, _ in bars}
    legend = [(label, colour) for colour in COLOURS for c, label in sorted(used) if c == colour]
    height = TOP + sum(len(bars) * ROW + GAP for _, bars in groups)
    width = LEFT + BARS + RIGHT
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" '
           'font-family="sans-serif" font-size="12">' % (width, height, width, height),
           "<title>%s, %s</title>" % (escape(title), escape(unit)),
           '<rect width="100%" height="100%" fill="#ffffff"/>',
           '<text x="10" y="20" font-size="14" font-weight="bold">%s</text>' % escape(title),
           '<text x="10" y="37" fill="#555555">%s</text>' % escape(unit)]
    x = 10
    for label, colour in legend:
        out.append('<rect x="%d" y="46" width="10" height="10" fill="%s"/>' % (x, COLOURS[colour]))
        out.append('<text x="%d" y="55">%s</text>' % (x + 14, escape(label)))
        x += 26 + 7 * len(label)
    y = TOP
    for name, bars in groups:
        longest = max(value for _, _, value, _ in bars)
        out.append('<text x="%d" y="%d" text-anchor="end">%s</text>' % (LEFT - 8, y + len(bars) * ROW // 2 + 4, escape(name)))
        for _, colour, value, text in bars:
            length = max(1, round(BARS * value / longest))
            out.append('<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>' % (LEFT, y + 1, length, ROW - 3, COLOURS[colour]))
            out.append('<text x="%d" y="%d">%s</text>' % (LEFT + length + 5, y + ROW - 5, escape(text)))
            y += ROW
        y += GAP
    return "\n".join(out + ["</svg>", ""])


def beside_peers(record, bars_of_mote, peer_figure, show):
    """Groups of bars, one for each model: mote's, and those of the peers that have a figure."""
    groups = []
    for model in COMPARED:
        bars = bars_of_mote(model) + [(peer, peer, record.peer(peer, model, *peer_figure)) for peer in record.peer_names()]
        groups.append((SHORT[model], [(*bar, show(bar[2])) for bar in bars if bar[2] is not None]))
    return groups


def draw_memory(record):
    def bars(model):
        return [("mote", "mote", record.get(model, "cortex-m4", "ram")["arena_bytes"]),
                ("mote, fed by rows", "mote 2", record.get(model, "cortex-m4", "ram", "rows")["arena_bytes"])]
    return draw_bars("RAM for tensors on a Cortex-M4, mote with --optimize ram",
                     "bytes; the bars of each model to their own scale",
                     beside_peers(record, bars, ["arena_bytes"], number))


def draw_instructions(record):
    def bars(model):
        return [("mote", "mote", record.get(model, "cortex-m4", "speed")["instructions"])]
    return draw_bars("An inference on a Cortex-M4, mote with --optimize speed",
                     "million instructions; the bars of each model to their own scale",
                     beside_peers(record, bars, ["instructions", "cortex-m4"], millions))


def draw_settings(record):
    groups = []
    for model in COMPARED:
        bars = []
        for optimize, colour in zip(SETTINGS, ["mote", "mote 2", "mote 3"]):
            f = record.get(model, "cortex-m4", optimize)
            bars.append(("--optimize " + optimize, colour, f["instructions"],
                         "%s in %s B" % (millions(f["instructions"]), number(f["arena_bytes"]))))
        groups.append((SHORT[model], bars))
    return draw_bars("What each setting buys on a Cortex-M4",
                     "million instructions, in so many bytes of arena; the bars of each model to their own scale", groups)


def describe_peers(record):
    lines = [record.peers["conditions"], ""]
    for peer in record.peers["peers"]:
        lines += ["- **%s**: %s. %s. %s." % (peer["name"], peer["what"], peer["source"], capitalised(peer["conditions"]))]
    return lines + [""]


def capitalised(text):
    return text[0].upper() + text[1:]


def compare_memory(record):
    rows = []
    for model in COMPARED:
        whole, by_rows = (record.get(model, "cortex-m4", "ram", feed) for feed in ("whole", "rows"))
        row = [SHORT[model], number(whole["arena_bytes"]), number(by_rows["arena_bytes"])]
        row += [show(number, record.peer(peer, model, "arena_bytes")) for peer in ("TFLM + CMSIS-NN", "TinyEngine", "onnx2c")]
        for figure in ("code_bytes", "stack_bytes"):
            row += [number(whole[figure]), show(number, record.peer("TFLM + CMSIS-NN", model, figure))]
        rows.append(row)
    return table(["bytes", "arena: mote", "fed by rows", "TFLM", "TinyEngine", "onnx2c", "code: mote", "TFLM", "stack: mote",
                  "TFLM"], rows)


def compare_instructions(record):
    cores = ["cortex-m0", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m55"]
    rows = []
    for model in COMPARED:
        row = [SHORT[model]]
        for core in cores:
            ours = record.get(model, core, "speed")["instructions"]
            theirs = record.peer("TFLM + CMSIS-NN", model, "instructions", core)
            row.append("%s / %s (%.2f)" % (millions(ours), millions(theirs), ours / theirs))
        rows.append(row)
    return table(["mote / TFLM"] + [CORE_NAMES[core] for core in cores], rows)


def compare_on_m4(record):
    peers = record.peer_names()
    rows = [[SHORT[model], millions(record.get(model, "cortex-m4", "speed")["instructions"])] +
            [show(millions, record.peer(peer, model, "instructions", "cortex-m4")) for peer in peers] for model in COMPARED]
    return table(["million instructions", "mote"] + peers, rows)


def show(form, value):
    return "-" if value is None else form(value)


def show_published(record):
    lines = []
    for one in record.published:
        lines += ["### " + one["title"], "", "Source: %s. %s" % (one["source"], one["conditions"]), ""]
        lines += table(one["columns"], one["rows"])
    return lines + [record.absent, ""]


def stand_in_check(record):
    rows = []
    for model in COMPARED[:5]:
        name = model.replace("mlperf", "standin")
        row = [SHORT[model]]
        for optimize in SETTINGS:
            ours, public = (record.get(m, "cortex-m4", optimize) for m in (name, model))
            row.append("%s / %s" % (millions(ours["instructions"]), millions(public["instructions"])))
            row.append("%s / %s" % (number(ours["arena_bytes"]), number(public["arena_bytes"])))
        rows.append(row)
    columns = [""]
    for optimize in SETTINGS:
        columns += [optimize + ": M instructions", "arena"]
    return table(columns, rows)


def show_model(record, model):
    rows = []
    jobs = [(core, optimize, "whole") for core in CORES for optimize in SETTINGS]
    jobs += [("cortex-m4", "ram", "rows"), ("cortex-m4", "speed", "stream 1")]
    macs = 0
    for core, optimize, feed in jobs:
        if "%s %s %s %s" % (model, core, optimize, feed) not in record.figures:
            continue
        f = record.get(model, core, optimize, feed)
        name = [CORE_NAMES[core], optimize + ("" if feed == "whole" else ", " + feed)]
        if "does_not_fit" in f:
            rows.append(name + ["does not fit the emulated machine: " + f["does_not_fit"]] + [""] * 7)
            continue
        if feed == "whole":
            macs = f["macs"]
        rows.append(name + [millions(f["instructions"]), "%.2f" % (f["instructions"] / f["macs"])] +
                    [number(f[key + "_bytes"]) for key in ("arena", "stack", "code", "tables", "weights", "flash")])
    lines = ["### " + MODELS[model], "", "%s MACs are computed." % number(macs), ""]
    return lines + table(["core", "setting", "M instructions", "per MAC", "arena", "stack", "code", "tables", "weights",
                          "flash"], rows)


PAGE = """# Performance

What models take, on all emulated cores and with all three settings of `--optimize`. This page is drawn by
`tools/performance.py` from [bench/recorded.json](../bench/recorded.json) and [bench/peers.json](../bench/peers.json); a
test fails where it is not what they say. Recorded at commit {commit} with
{compilers}.

`make bench` measures again and fails where arena, code, weights, tables, stack or instructions of one line grew by more
than 1 %. Figures are exact for their compiler, and the same on every computer:

- **instructions** of one inference, counted by a QEMU plugin. They are not cycles: docs/PREDICTIONS.md is about those.
- **arena**: the RAM of all tensors and of scratch memory, input included. Besides it a model has 8 bytes of static RAM.
- **stack** of one inference, found by painting it.
- **code**, **tables** (the plan, per-channel multipliers) and **weights** in flash, without the start-up of an empty firmware.

## Beside others, in the same emulator

{peers}
![RAM for tensors on a Cortex-M4](performance-arena.svg)

{memory}
![Instructions of an inference on a Cortex-M4](performance-instructions.svg)

Million instructions on a Cortex-M4, mote with `--optimize speed`:

{on_m4}
Million instructions with `--optimize speed`, of mote / of TFLM with CMSIS-NN (ratio):

{instructions}
VWW has fewer MACs with mote, because half of them provably change nothing (DESIGN.md).

## Published by others

Other boards, other builds, and other things counted: these figures set the scale, and are not to be subtracted from ours.

{published}
## What each setting buys

![Instructions and arena by setting](performance-settings.svg)

## Stand-ins

Five networks of the shapes of MLPerf Tiny's models, with weights made by `bench/stand_ins.py`, are measured where the
public models are not at hand. How near they are on a Cortex-M4, stand-in / public model:

{stand_ins}
The public VWW has channels that provably change nothing; its stand-in has none, so it computes all 7.49 million MACs.

## All figures

Bytes but where said otherwise. A line that says `rows` is fed row by row; `stream 1` is what each new row takes when the
window slides by one row.

{models}"""


def draw_page(record):
    compilers = sorted({f["compiler"] for f in record.figures.values() if "compiler" in f})
    models = []
    for model in MODELS:
        models += show_model(record, model)
    unknown = {key.split()[0] for key in record.figures} - set(MODELS)
    if unknown:
        raise SystemExit("tools/performance.py: MODELS lacks " + ", ".join(sorted(unknown)))
    parts = {"peers": describe_peers(record), "memory": compare_memory(record), "on_m4": compare_on_m4(record),
             "instructions": compare_instructions(record), "published": show_published(record),
             "stand_ins": stand_in_check(record), "models": models}
    return PAGE.format(commit=record.commit, compilers=" and ".join(compilers),
                       **{name: "\n".join(lines) for name, lines in parts.items()})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--recorded", type=pathlib.Path, default=ROOT / "bench/recorded.json")
    parser.add_argument("--docs", type=pathlib.Path, default=ROOT / "docs")
    args = parser.parse_args()
    record = Record(json.loads(args.recorded.read_text()), json.loads((ROOT / "bench/peers.json").read_text()))
    drawn = {"PERFORMANCE.md": draw_page(record), "performance-arena.svg": draw_memory(record),
             "performance-instructions.svg": draw_instructions(record), "performance-settings.svg": draw_settings(record)}
    stale = 0
    for name, text in drawn.items():
        path = args.docs / name
        if not args.check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            print("docs/%s is not what bench/recorded.json says; run tools/performance.py" % name)
            stale += 1
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
