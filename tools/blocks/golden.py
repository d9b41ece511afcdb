#!/usr/bin/env python3
"""What features have to be: sensor blocks computed by numpy and scipy in double precision, from their definitions.

    tools/blocks/golden.py [FOLDER of mote/blocks]

writes <block>/<block>_golden.json for every block below: settings, the signal's rate and length, and the features. The
signals are made by whole-number formulas, so that the test makes the same ones. Bands in mel and their powers are held to
librosa's first. Needs numpy, scipy, PyWavelets and librosa; the tests do not.
"""
import json
import pathlib
import sys
from fractions import Fraction

import librosa
import numpy as np
import pywt
from scipy.fft import dct
from scipy import ndimage, signal, stats
from scipy.signal import get_window

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2] / "mote/blocks")


def triangle(phase):
    phase &= 0xFFFF
    return phase - 16384 if phase < 32768 else 49151 - phase


def audio(n):
    """Two sweeping tones and noise, in four parts: loud, soft, very soft, one tone alone."""
    out, a, b, noise = [], 0, 0, 12345
    for i in range(n):
        noise = (noise * 1664525 + 1013904223) & 0xFFFFFFFF
        a, b = a + 900 + i // 8, b + 5000 - i // 16
        hiss = (noise >> 20) - 2048
        part = 4 * i // n
        out.append([triangle(a) + triangle(b) // 4 + hiss, (triangle(a) + hiss) >> 4, hiss >> 6, triangle(a)][part])
    return np.clip(np.array(out), -32768, 32767).astype(np.float64)


def motion(n, axes):
    """Several axes: triangles of 1/256, 1/23 and 1/5.1 of the rate, other sizes and phases on each, noise, an offset, and
    now and then a knock."""
    out, noise = [], 12345
    for i in range(n):
        for a in range(axes):
            noise = (noise * 1664525 + 1013904223) & 0xFFFFFFFF
            slow, middle, fast = triangle((i + 40 * a) * 256), triangle(i * 2849 + a * 9000), triangle(i * 12850)
            out.append((slow >> (a % 3)) + (middle >> 2) + (fast >> (2 + a % 2)) + ((noise >> 20) - 2048) // 4 +
                       (2000 * a - 1000) + (14000 if i % 250 in (40, 41) else 0))
    return np.clip(np.array(out, dtype=np.float64), -32768, 32767).reshape(n, axes)


def vibration(n, axes):
    """Several axes: a tone that rises through all octaves, and noise that comes and goes, at other times on each."""
    out, noise = [], 12345
    for i in range(n):
        for a in range(axes):
            noise = (noise * 1664525 + 1013904223) & 0xFFFFFFFF
            loud = 64 + ((triangle(i * 61 + a * 20000) + 16384) >> 8)
            out.append((((noise >> 16) - 32768) * loud >> 8) + (triangle((i % 1000) * (i % 1000) * 16 + a * 9000) >> a))
    return np.clip(np.array(out, dtype=np.float64), -32768, 32767).reshape(n, axes)


def electrocardiogram(n):
    """Beats at irregular times, whose QRS complexes are triangles, T waves, a wandering base line and noise."""
    x, noise = np.zeros(n), 12345
    for i in range(n):
        noise = (noise * 1664525 + 1013904223) & 0xFFFFFFFF
        x[i] = (triangle(i * 70) >> 3) + ((noise >> 20) - 2048) // 16
    beat, j = 60, 0
    while beat < n:
        for k in range(-4, 60):
            if beat + k >= n: break
            x[beat + k] += max(0, 9000 - 2300 * abs(k)) - max(0, 2500 - 900 * abs(k - 6)) + max(0, 1500 - 100 * abs(k - 45))
        beat, j = beat + 170 + (j * j * 29 + j * 53) % 60, j + 1
    return x[:, None]


def picture(width, height, channels):
    """Slow and steep slopes, edges and noise, in bytes."""
    out, noise = [], 12345
    for y in range(height):
        for x in range(width):
            for c in range(channels):
                noise = (noise * 1664525 + 1013904223) & 0xFFFFFFFF
                slope = triangle(x * 1500 + y * 700 * (c + 1)) >> 7
                out.append(slope + 128 + (noise >> 27) - 16 + (90 if (x // 9 + y // 7 + c) % 5 == 0 else 0))
    return np.clip(np.array(out, dtype=np.float64), 0, 255).reshape(height, width, channels)


def frames(x, s, rate):
    length, stride = (int(np.ceil(s[k] * rate - 0.001)) for k in ("frame_length", "frame_stride"))
    y = x - s["preemphasis"] * np.concatenate([x[:1], x[:-1]])
    n, used = s["fft_length"], min(length, s["fft_length"])
    window = np.ones(used) if s["window"] == "none" else get_window(s["window"], used)  # periodic
    count = (len(x) - length) // stride + 1
    return np.array([np.abs(np.fft.rfft(y[f * stride:f * stride + used] * window, n)) ** 2 for f in range(count)])


def mel_weights(s, rate):
    n, low, high = s["fft_length"], s["low_frequency"], s["high_frequency"] or rate / 2
    if s["mel"] != "slaney":
        to, back = (lambda f: 1127 * np.log(1 + f / 700)), (lambda m: 700 * (np.exp(m / 1127) - 1))
    else:
        to = lambda f: np.where(f < 1000, f / (200 / 3), 15 + np.log(np.maximum(f, 1) / 1000) / (np.log(6.4) / 27))
        back = lambda m: np.where(m < 15, m * 200 / 3, 1000 * np.exp((m - 15) * np.log(6.4) / 27))
    hz = back(np.linspace(to(low), to(high), s["num_filters"] + 2))
    weights = np.zeros((s["num_filters"], n // 2 + 1))
    if s["mel"] == "htk_bins":
        hz[-1] -= 0.001
        corners = np.floor((n + 1) * hz / rate).astype(int)
        for b, (l, c, r) in enumerate(zip(corners, corners[1:], corners[2:])):
            for k in range(l, r + 1):
                if k < c: weights[b, k] = (k - l) / (c - l)
                elif k == c: weights[b, k] = 1
                else: weights[b, k] = (r - k) / (r - c)
    else:
        bins = np.arange(n // 2 + 1) * rate / n
        for b, (l, c, r) in enumerate(zip(hz, hz[1:], hz[2:])):
            weights[b] = np.maximum(0, np.minimum((bins - l) / (c - l), (r - bins) / (r - c)))
            if s["mel"] == "slaney": weights[b] *= 2 / (r - l)
    return weights


def check_bands_are_librosas():
    x, rate = audio(8000) / 32768, 16000
    for kind, how in (("slaney", {"htk": False, "norm": "slaney"}), ("htk", {"htk": True, "norm": None})):
        s = {"mel": kind, "fft_length": 512, "num_filters": 40, "low_frequency": 60, "high_frequency": 7600,
             "frame_length": 0.032, "frame_stride": 0.01, "preemphasis": 0, "window": "hann"}
        theirs = librosa.feature.melspectrogram(y=x, sr=rate, n_fft=512, hop_length=160, window="hann", center=False, power=2,
                                                n_mels=40, fmin=60, fmax=7600, dtype=np.float64, **how).T
        np.testing.assert_allclose(frames(x, s, rate) @ mel_weights(s, rate).T, theirs, rtol=1e-6)


def spectrogram(x, s, rate):
    power = frames(x / 32768, s, rate) / s["fft_length"]
    return 10 * np.log10(np.maximum(power, 10 ** (s["noise_floor"] / 10)))


def mfe(x, s, rate):
    power = frames(x / 32768, s, rate) / s["fft_length"] @ mel_weights(s, rate).T
    decibels = 10 * np.log10(np.maximum(power, 1e-30))
    return np.clip((decibels - s["noise_floor"]) / (12 - s["noise_floor"]), 0, 1)


def log_mel(x, s, rate):
    power = frames(x / 32768, s, rate) @ mel_weights(s, rate).T
    return s["gain"] * np.log(power + s["added"])


def sliding(x, window, what):
    half = (window - 1) // 2
    padded = np.pad(x, ((half, half), (0, 0)), "symmetric")
    return np.array([what(padded[f:f + window], axis=0) for f in range(len(x))])


def mfcc(x, s, rate):
    power = frames(x, s, rate) / s["fft_length"]
    mel = power @ mel_weights(s, rate).T
    c = dct(np.log(np.maximum(mel, 1e-10)), type=2, norm="ortho", axis=1)[:, :s["num_cepstral"]]
    c[:, 0] = np.log(np.maximum(power.sum(axis=1), 1e-10))
    if s["win_size"]:
        c = c - sliding(c, s["win_size"], np.mean)
        c = c / np.sqrt(sliding(c * c, s["win_size"], np.mean))
    return c


def design(s, rate):
    kind, cutoff = s["kind"], s["cutoff"]
    if kind == "notch": return signal.tf2sos(*signal.iirnotch(cutoff, s["quality"], fs=rate))
    if kind == "dc": return signal.tf2sos([1, -1], [1, -np.exp(-2 * np.pi * cutoff / rate)])
    band = {"low": "lowpass", "high": "highpass", "band": "bandpass"}[kind]
    return signal.butter(s["order"], [cutoff, s["cutoff_high"]] if kind == "band" else cutoff, band, fs=rate, output="sos")


def filtered(x, s, rate):
    sos = design(s, rate)
    if s["start"] == "zero": return np.clip(signal.sosfilt(sos, x, axis=0), -32768, 32767)
    state = np.stack([signal.sosfilt_zi(sos) * first for first in x[0]], axis=-1)
    return np.clip(signal.sosfilt(sos, x, axis=0, zi=state)[0], -32768, 32767)


PERCENTILES = {"p5": 5, "p25": 25, "median": 50, "p75": 75, "p95": 95}
STATISTICS = {
    "mean": np.mean, "minimum": np.min, "maximum": np.max, "rms": lambda v: np.sqrt(np.mean(v * v)), "deviation": np.std,
    "skewness": stats.skew, "kurtosis": stats.kurtosis, "zero_crossings": lambda v: np.sum(np.diff(np.signbit(v))),
    "peaks": lambda v: len(signal.find_peaks(v, height=np.mean(v))[0])}
STATISTICS |= {name: (lambda v, p=p: np.percentile(v, p)) for name, p in PERCENTILES.items()}


def statistics(x, s, rate):
    return np.array([[STATISTICS[name](v) for name in STATISTICS if s[name] == "yes"] for v in x.T])


def wavelet(x, s, rate):
    parts = [pywt.wavedec(v, s["wavelet"], mode="symmetric", level=s["level"]) for v in x.T]
    return np.array([[STATISTICS[name](c) for c in p for name in STATISTICS if s[name] == "yes"] for p in parts])


def highest_peaks(bins, count, first, bin_hz):
    at = signal.find_peaks(bins)[0]
    at = sorted(at, key=lambda k: -bins[k])[:count]
    found = [v for k in at for v in ((first + k) * bin_hz, bins[k])]
    return found + [0, -10] * (count - len(at))


def spectral(x, s, rate):
    n, kind, cutoff = s["fft_length"], s["filter_type"], s["filter_cutoff"]
    if kind != "none" and s["filter_order"]:
        x = signal.sosfilt(signal.butter(s["filter_order"], cutoff, kind, fs=rate, output="sos"), x, axis=0)
    x = x - np.mean(x, axis=0)
    hop = n // 2 if s["fft_overlap"] == "yes" else n
    power = np.max([np.abs(np.fft.rfft(x[f:f + n], n, axis=0)) ** 2 / n for f in range(0, len(x), hop)], axis=0)
    first = max(1, int(np.floor(cutoff * n / rate - 0.5)) + 1) if kind == "high" else 1
    last = int(np.floor(cutoff * n / rate + 0.5)) if kind == "low" else n // 2
    bins = np.log10(np.maximum(power[first:last + 1], 1e-10))
    rows = np.concatenate([[np.std(x, axis=0), stats.skew(x, axis=0), stats.kurtosis(x, axis=0)], bins]).T
    return np.hstack([rows, [highest_peaks(b, s["peaks"], first, rate / n) for b in bins.T]])


def decimated(x, s, rate):
    taps = signal.firwin(20 * s["factor"] + 1, 1 / s["factor"], window="hamming")
    return signal.resample_poly(x, 1, s["factor"], axis=0, window=taps, padtype="edge")


def resampled(x, s, rate):
    ratio = Fraction(s["rate_hz"] / rate).limit_denominator(1024)
    return signal.resample_poly(x, ratio.numerator, ratio.denominator, axis=0, padtype="edge")


def normalized(x, s, rate):
    if s["by"] == "range": return (x - np.min(x, axis=0)) / np.ptp(x, axis=0)
    return (x - np.mean(x, axis=0)) / (np.std(x, axis=0) if s["by"] == "deviation" else 1)


def magnitude(x, s, rate):
    if s["of"] == "change": x = np.diff(x, axis=0, prepend=x[:1]) * rate
    return np.linalg.norm(x, axis=1)


def tilt(x, s, rate):
    g = filtered(x, {"kind": "low", "order": 2, "start": "steady"} | s, rate)
    along = np.sum(x * g, axis=1) / np.linalg.norm(g, axis=1)
    return np.stack([along, np.sqrt(np.maximum(np.sum(x * x, axis=1) - along ** 2, 0))], axis=1)


def ecg(x, s, rate):
    sos = signal.butter(2, [s["low_cutoff"], s["high_cutoff"]], "bandpass", fs=rate, output="sos")
    y = np.abs(signal.sosfilt(sos, x[:, 0], zi=signal.sosfilt_zi(sos) * x[0, 0])[0])
    reference = np.sort([np.max(y[f:f + rate]) for f in range(0, len(y) - rate + 1, rate)])
    half = reference[(len(reference) - 1) // 2] / 2
    reach = round(s["refractory"] * rate)
    beats = [i for i in range(len(y)) if y[i] >= half and y[i] == np.max(y[max(0, i - reach):i + reach + 1])]
    d = np.diff(beats) / rate
    change = np.diff(d)
    return np.array([[60 / np.mean(d), np.mean(d), np.std(d), np.sqrt(np.mean(change ** 2)), np.mean(abs(change) > 0.05)]])


def image(x, s):
    (h, w), (height, width) = x.shape[:2], (s["height"], s["width"])
    wider, to = w * height > h * width, [height, width]
    if s["fit"] == "crop":
        crop = (h, round(h * width / height)) if wider else (round(w * height / width), w)
        top, left = (h - crop[0]) // 2, (w - crop[1]) // 2
        x = x[top:top + crop[0], left:left + crop[1]]
    if s["fit"] == "pad": to = [round(h * width / w), width] if wider else [height, round(w * height / h)]
    at = [(np.arange(n) + 0.5) * size / n for n, size in zip(to, x.shape)]
    if s["resize"] == "nearest": y = x[np.ix_(*(np.floor(a).astype(int) for a in at))]
    else:
        grid = np.meshgrid(*(a - 0.5 for a in at), indexing="ij")
        y = np.stack([ndimage.map_coordinates(c, grid, order=1, mode="nearest") for c in np.moveaxis(x, 2, 0)], axis=2)
    around = [(height - to[0]) // 2, (width - to[1]) // 2]
    y = np.pad(y, [(b, n - t - b) for b, n, t in zip(around, (height, width), to)] + [(0, 0)])
    if s["channels"] == "grey" and x.shape[2] == 3: y = y @ [[0.299], [0.587], [0.114]]
    return {"unit": y / 255, "centred": y / 127.5 - 1, "byte": y}[s["values"]]


FRAMES = {"frame_length": 0.02, "frame_stride": 0.02, "fft_length": 256, "window": "none", "preemphasis": 0.98}
MEL = {"low_frequency": 0, "high_frequency": 0, "mel": "htk_bins"}
CASES = {
    "spectrogram": (spectrogram, [FRAMES | {"preemphasis": 0, "noise_floor": -52},
                                  FRAMES | {"frame_length": 0.032, "frame_stride": 0.024, "fft_length": 512,
                                            "window": "hann", "preemphasis": 0, "noise_floor": -110}]),
    "mfe": (mfe, [FRAMES | MEL | {"frame_stride": 0.01, "num_filters": 40, "noise_floor": -52},
                  FRAMES | MEL | {"frame_length": 0.064, "frame_stride": 0.032, "fft_length": 1024, "window": "hann",
                                  "preemphasis": 0, "num_filters": 40, "noise_floor": -100, "mel": "slaney",
                                  "low_frequency": 20}]),
    "log_mel": (log_mel, [FRAMES | MEL | {"frame_length": 0.032, "fft_length": 512, "window": "hann", "preemphasis": 0,
                                          "num_filters": 40, "low_frequency": 60, "high_frequency": 7600, "mel": "htk",
                                          "added": 0.001, "gain": 0.25},
                          FRAMES | MEL | {"num_filters": 26, "mel": "slaney", "added": 1e-9, "gain": 1}]),
    "mfcc": (mfcc, [FRAMES | MEL | {"num_cepstral": 13, "num_filters": 32, "win_size": 101},
                    FRAMES | MEL | {"num_cepstral": 20, "num_filters": 40, "win_size": 0, "window": "hamming",
                                    "frame_length": 0.025, "frame_stride": 0.01, "fft_length": 512,
                                    "low_frequency": 80, "high_frequency": 7600}]),
}

SPECTRAL = {"filter_type": "none", "filter_cutoff": 8, "filter_order": 6, "fft_length": 16, "fft_overlap": "yes",
            "peaks": 0}
FILTER = {"cutoff": 3, "cutoff_high": 10, "order": 6, "quality": 30, "start": "zero"}
ALL = {name: "yes" for name in STATISTICS}
# Sensors of 100 Hz with several axes: what it computes, samples in a window, axes, windows, cases. How many columns of
# features have a range of their own is found from the first window.
MOTION_CASES = {
    "decimate": (decimated, 300, 3, 1, [{"factor": 3}, {"factor": 10}]),
    "resample": (resampled, 300, 3, 1, [{"rate_hz": r} for r in (80, 100 / 3, 160, 100, 37)]),
    "filter": (filtered, 400, 3, 1, [FILTER | {"kind": "low"}, FILTER | {"kind": "low", "order": 3, "start": "steady"},
                                     FILTER | {"kind": "low", "cutoff": 0.1, "order": 2, "start": "steady"},
                                     FILTER | {"kind": "low", "cutoff": 0.1, "order": 8, "start": "steady"},
                                     FILTER | {"kind": "high"}, FILTER | {"kind": "band", "order": 5},
                                     FILTER | {"kind": "band", "cutoff": 0.5, "cutoff_high": 1, "order": 4},
                                     FILTER | {"kind": "notch", "cutoff": 4.35, "quality": 3},
                                     FILTER | {"kind": "dc", "cutoff": 0.2, "start": "steady"}]),
    "magnitude": (magnitude, 200, 3, 1, [{"of": "samples"}, {"of": "change"}]),
    "normalize": (normalized, 125, 3, 1, [{"by": "deviation"}, {"by": "range"}, {"by": "mean"}]),
    "raw": (lambda x, s, rate: x * s["scale"], 125, 3, 1, [{"scale": 1}, {"scale": 9.80665}, {"scale": 0.001}]),
    "tilt": (tilt, 200, 3, 1, [{"cutoff": 0.3}, {"cutoff": 2}]),
    "spectral": (spectral, 125, 3, 8, [SPECTRAL, SPECTRAL | {"filter_type": "low", "fft_length": 64},
                                       SPECTRAL | {"filter_type": "high", "filter_cutoff": 10, "filter_order": 4,
                                                   "fft_length": 32, "fft_overlap": "no", "peaks": 2},
                                       SPECTRAL | {"filter_type": "low", "filter_order": 0, "fft_length": 128}]),
    "statistics": (statistics, 125, 3, 10, [ALL]),
}
# The same for a machine at 1600 Hz.
VIBRATION_CASES = {
    "wavelet": (wavelet, 250, 3, 10, [ALL | {"wavelet": w, "level": l}
                                      for w, l in (("haar", 5), ("db2", 4), ("db4", 3), ("sym5", 3), ("coif2", 1))]),
}
# The same for one lead at 250 Hz.
ECG_CASES = {
    "ecg": (ecg, 2500, 1, 6, [{"low_cutoff": 5, "high_cutoff": 15, "refractory": 0.25},
                              {"low_cutoff": 8, "high_cutoff": 20, "refractory": 0.3}]),
}

IMAGE = {"width": 24, "height": 20, "fit": "crop", "resize": "bilinear", "channels": "all", "values": "unit"}
# A camera's width, height and channels, and what becomes of its picture.
IMAGE_CASES = [
    (64, 48, 3, IMAGE), (40, 61, 3, IMAGE | {"channels": "grey"}), (64, 48, 1, IMAGE | {"fit": "pad"}),
    (33, 48, 3, IMAGE | {"fit": "pad", "resize": "nearest", "values": "byte"}), (24, 20, 3, IMAGE),
    (64, 48, 3, IMAGE | {"fit": "squash", "resize": "nearest", "channels": "grey"}), (9, 7, 1, IMAGE | {"fit": "squash", "values": "centred"})]


def write(block, cases):
    (FOLDER / block / f"{block}_golden.json").write_text(json.dumps({"cases": cases}) + "\n")


def case_of(n, rate, axes, settings, features, **more):
    return {"rate_hz": rate, "samples": n, "axes": axes, "settings": {k: str(v) for k, v in settings.items()}, **more,
            "features": [float(f"{v:.6g}") for v in np.ravel(features)]}


check_bands_are_librosas()
for block, (compute, cases) in CASES.items():
    write(block, [case_of(8000, 16000, 1, s, compute(audio(8000), s, 16000)) for s in cases])
for table, rate, make in ((MOTION_CASES, 100, motion), (VIBRATION_CASES, 1600, vibration),
                          (ECG_CASES, 250, lambda n, axes: electrocardiogram(n))):
    for block, (compute, n, axes, windows, cases) in table.items():
        all_cases = []
        for s in cases:
            x = make(n * windows, axes)
            parts = [compute(x[w * n:(w + 1) * n], s, rate) for w in range(windows)]
            columns = np.shape(parts[0])[-1] if windows > 1 else 1
            all_cases.append(case_of(n, rate, axes, s, parts, windows=windows, columns=columns))
        write(block, all_cases)
write("image", [case_of(w * h, 1, channels, s, image(picture(w, h, channels), s), windows=1, width=w)
                for w, h, channels, s in IMAGE_CASES])
