#!/usr/bin/env python3
"""Measures how planning time grows with the number of ops; writes its table and curve (docs/SCALING.md, docs/scaling.svg).

    tools/scaling.py build/mote_host_bench
"""
import json
import math
import pathlib
import re
import subprocess
import sys

DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"
GRAPHS = {"chain": ("chain of small convolutions", "#1f6f8b"),
          "skips": ("convolutions with short and long skips", "#c8553d")}
LEFT, TOP, WIDTH, HEIGHT = 60, 52, 480, 260


def measure(bench):
    """{graph: [(ops, milliseconds of CPU time)]}"""
    out = subprocess.run([bench, "--benchmark_filter=plan_ops", "--benchmark_format=json"], check=True,
                         stdout=subprocess.PIPE).stdout
    times = {graph: [] for graph in GRAPHS}
    for run in json.loads(out)["benchmarks"]:
        if run["run_type"] == "iteration":
            graph, ops = run["name"].split("/")[1:]
            times[graph].append((int(ops), run["cpu_time"]))
    return times


def table(times):
    ops = [n for n, _ in times["chain"]]
    lines = ["| ops | " + " | ".join(map(str, ops)) + " |", "|" + "---|" * (len(ops) + 1)]
    for graph, (name, _) in GRAPHS.items():
        lines.append("| %s | %s |" % (name, " | ".join("%.3g" % ms for _, ms in times[graph])))
    return "\n".join(lines) + "\n"


def draw(times):
    points = [p for of_graph in times.values() for p in of_graph]
    first, last = min(n for n, _ in points), max(n for n, _ in points)
    bottom = math.floor(math.log10(min(ms for _, ms in points)))
    top = math.ceil(math.log10(max(ms for _, ms in points)))

    def at(n, ms):
        return (LEFT + WIDTH * math.log(n / first) / math.log(last / first),
                TOP + HEIGHT * (top - math.log10(ms)) / (top - bottom))

    def line(of, colour, dash=""):
        return '<polyline points="%s" fill="none" stroke="%s"%s/>' % (
            " ".join("%.1f,%.1f" % at(*p) for p in of), colour, dash)

    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="600" height="370" viewBox="0 0 600 370" role="img" '
           'font-family="sans-serif" font-size="12">', "<title>Planning time by the number of ops</title>",
           '<rect width="100%" height="100%" fill="#ffffff"/>',
           '<text x="10" y="20" font-size="14" font-weight="bold">Planning time by the number of ops</text>',
           '<text x="10" y="37" fill="#555555">milliseconds, Cortex-M4, --optimize balanced; dashed: n log n through the '
           'last point</text>']
    for power in range(bottom, top + 1):
        y = at(first, 10.0**power)[1]
        out.append('<path d="M%d %.1fh%d" stroke="#dddddd"/><text x="%d" y="%.1f" text-anchor="end">%g</text>' %
                   (LEFT, y, WIDTH, LEFT - 6, y + 4, 10.0**power))
    for n, _ in times["chain"]:
        x = at(n, 1)[0]
        out.append('<text x="%.1f" y="%d" text-anchor="middle">%d</text>' % (x, TOP + HEIGHT + 18, n))
    for i, (graph, (name, colour)) in enumerate(GRAPHS.items()):
        n_last, ms_last = times[graph][-1]
        ideal = [(n, ms_last * n * math.log(n) / (n_last * math.log(n_last))) for n, _ in times[graph]]
        out.append(line([p for p in ideal if p[1] >= 10.0**bottom], colour, ' stroke-dasharray="4 4"'))
        out.append(line(times[graph], colour, ' stroke-width="2"'))
        out += ['<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>' % (*at(*p), colour) for p in times[graph]]
        out.append('<text x="%d" y="%d" fill="%s">%s</text>' % (LEFT + 260 * i, TOP + HEIGHT + 42, colour, name))
    return "\n".join(out + ["</svg>", ""])


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    times = measure(sys.argv[1])
    page = DOCS / "SCALING.md"
    text, count = re.subn(r"(?m)^\| ops \|.*\n(\|.*\n)+", table(times), page.read_text(), count=1)
    if count != 1:
        sys.exit("%s has no table that begins with | ops |" % page)
    page.write_text(text)
    (DOCS / "scaling.svg").write_text(draw(times))
    print(table(times), end="")


main()
