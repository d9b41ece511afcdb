#!/bin/sh
# Prints the table of predictions in docs/PREDICTIONS.md: instructions, cycles and their ratio, latency and energy.
#
#   tools/predictions.sh MOTE "TARGET..." MODEL...
set -eu
mote=$1
targets=$2
shift 2
printf '| model | target | M instructions | M cycles: nominal (low to high) | cycles/instruction | ms | uJ |\n'
printf '|---|---|---|---|---|---|---|\n'
for model; do
  for target in $targets; do
    "$mote" profile "$model" --target "$target" --optimize speed --json | python3 -c '
import json, sys
name, target = sys.argv[1:]
report = json.load(sys.stdin)
p = report["prediction"]
def interval(value, unit):
    if value is None: return "unknown"
    digits = [float("%.3g" % (value[k] / unit)) for k in ("nominal", "low", "high")]
    return "%s (%s to %s)" % tuple("%.0f" % d if d >= 100 else "%g" % d for d in digits)
print("| %s | %s | %.3f | %s | %.2f | %s | %s |" % (name, target, report["instructions"] / 1e6, interval(p["cycles"], 1e6),
      p["cycles_per_instruction"], interval(p["latency_ms"], 1), interval(p["energy_uj"], 1)))
' "$(basename "$(dirname "$model")")" "$target"
  done
done
