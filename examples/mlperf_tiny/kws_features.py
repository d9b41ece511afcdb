#!/usr/bin/env python3
"""Turns recordings of words into inputs of the benchmark's keyword model.

    kws_features.py CLIPS OUT --manifest build/kws/package/manifest.json

CLIPS holds labels.csv with the columns "file" and "label", and 16 kHz mono 16-bit WAV files; OUT is then a data set for
run.py. The features are those that the reference model was trained on (mlcommons/tiny, keyword_spotting):

  1. One second, divided by its largest sample, zeros after it where it is shorter.
  2. Frames of 480 samples every 320, a periodic Hann window, the absolute values of a 512-point FFT.
  3. 40 triangular filters, equally spaced on mel(f) = 1127 ln(1 + f / 700) from 20 to 4000 Hz and straight on that
     scale; the logarithm of their outputs + 1e-6.
  4. Coefficient c = 2 / sqrt(80) sum over i of band[i] cos(pi c (2 i + 1) / 80), c = 0 to 9: 49 x 10 values, in the
     scale and zero point of the input.
"""
import argparse
import cmath
import csv
import functools
import json
import math
import pathlib
import struct
import wave

CLASSES = "down go left no off on right stop up yes _silence_ _unknown_".split()
RATE = CLIP = 16000
FRAME, HOP, FFT = 480, 320, 512
BANDS, COEFFICIENTS = 40, 10
LOWEST_HZ, HIGHEST_HZ = 20.0, 4000.0


def fft(values):
    n = len(values)
    if n == 1:
        return values
    even, odd = fft(values[0::2]), fft(values[1::2])
    turned = [cmath.exp(-2j * math.pi * k / n) * odd[k] for k in range(n // 2)]
    return [even[k] + turned[k] for k in range(n // 2)] + [even[k] - turned[k] for k in range(n // 2)]


def mel(hz):
    return 1127.0 * math.log(1.0 + hz / 700.0)


@functools.lru_cache
def filters():
    """Per band the weights of the bins of the FFT, 0 Hz left out, as (bin, weight)."""
    low, high = mel(LOWEST_HZ), mel(HIGHEST_HZ)
    edges = [low + (high - low) * i / (BANDS + 1) for i in range(BANDS + 2)]
    bands = []
    for left, centre, right in zip(edges, edges[1:], edges[2:]):
        weights = []
        for k in range(1, FFT // 2 + 1):
            at = mel(k * RATE / FFT)
            weight = min((at - left) / (centre - left), (right - at) / (right - centre))
            if weight > 0:
                weights.append((k, weight))
        bands.append(weights)
    return bands


def features(samples):
    """49 lists of 10 numbers."""
    loudest = max(samples[:CLIP])
    clip = [s / loudest if loudest else 0.0 for s in samples[:CLIP]] + [0.0] * (CLIP - len(samples))
    window = [0.5 - 0.5 * math.cos(2 * math.pi * i / FRAME) for i in range(FRAME)]
    rows = []
    for start in range(0, CLIP - FRAME + 1, HOP):
        frame = [clip[start + i] * window[i] for i in range(FRAME)] + [0.0] * (FFT - FRAME)
        spectrum = [abs(x) for x in fft(frame)[: FFT // 2 + 1]]
        bands = [math.log(sum(weight * spectrum[k] for k, weight in band) + 1e-6) for band in filters()]
        rows.append([
            2 / math.sqrt(2 * BANDS) * sum(b * math.cos(math.pi * c * (2 * i + 1) / (2 * BANDS)) for i, b in enumerate(bands))
            for c in range(COEFFICIENTS)
        ])
    return rows


def quantize(rows, scale, zero_point):
    """The rows as the bytes of an int8 tensor."""
    values = [max(-128, min(127, round(value / scale) + zero_point)) for row in rows for value in row]
    return struct.pack(f"{len(values)}b", *values)


def read_wav(path):
    with wave.open(str(path)) as clip:
        if (clip.getframerate(), clip.getnchannels(), clip.getsampwidth()) != (RATE, 1, 2):
            raise SystemExit(f"{path} is not 16 kHz, mono, 16 bits")
        data = clip.readframes(clip.getnframes())
    return struct.unpack(f"<{len(data) // 2}h", data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--manifest", required=True, help="of the package: scale and zero point of the input")
    arguments = parser.parse_args()
    tensor = json.loads(pathlib.Path(arguments.manifest).read_text())["inputs"][0]
    arguments.out.mkdir(parents=True, exist_ok=True)
    with open(arguments.clips / "labels.csv", newline="") as labels, open(arguments.out / "y_labels.csv", "w") as table:
        for row in csv.DictReader(labels):
            name = row["file"].replace("/", "_").removesuffix(".wav") + ".bin"
            rows = features(read_wav(arguments.clips / row["file"]))
            (arguments.out / name).write_bytes(quantize(rows, tensor["scale"], tensor["zero_point"]))
            table.write(f"{name},{len(CLASSES)},{CLASSES.index(row['label'])}\n")


if __name__ == "__main__":
    main()
