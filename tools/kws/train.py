#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Train, cross-validate and export the keyword-spotting model.

`train.py --cross-validate` trains five networks, each on four fifths of the
speakers, converts each to int8 and scores that int8 model on the speakers it
never heard. `train.py --export` trains on all clips with the same recipe and
writes keywords.tflite and labels.txt. Both need the data set described in
models/keywords/README.md; nothing else is read.
"""

import argparse
import csv
import json
import math
import os
import re
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

import features

HERE = Path(__file__).resolve().parent
WORDS = ["yes", "no", "up", "down", "left", "right", "stop", "go"]
UNKNOWN, SILENCE = "_unknown_", "_silence_"
LABELS = WORDS + [UNKNOWN, SILENCE]
FOLDS = 5


# ---------------------------------------------------------------- data set


class Clips:
    """All clips: wave [n, 16000], label index, speaker and spoken word."""

    def __init__(self, root):
        with open(root / "labels.csv", newline="") as f:
            rows = list(csv.DictReader(f))
        self.wave = np.stack([features.read_wav(root / r["file"]) for r in rows])
        names = [r["label"] if r["label"] in LABELS else UNKNOWN for r in rows]
        self.label = np.array([LABELS.index(n) for n in names])
        self.word = np.array([r["word"] for r in rows])
        # Background noise has no speaker: every noise clip is its own group.
        self.speaker = np.array(
            [r["file"] if r["label"] == SILENCE else r["speaker"] for r in rows]
        )

    def folds(self):
        """Fold number per clip. A speaker's clips share a fold; the speakers
        go, those with most clips first, to the fold with fewest clips yet.
        Noise clips are dealt out after them in the same way."""
        silent = self.label == LABELS.index(SILENCE)
        fold = np.full(len(self.label), -1)
        for part in (~silent, silent):
            names, counts = np.unique(self.speaker[part], return_counts=True)
            load = [0] * FOLDS
            for i in np.lexsort((names, -counts)):
                to = int(np.argmin(load))
                load[to] += int(counts[i])
                fold[part & (self.speaker == names[i])] = to
        return fold


# ------------------------------------------------------------ augmentation


def coloured_noise(rng):
    """One second of noise with a random spectral slope, white to brown."""
    spectrum = np.fft.rfft(rng.standard_normal(features.CLIP))
    k = np.maximum(np.arange(spectrum.size), 20.0)
    noise = np.fft.irfft(spectrum * k ** -rng.uniform(0.0, 1.0), features.CLIP)
    return (noise / np.sqrt(np.mean(noise**2))).astype(np.float32)


def resample(wave, speed):
    """Play `wave` `speed` times as fast (tempo and pitch), keeping its middle
    in the middle and padding with zeros."""
    middle = (features.CLIP - 1) / 2
    at = (np.arange(features.CLIP) - middle) * speed + middle
    return np.interp(at, np.arange(features.CLIP), wave, 0.0, 0.0).astype(np.float32)


def shift(wave, by):
    out = np.zeros_like(wave)
    if by >= 0:
        out[by:] = wave[: features.CLIP - by]
    else:
        out[:by] = wave[-by:]
    return out


WARPS = [features.mel_filters(w) for w in np.linspace(0.86, 1.16, 13)]


def augment(wave, is_silence, noises, rng):
    """One altered copy of a clip, as features. `noises` are the background
    clips of the training part, so no test clip is ever mixed in."""
    background = noises[rng.integers(len(noises))] if rng.random() < 0.6 else coloured_noise(rng)
    background = np.roll(background, rng.integers(features.CLIP))
    if is_silence:
        wave = np.roll(wave, rng.integers(features.CLIP)) * 10 ** (rng.uniform(-25, 6) / 20)
        if rng.random() < 0.5:
            level = 10 ** rng.uniform(-4, -1.2)
            wave = wave + background * level / (np.sqrt(np.mean(background**2)) + 1e-6)
    else:
        wave = resample(wave, math.exp(rng.uniform(-0.16, 0.16)))
        wave = shift(wave, int(rng.uniform(-0.1, 0.1) * features.RATE))
        wave = wave / (np.abs(wave).max() + 1e-6) * 10 ** (rng.uniform(-26, -1) / 20)
        if rng.random() < 0.7:
            ratio = 10 ** (-rng.uniform(0, 30) / 20)
            speech, noise = np.sqrt(np.mean(wave**2)), np.sqrt(np.mean(background**2))
            wave = wave + background * (ratio * speech / (noise + 1e-6))
    filters = WARPS[rng.integers(len(WARPS))]
    return features.log_mel(np.clip(wave, -1.0, 32767 / 32768), filters)


def mask(batch, rng):
    """SpecAugment: blank out a few bands and a few frames, in place."""
    for y in batch:
        fill = y.mean()
        for _ in range(2):
            n = rng.integers(0, 7)
            at = rng.integers(0, features.BANDS - n + 1)
            y[:, at : at + n] = fill
            n = rng.integers(0, 8)
            at = rng.integers(0, features.FRAMES - n + 1)
            y[at : at + n] = fill


def batches(bank, label, steps, size, mixup, rng):
    """Yield `steps` batches. `bank` is [variants, clips, frames, bands]."""
    variants, clips = bank.shape[:2]
    targets = np.eye(len(LABELS), dtype=np.float32)[label]
    order = np.empty(0, int)
    for _ in range(steps):
        while order.size < size:
            order = np.concatenate([order, rng.permutation(clips)])
        pick, order = order[:size], order[size:]
        x = bank[rng.integers(variants, size=size), pick].astype(np.float32)
        y = targets[pick]
        mask(x, rng)
        if mixup:
            share = np.maximum(a := rng.beta(mixup, mixup, size), 1 - a).astype(np.float32)
            other = rng.permutation(size)
            x = x * share[:, None, None] + x[other] * (1 - share)[:, None, None]
            y = y * share[:, None] + y[other] * (1 - share)[:, None]
        yield x[..., None], y


# ----------------------------------------------------------------- network

STEM = 24
BLOCKS = [(48, 2), (64, 1), (64, 1), (96, 2)]  # channels out, stride
DROPOUT = 0.3
STEPS = 4000
WARMUP = 200


def build(tf, batch=None):
    """A small DS-CNN: one full convolution, separable blocks, mean, dense."""
    k = tf.keras.layers

    def norm(x):
        return k.ReLU()(k.BatchNormalization(momentum=0.97)(x))

    inputs = k.Input((features.FRAMES, features.BANDS, 1), batch_size=batch)
    x = norm(k.Conv2D(STEM, 5, 2, padding="same", use_bias=False)(inputs))
    for channels, stride in BLOCKS:
        x = norm(k.DepthwiseConv2D(3, stride, padding="same", use_bias=False)(x))
        x = norm(k.Conv2D(channels, 1, use_bias=False)(x))
    x = k.GlobalAveragePooling2D()(x)
    x = k.Dropout(DROPOUT)(x)
    return tf.keras.Model(inputs, k.Dense(len(LABELS), activation="softmax")(x))


def fit(tf, wave, label, options, seed):
    """Train one network on the given clips; returns it and its feature bank."""
    tf.keras.backend.clear_session()  # the same layer names in every run
    tf.keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    silence = LABELS.index(SILENCE)
    noises = wave[label == silence]
    start = time.time()
    bank = np.stack(
        [
            [augment(w, c == silence, noises, rng) for w, c in zip(wave, label)]
            for _ in range(options.variants)
        ]
    ).astype(np.float16)
    say(f"  {options.variants} altered copies of {len(wave)} clips, {time.time() - start:.0f} s")

    model = build(tf)
    rate = tf.keras.optimizers.schedules.CosineDecay(
        0.0, options.steps - WARMUP, warmup_target=options.rate, warmup_steps=WARMUP
    )
    optimizer = tf.keras.optimizers.AdamW(rate, weight_decay=options.decay)
    loss_of = tf.keras.losses.CategoricalCrossentropy(label_smoothing=0.05)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables))
        return loss

    losses = []
    for i, (x, y) in enumerate(
        batches(bank, label, options.steps, options.batch, options.mixup, rng), 1
    ):
        losses.append(float(step(tf.constant(x), tf.constant(y))))
        if i % 500 == 0:
            loss = np.mean(losses[-500:])
            say(f"  step {i}/{options.steps}, loss {loss:.3f}, {time.time() - start:.0f} s")
    return model, bank


# ------------------------------------------------------------------ export


def convert(tf, model, bank, seed):
    """Full int8 conversion at a batch of exactly one."""
    rng = np.random.default_rng(seed)

    def samples():
        variants, clips = bank.shape[:2]
        for i in rng.permutation(clips)[:300]:
            yield [bank[rng.integers(variants), i][None, ..., None].astype(np.float32)]
        # The ends of the feature range, so that the input scale is always 4/255.
        for value in (features.Y_MIN, features.Y_MAX):
            yield [np.full((1, features.FRAMES, features.BANDS, 1), value, np.float32)]

    single = build(tf, batch=1)  # a fixed batch leaves no SHAPE or PACK behind
    single.set_weights(model.get_weights())
    converter = tf.lite.TFLiteConverter.from_keras_model(single)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = samples
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    return converter.convert()


def interpreter(tf, model):
    kind = tf.lite.experimental.OpResolverType.BUILTIN_REF
    lite = tf.lite.Interpreter(model_content=model, experimental_op_resolver_type=kind)
    lite.allocate_tensors()
    return lite


def predict(tf, model, waves):
    """int8 scores of an int8 model, one clip at a time."""
    lite = interpreter(tf, model)
    source, sink = lite.get_input_details()[0], lite.get_output_details()[0]
    scale, zero = source["quantization"]
    out = []
    for wave in waves:
        q = features.quantise(features.log_mel(wave), scale, zero)
        lite.set_tensor(source["index"], q[None, ..., None])
        lite.invoke()
        out.append(lite.get_tensor(sink["index"])[0])
    return np.array(out)


# ------------------------------------------------------------- measurement


def wilson(right, n, z=1.959964):
    """95 % Wilson score interval of a proportion."""
    p, d = right / n, 1 + z * z / n
    centre = (p + z * z / (2 * n)) / d
    half = z / d * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return [round(centre - half, 4), round(centre + half, 4)]


def by_speaker(right, speaker, draws=5000):
    """95 % percentile interval of the accuracy when whole speakers are
    resampled: clips of one speaker are not independent."""
    rng = np.random.default_rng(0)
    _, group = np.unique(speaker, return_inverse=True)
    hits, sizes = np.bincount(group, right), np.bincount(group)
    pick = rng.integers(len(sizes), size=(draws, len(sizes)))
    rates = hits[pick].sum(1) / sizes[pick].sum(1)
    return [round(float(v), 4) for v in np.percentile(rates, [2.5, 97.5])]


def count_macs(model):
    """Multiply-accumulates of one inference (convolutions and dense)."""
    total = 0
    for layer in model.layers:
        kind = type(layer).__name__
        if kind in ("Conv2D", "DepthwiseConv2D"):
            _, rows, columns, channels = layer.output.shape
            per_output = int(np.prod(layer.kernel.shape[:2]))
            if kind == "Conv2D":
                per_output *= layer.kernel.shape[2]
            total += rows * columns * channels * per_output
        elif kind == "Dense":
            total += int(np.prod(layer.kernel.shape))
    return total


def summarise(clips, fold, guess, guess_float):
    """The figures of results.json from the predictions of all folds."""
    right = guess == clips.label
    speech = clips.label != LABELS.index(SILENCE)
    words = clips.label < len(WORDS)
    other = clips.label == LABELS.index(UNKNOWN)
    confusion = np.zeros((len(LABELS), len(LABELS)), int)
    np.add.at(confusion, (clips.label, guess), 1)
    recall = confusion.diagonal() / confusion.sum(1)
    per_fold = [
        {
            "fold": f,
            "test_clips": int(np.sum(fold == f)),
            "test_speakers": len(set(clips.speaker[(fold == f) & speech])),
            "accuracy_int8": round(float(right[fold == f].mean()), 4),
            "accuracy_float": round(float((guess_float == clips.label)[fold == f].mean()), 4),
        }
        for f in range(FOLDS)
    ]
    each = [r["accuracy_int8"] for r in per_fold]
    wrong_word = other & (guess < len(WORDS))
    return {
        "folds": per_fold,
        "mean_accuracy_int8": round(float(np.mean(each)), 4),
        "std_accuracy_int8": round(float(np.std(each, ddof=1)), 4),
        "pooled": {
            "clips": len(right),
            "correct": int(right.sum()),
            "accuracy_int8": round(float(right.mean()), 4),
            "wilson_95": wilson(int(right.sum()), len(right)),
            "speaker_bootstrap_95": by_speaker(right, clips.speaker),
            "accuracy_float": round(float((guess_float == clips.label).mean()), 4),
            "balanced_accuracy_int8": round(float(recall.mean()), 4),
            "without_silence_int8": round(float(right[speech].mean()), 4),
            "keywords_only_int8": round(float(right[words].mean()), 4),
            "unknown_taken_for_a_keyword": round(float(wrong_word.sum() / other.sum()), 4),
            "unknown_other_than_on_off_recall": round(
                float(right[other & ~np.isin(clips.word, ["on", "off"])].mean()), 4
            ),
            "largest_class_share": round(float(np.bincount(clips.label).max() / len(right)), 4),
        },
        "labels": LABELS,
        "recall": {name: round(float(r), 4) for name, r in zip(LABELS, recall)},
        "confusion_rows_true_columns_guess": confusion.tolist(),
    }


# -------------------------------------------------------------------- main


def say(text):
    print(text, flush=True)


def cross_validate(tf, clips, options):
    fold = clips.folds()
    guess = np.full(len(clips.label), -1)
    guess_float = guess.copy()
    for f in range(FOLDS):
        test = fold == f
        assert not set(clips.speaker[test]) & set(clips.speaker[~test])
        say(f"fold {f}: train on {np.sum(~test)} clips, test on {np.sum(test)}")
        model, bank = fit(tf, clips.wave[~test], clips.label[~test], options, options.seed + f)
        lite = convert(tf, model, bank, options.seed)
        guess[test] = predict(tf, lite, clips.wave[test]).argmax(1)
        guess_float[test] = model(features.log_mel(clips.wave[test])[..., None]).numpy().argmax(1)
        say(f"fold {f}: int8 accuracy {np.mean(guess[test] == clips.label[test]):.4f}")
    return summarise(clips, fold, guess, guess_float)


def export(tf, clips, options, folder):
    say(f"export: train on all {len(clips.label)} clips")
    model, bank = fit(tf, clips.wave, clips.label, options, options.seed)
    lite = convert(tf, model, bank, options.seed)
    (folder / "keywords.tflite").write_bytes(lite)
    (folder / "labels.txt").write_text("".join(name + "\n" for name in LABELS))
    ops = [op["op_name"] for op in interpreter(tf, lite)._get_ops_details()]
    say(f"export: {len(lite)} bytes, {' '.join(ops)}")
    single = build(tf, batch=1)
    weights = sum(int(np.prod(v.shape)) for v in single.trainable_variables)
    return {
        "bytes": len(lite),
        "macs": count_macs(single),
        "trainable_parameters": weights,
        "operators": ops,
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--cross-validate", action="store_true", help="measure over five speaker-disjoint folds")
    add("--export", action="store_true", help="train on all clips and write the model")
    add(
        "--data",
        type=Path,
        default=Path("../shared/data/kws-speech-commands"),
        help="folder with labels.csv and wav/ (default: %(default)s)",
    )
    add(
        "--out",
        type=Path,
        default=HERE.parents[1] / "models" / "keywords",
        help="folder for keywords.tflite, labels.txt and results.json (default: models/keywords)",
    )
    add("--steps", type=int, default=STEPS, help="training steps (default: %(default)s)")
    add("--batch", type=int, default=64, help="batch size (default: %(default)s)")
    add("--rate", type=float, default=4e-3, help="peak learning rate (default: %(default)s)")
    add("--decay", type=float, default=0.01, help="AdamW weight decay (default: %(default)s)")
    add(
        "--mixup",
        type=float,
        default=0.3,
        help="mixup beta parameter, 0 is off (default: %(default)s)",
    )
    add(
        "--variants",
        type=int,
        default=30,
        help="altered copies of each clip (default: %(default)s)",
    )
    add("--seed", type=int, default=1, help="random seed (default: %(default)s)")
    add("--threads", type=int, default=1, help="threads to use (default: %(default)s)")
    options = parser.parse_args()
    if not (options.cross_validate or options.export):
        parser.error("nothing to do: give --cross-validate, --export or both")
    if options.steps <= WARMUP:
        parser.error(f"--steps must be more than {WARMUP}")
    if not (options.data / "labels.csv").is_file():
        parser.error(f"no labels.csv in {options.data}: see models/keywords/README.md")

    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()

    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "results.json"
    results = {}
    clips = Clips(options.data)
    recipe = ("steps", "batch", "rate", "decay", "mixup", "variants", "seed", "threads")
    ran_with = {name: getattr(options, name) for name in recipe}
    ran_with |= {"tensorflow": tf.__version__, "numpy": np.__version__}
    if options.cross_validate:
        results["cross_validation"] = {"recipe": ran_with, **cross_validate(tf, clips, options)}
        say(json.dumps(results["cross_validation"]["pooled"], indent=2))
    if options.export:
        results["model"] = {"recipe": ran_with, **export(tf, clips, options, options.out)}
    # Keep the other half of an earlier run.
    earlier = json.loads(path.read_text()) if path.is_file() else {}
    text = json.dumps(earlier | results, indent=1)
    # Keep lists of numbers and names on one line.
    text = re.sub(r"\[[^\[\]{}]*\]", lambda m: re.sub(r"\s+", " ", m[0]), text)
    path.write_text(text + "\n")


if __name__ == "__main__":
    main()
