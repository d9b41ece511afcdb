#!/usr/bin/env python3
"""Writes five int8 .tflite networks of the shapes of MLPerf Tiny's models, with weights of our own.

    bench/stand_ins.py --flatc flatc --schema mote/compiler/formats/tflite.fbs OUT_FOLDER

They stand in for the public models where those are not at hand. Shapes are those of the reference models (Banbury et al.,
MLPerf Tiny Benchmark, 2021, and the streaming wake word of v1.3). Weights are drawn from a bell-shaped distribution with
the deviation of He et al. (2015), so that each layer's output keeps the deviation of its input, and are quantised as TFLite
does: symmetric, per channel in convolutions, per tensor in dense layers. Bytes depend on nothing but this file and flatc.
"""
import argparse
import json
import math
import pathlib
import random
import struct
import subprocess
import zlib


class Tensor:
    """Its place in the file, and what is known of its values: how they are quantised, and their mean square."""

    def __init__(self, index, shape, scale, zero, power):
        self.index, self.shape, self.scale, self.zero, self.power = index, shape, scale, zero, power


def float32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


class Network:
    # Outputs of a weighted layer have about this deviation in real numbers, and so many of them fit into the range of int8.
    DEVIATION = 1.0
    DEVIATIONS_IN_RANGE = 4.5

    def __init__(self, name):
        self.random = random.Random(zlib.crc32(name.encode()))  # its random() is the same in all versions of Python
        self.tensors, self.operators, self.codes, self.buffers = [], [], [], [{}]
        self.name, self.inputs = name, []

    def add_tensor(self, shape, kind, scales, zeros, data=None):
        buffer = 0
        if data is not None:
            buffer = len(self.buffers)
            self.buffers.append({"data": list(data)})
        quantization = {"scale": [float32(s) for s in scales], "zero_point": zeros}
        self.tensors.append({"shape": shape, "type": kind, "buffer": buffer, "name": "t%d" % len(self.tensors),
                             "quantization": quantization})
        return len(self.tensors) - 1

    def activation(self, shape, scale, zero, power):
        return Tensor(self.add_tensor(shape, "INT8", [scale], [zero]), shape, float32(scale), zero, power)

    def input(self, shape, zero):
        """Real values with the deviation of a normalised feature."""
        x = self.activation(shape, 2 * self.DEVIATIONS_IN_RANGE / 255, zero, 1.0)
        self.inputs.append(x.index)
        return x

    def op(self, name, inputs, output, options_type=None, **options):
        if name not in self.codes:
            self.codes.append(name)
        operator = {"opcode_index": self.codes.index(name), "inputs": inputs, "outputs": [output.index]}
        if options_type:
            operator.update(builtin_options_type=options_type, builtin_options=options)
        self.operators.append(operator)
        return output

    def bell(self):
        """Mean 0, deviation 1, bounded."""
        return (sum(self.random.random() for _ in range(4)) - 2) * math.sqrt(3)

    def weights(self, x, shape, channels_axis, taps, per_channel):
        """Weights and bias that give every output channel a deviation near DEVIATION; returns their tensors."""
        channels = shape[channels_axis]
        deviation = [self.DEVIATION * (0.6 + 0.8 * self.random.random()) / math.sqrt(taps * x.power)
                     for _ in range(channels)]
        total = math.prod(shape)
        inner = math.prod(shape[channels_axis + 1:])  # elements between one channel and the next
        real = [deviation[i // inner % channels] * self.bell() for i in range(total)]
        largest, sums = [0.0] * channels, [0.0] * channels
        for i, w in enumerate(real):
            largest[i // inner % channels] = max(largest[i // inner % channels], abs(w))
            sums[i // inner % channels] += max(w, 0)
        # A channel whose weights are nearly all negative would make a constant of inputs that are never negative, which
        # mote would rightly remove.
        real = [abs(w) if sums[i // inner % channels] < deviation[i // inner % channels] else w
                for i, w in enumerate(real)]
        if not per_channel:
            largest = [max(largest)] * channels
        scales = [float32(most / 127) for most in largest]
        quantised = [round(w / scales[i // inner % channels]) for i, w in enumerate(real)]
        bias_scales = [x.scale * s for s in scales]
        bias = [round(0.3 * self.bell() / s) for s in bias_scales]
        if not per_channel:
            scales, bias_scales = scales[:1], bias_scales[:1]
        data = bytes(max(-127, min(127, q)) & 0xFF for q in quantised)
        w = self.add_tensor(shape, "INT8", scales, [0] * len(scales), data)
        self.tensors[w]["quantization"]["quantized_dimension"] = channels_axis if per_channel else 0
        b = self.add_tensor([channels], "INT32", bias_scales, [0] * len(bias_scales),
                            struct.pack("<%di" % channels, *bias))
        return w, b

    def make_output(self, shape, relu):
        """A rectified output uses all of int8 for its positive half; half of its power is gone."""
        span = self.DEVIATIONS_IN_RANGE * self.DEVIATION
        if relu:
            return self.activation(shape, span / 255, -128, self.DEVIATION**2 / 2)
        return self.activation(shape, 2 * span / 255, self.random.randrange(-16, 16), self.DEVIATION**2)

    def conv(self, x, channels, kernel=(1, 1), stride=1, relu=True):
        taps = kernel[0] * kernel[1] * x.shape[3]
        w, b = self.weights(x, [channels, *kernel, x.shape[3]], 0, taps, True)
        shape = [1, -(-x.shape[1] // stride), -(-x.shape[2] // stride), channels]
        return self.op("CONV_2D", [x.index, w, b], self.make_output(shape, relu), "Conv2DOptions", padding="SAME",
                       stride_w=stride, stride_h=stride, fused_activation_function="RELU" if relu else "NONE")

    def depthwise(self, x, kernel=(3, 3), stride=1, relu=True, padding="SAME"):
        channels = x.shape[3]
        w, b = self.weights(x, [1, *kernel, channels], 3, kernel[0] * kernel[1], True)
        shape = [1, -(-x.shape[1] // stride), -(-x.shape[2] // stride), channels]
        if padding == "VALID":
            shape[1:3] = [x.shape[1] - kernel[0] + 1, x.shape[2] - kernel[1] + 1]
        return self.op("DEPTHWISE_CONV_2D", [x.index, w, b], self.make_output(shape, relu), "DepthwiseConv2DOptions",
                       padding=padding, stride_w=stride, stride_h=stride, depth_multiplier=1,
                       fused_activation_function="RELU" if relu else "NONE")

    def dense(self, x, channels, relu=False):
        w, b = self.weights(x, [channels, x.shape[1]], 0, x.shape[1], False)
        return self.op("FULLY_CONNECTED", [x.index, w, b], self.make_output([1, channels], relu),
                       "FullyConnectedOptions", fused_activation_function="RELU" if relu else "NONE")

    def add(self, a, b):
        """With ReLU, as at the end of a residual block."""
        deviation = math.sqrt(a.power + b.power)
        out = self.activation(a.shape, self.DEVIATIONS_IN_RANGE * deviation / 255, -128, deviation**2 / 2)
        return self.op("ADD", [a.index, b.index], out, "AddOptions", fused_activation_function="RELU")

    def average(self, x):
        """Over the whole image. What is left of a rectified value's power is its mean's: 1 / pi of it."""
        out = self.activation([1, 1, 1, x.shape[3]], x.scale, x.zero, x.power / math.pi)
        return self.op("AVERAGE_POOL_2D", [x.index], out, "Pool2DOptions", padding="VALID", stride_w=x.shape[2],
                       stride_h=x.shape[1], filter_width=x.shape[2], filter_height=x.shape[1])

    def flatten(self, x):
        shape = [1, math.prod(x.shape)]
        new_shape = self.add_tensor([2], "INT32", [], [], struct.pack("<2i", *shape))
        out = self.activation(shape, x.scale, x.zero, x.power)
        return self.op("RESHAPE", [x.index, new_shape], out, "ReshapeOptions", new_shape=shape)

    def classify(self, x, classes):
        x = self.dense(self.flatten(x), classes)
        return self.op("SOFTMAX", [x.index], self.activation([1, classes], 1 / 256, -128, 1.0), "SoftmaxOptions",
                       beta=1.0)

    def to_json(self, output):
        graph = {"tensors": self.tensors, "inputs": self.inputs, "outputs": [output.index],
                 "operators": self.operators, "name": self.name}
        # Readers of the first hundred operators take the older field, which has a byte.
        codes = [{"deprecated_builtin_code": CODES[name], "builtin_code": name} for name in self.codes]
        return json.dumps({"version": 3, "description": "stand-in made by mote's bench/stand_ins.py",
                           "operator_codes": codes, "subgraphs": [graph], "buffers": self.buffers})


CODES = {"ADD": 0, "AVERAGE_POOL_2D": 1, "CONV_2D": 3, "DEPTHWISE_CONV_2D": 4, "FULLY_CONNECTED": 9, "RESHAPE": 22,
         "SOFTMAX": 25}


def keyword_spotting(net):
    """DS-CNN on 49 frames of 10 features."""
    x = net.conv(net.input([1, 49, 10, 1], 83), 64, (10, 4), 2)
    for _ in range(4):
        x = net.conv(net.depthwise(x), 64)
    return net.classify(net.average(x), 12)


def visual_wake_words(net):
    """MobileNetV1 of a quarter of the width on 96x96 pixels."""
    x = net.conv(net.input([1, 96, 96, 3], -128), 8, (3, 3), 2)
    for stride, channels in [(1, 16), (2, 32), (1, 32), (2, 64), (1, 64), (2, 128), (1, 128), (1, 128), (1, 128),
                             (1, 128), (1, 128), (2, 256), (1, 256)]:
        x = net.conv(net.depthwise(x, stride=stride), channels)
    return net.classify(net.average(x), 2)


def image_classification(net):
    """ResNet-8 on 32x32 pixels."""
    x = net.conv(net.input([1, 32, 32, 3], -128), 16, (3, 3))
    for stride, channels in [(1, 16), (2, 32), (2, 64)]:
        y = net.conv(x, channels, (3, 3), stride)
        y = net.conv(y, channels, (3, 3), relu=False)
        shortcut = net.conv(x, channels, (1, 1), stride, relu=False) if stride > 1 else x
        x = net.add(y, shortcut)
    return net.classify(net.average(x), 10)


def anomaly_detection(net):
    """An autoencoder of dense layers."""
    x = net.input([1, 640], 89)
    for channels in [128, 128, 128, 128, 8, 128, 128, 128, 128]:
        x = net.dense(x, channels, relu=True)
    return net.dense(x, 640)


def streaming_wakeword(net):
    """Depthwise and pointwise convolutions over time, without padding: a window of 30 frames of 40 features."""
    x = net.input([1, 30, 1, 40], -128)
    for taps, channels in [(3, 128), (5, 128), (10, 128), (15, 32)]:
        x = net.conv(net.depthwise(x, (taps, 1), relu=False, padding="VALID"), channels)
    return net.classify(x, 3)


NETWORKS = {"kws": keyword_spotting, "vww": visual_wake_words, "ic": image_classification, "ad": anomaly_detection,
            "sww": streaming_wakeword}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--flatc", default="flatc")
    parser.add_argument("--schema", required=True, type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    # The schema that mote reads by has no identifier, because not all files that it reads have one.
    schema = args.out / "model.fbs"
    schema.write_text(args.schema.read_text() + 'file_identifier "TFL3";\nfile_extension "tflite";\n')
    for name, build in NETWORKS.items():
        net = Network(name)
        text = args.out / (name + ".json")
        text.write_text(net.to_json(build(net)))
        subprocess.run([args.flatc, "--binary", "-o", args.out, schema, text], check=True)
        text.unlink()
    schema.unlink()


if __name__ == "__main__":
    main()
