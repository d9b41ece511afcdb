#include "mote/compiler/ir/sample.h"

#include <cmath>

namespace mote {

Shape sample_shape(Rng& rng) {
  const int32_t a = rng.pick(1, 3), b = rng.pick(1, 4), c = rng.pick(1, 20);
  const Shape shapes[] = {{}, {c}, {a, c}, {a, b, c}, {1, a, b, c}, {a, b, 1, 2, c}};
  return shapes[rng.pick(0, 5)];
}

Tensor sample_int8(Rng& rng, Shape shape) {
  Tensor t;
  t.shape = std::move(shape);
  t.quant.scale = {static_cast<float>(std::exp2(rng.unit() * 8 - 7))};
  t.quant.zero = {rng.pick(-128, 127)};
  return t;
}

Tensor sample_constant_int8(Rng& rng, Shape shape) {
  Tensor t = sample_int8(rng, std::move(shape));
  Bytes bytes(static_cast<size_t>(byte_count(t)));
  for (uint8_t& b : bytes) b = static_cast<uint8_t>(rng.pick(-128, 127));
  t.data = Blob(std::move(bytes));
  return t;
}

Tensor constant_int32(Shape shape, const std::vector<int32_t>& values) {
  Tensor t;
  t.type = DType::int32;
  t.shape = std::move(shape);
  t.data = make_blob(values);
  return t;
}

Tensor sample_weights(Rng& rng, Shape shape, int32_t axis, const Tensor& in, const Tensor& out, int64_t taps) {
  Tensor t;
  t.shape = std::move(shape);
  Bytes bytes(static_cast<size_t>(byte_count(t)));
  for (uint8_t& b : bytes) b = static_cast<uint8_t>(rng.pick(-127, 127));
  t.data = Blob(std::move(bytes));
  t.quant.axis = axis == kNone ? 0 : axis;
  const int32_t n = axis == kNone ? 1 : t.shape[static_cast<size_t>(axis)];
  // A sum of `taps` random products is about 75 * 75 * sqrt(taps) in size; let that be 20 to 200 output steps.
  const double typical = 5600.0 * std::sqrt(static_cast<double>(taps));
  for (int32_t i = 0; i < n; ++i) {
    const double steps = 20 + 180 * rng.unit();
    t.quant.scale.push_back(static_cast<float>(steps * out.quant.scale[0] / (typical * in.quant.scale[0])));
    t.quant.zero.push_back(0);
  }
  return t;
}

Tensor sample_bias(Rng& rng, int32_t channels) {
  std::vector<int32_t> values;
  const int32_t size = rng.chance(0.05) ? INT32_MAX / 2 : 30000;
  for (int32_t i = 0; i < channels; ++i) values.push_back(rng.pick(-size, size));
  return constant_int32({channels}, values);
}

Graph sample_graph(const OpDef& def, std::string type, Attrs attrs, std::vector<Tensor> in, Tensor out) {
  Graph g;
  g.name = "sample";
  Op op;
  op.def = &def;
  op.attrs = std::move(attrs);
  op.type = std::move(type);
  for (Tensor& t : in) {
    const bool constant = t.is_constant();
    if (t.name.empty()) t.name = "in" + std::to_string(op.in.size());
    op.in.push_back(g.add(std::move(t)));
    if (!constant) g.inputs.push_back(op.in.back());
  }
  if (out.name.empty()) out.name = "out";
  op.out = {g.add(std::move(out))};
  auto types = def.infer(op, g);
  if (!types) assertion_failed(types.error().text().c_str(), def.name.data(), 0);
  g.at(op.out[0]).type = (*types)[0].type;
  g.at(op.out[0]).shape = (*types)[0].shape;
  g.outputs = op.out;
  g.ops.push_back(std::move(op));
  return g;
}

}  // namespace mote
