#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make the demo input of the keyword model: a synthetic voice says one word.

Writes demo.wav (espeak-ng speaks, sox converts to 16 kHz mono 16 bit, the
word is centred in exactly one second), keywords_input.bin (its features as
int8, [1, 49, 40, 1]) and keywords_output.bin (the int8 scores TFLite's
reference kernels give for it). With --keep-wav the existing demo.wav is read
instead of being spoken again, since the voice can differ between espeak-ng
releases.
"""

import argparse
import os
import subprocess
import tempfile
import wave
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

import features

WORD = "right"
VOICE = "en-us"
WORDS_PER_MINUTE = 140
PITCH = 50
SURVEY = [
    "en-us",
    "en-us+m1",
    "en-us+m3",
    "en-us+f2",
    "en-us+f3",
    "en-gb",
    "en-gb-scotland",
    "en-gb-x-rp",
]


def speak(path, word=WORD, voice=VOICE, speed=WORDS_PER_MINUTE, pitch=PITCH):
    with tempfile.TemporaryDirectory() as folder:
        spoken, converted = f"{folder}/spoken.wav", f"{folder}/converted.wav"
        command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "-w", spoken, word]
        subprocess.run(command, check=True)
        # -D: no dither, so that the result is the same every time.
        command = ["sox", "-D", spoken, "-b", "16", "-c", "1", converted]
        subprocess.run(command + ["rate", "16000", "gain", "-n", "-6"], check=True)
        with wave.open(converted, "rb") as f:
            samples = np.frombuffer(f.readframes(f.getnframes()), "<i2")
    loud = np.flatnonzero(np.abs(samples.astype(int)) > 300)
    samples = samples[loud[0] : loud[-1] + 1][: features.CLIP]
    before = (features.CLIP - samples.size) // 2
    samples = np.pad(samples, (before, features.CLIP - samples.size - before))
    with wave.open(str(path), "wb") as f:
        f.setparams((1, 2, features.RATE, 0, "NONE", ""))
        f.writeframes(samples.astype("<i2").tobytes())


class Model:
    """The int8 model on TFLite's reference kernels."""

    def __init__(self, folder):
        import tensorflow as tf

        kind = tf.lite.experimental.OpResolverType.BUILTIN_REF
        self.lite = tf.lite.Interpreter(
            str(folder / "keywords.tflite"), experimental_op_resolver_type=kind
        )
        self.lite.allocate_tensors()
        self.source = self.lite.get_input_details()[0]
        self.sink = self.lite.get_output_details()[0]
        self.labels = (folder / "labels.txt").read_text().split()

    def run(self, wav):
        """The int8 input and output tensors for a WAV file."""
        y = features.log_mel(features.read_wav(wav))
        q = features.quantise(y, *self.source["quantization"])[None, ..., None]
        self.lite.set_tensor(self.source["index"], q)
        self.lite.invoke()
        return q, self.lite.get_tensor(self.sink["index"])

    def score(self, value):
        scale, zero = self.sink["quantization"]
        return (int(value) - zero) * scale


def survey(model):
    """Speak all eight words with eight voices and count what is recognised."""
    right = 0
    with tempfile.TemporaryDirectory() as folder:
        for voice in SURVEY:
            for word in model.labels[:8]:
                speak(f"{folder}/word.wav", word, voice)
                out = model.run(f"{folder}/word.wav")[1][0]
                best = int(np.argmax(out))
                right += model.labels[best] == word
                print(f"{voice:16s}{word:7s}{model.labels[best]:11s}{model.score(out[best]):.3f}")
    print(f"{right} of {8 * len(SURVEY)} right")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    folder = Path(__file__).resolve().parents[2] / "models" / "keywords"
    parser.add_argument(
        "--folder",
        type=Path,
        default=folder,
        help="folder with keywords.tflite (default: models/keywords)",
    )
    parser.add_argument("--keep-wav", action="store_true", help="do not speak demo.wav again")
    parser.add_argument(
        "--survey",
        action="store_true",
        help="write nothing; speak every word with eight voices and print the answers",
    )
    options = parser.parse_args()
    folder = options.folder
    model = Model(folder)
    if options.survey:
        survey(model)
        return
    if not options.keep_wav:
        speak(folder / "demo.wav")
    q, out = model.run(folder / "demo.wav")
    (folder / "keywords_input.bin").write_bytes(q.tobytes())
    (folder / "keywords_output.bin").write_bytes(out.tobytes())
    for label, value in zip(model.labels, out[0]):
        print(f"{label:10s}{int(value):6d}{model.score(value):9.4f}")


if __name__ == "__main__":
    main()
