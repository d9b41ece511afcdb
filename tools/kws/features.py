# SPDX-License-Identifier: Apache-2.0
"""Log-mel features of the keyword model, in plain numpy.

The recipe is fixed, has no state from one clip to the next, and produces one
row of 40 values every 20 ms, so a device can push row after row:

  1. 16 kHz mono, sample / 32768, exactly 16000 samples (1 s).
  2. Frame t (t = 0..48) is samples 320 t .. 320 t + 511 (32 ms, hop 20 ms),
     times a periodic Hann window w[n] = 0.5 - 0.5 cos(2 pi n / 512).
  3. 512-point real FFT, power |X[k]|^2 for k = 0..256, not scaled.
  4. 40 triangular mel filters with peak 1, corners equally spaced on
     mel(f) = 2595 log10(1 + f / 700) from 60 Hz to 7600 Hz, evaluated at the
     bin frequencies k * 31.25 Hz: E[m] = sum_k H[m][k] |X[k]|^2.
  5. y[m] = ln(E[m] + 0.001) / 4, clipped to [-2, 2].
  6. q = round(y / scale) + zero_point, clipped to [-128, 127], with the
     model's input scale and zero point; halves round to even.
"""

import wave

import numpy as np

RATE = 16000
CLIP = 16000
WINDOW = 512
HOP = 320
BANDS = 40
F_LOW = 60.0
F_HIGH = 7600.0
LOG_OFFSET = 1e-3
LOG_DIVISOR = 4.0
Y_MIN, Y_MAX = -2.0, 2.0
FRAMES = 1 + (CLIP - WINDOW) // HOP  # 49


def hz_to_mel(hz):
    return 2595.0 * np.log10(1.0 + np.asarray(hz, np.float64) / 700.0)


def mel_to_hz(mel):
    return 700.0 * (10.0 ** (np.asarray(mel, np.float64) / 2595.0) - 1.0)


def mel_filters(warp=1.0):
    """The filters as [257, 40]. `warp` scales their corner frequencies (used
    in training only, to imitate longer and shorter vocal tracts)."""
    corners = mel_to_hz(np.linspace(hz_to_mel(F_LOW), hz_to_mel(F_HIGH), BANDS + 2))
    corners = np.minimum(corners * warp, RATE / 2)
    bins = np.arange(WINDOW // 2 + 1) * (RATE / WINDOW)
    filters = np.zeros((bins.size, BANDS))
    for m in range(BANDS):
        left, centre, right = corners[m : m + 3]
        rising = (bins - left) / max(centre - left, 1e-9)
        falling = (right - bins) / max(right - centre, 1e-9)
        filters[:, m] = np.clip(np.minimum(rising, falling), 0.0, None)
    return filters.astype(np.float32)


HANN = (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)
FILTERS = mel_filters()


def log_mel(samples, filters=FILTERS):
    """float32 samples in [-1, 1), shape [..., 16000] -> [..., 49, 40]."""
    samples = np.asarray(samples, np.float32)
    index = np.arange(FRAMES)[:, None] * HOP + np.arange(WINDOW)[None, :]
    spectrum = np.fft.rfft(samples[..., index] * HANN, axis=-1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    y = np.log(power @ filters + LOG_OFFSET) / LOG_DIVISOR
    return np.clip(y, Y_MIN, Y_MAX).astype(np.float32)


def quantise(y, scale, zero_point):
    q = np.rint(np.asarray(y, np.float64) / scale) + zero_point
    return np.clip(q, -128, 127).astype(np.int8)


def read_wav(path):
    """A 16 kHz mono 16-bit WAV file as 16000 float32 samples (cut or padded
    with zeros at the end)."""
    with wave.open(str(path), "rb") as f:
        if (f.getframerate(), f.getnchannels(), f.getsampwidth()) != (RATE, 1, 2):
            raise ValueError(f"{path}: expected 16 kHz, mono, 16 bit")
        samples = np.frombuffer(f.readframes(f.getnframes()), "<i2")
    samples = samples[:CLIP].astype(np.float32) / 32768.0
    return np.pad(samples, (0, CLIP - samples.size))
