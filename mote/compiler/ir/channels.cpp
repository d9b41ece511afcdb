#include "mote/compiler/ir/channels.h"

#include <algorithm>

#include "mote/compiler/ir/op_def.h"

namespace mote {

int32_t channel_count(const Tensor& t) { return t.shape.empty() ? 1 : t.shape.back(); }

int32_t count(const ChannelSet& set) { return static_cast<int32_t>(std::count(set.begin(), set.end(), true)); }

bool is_whole(const ChannelSet& set) { return std::find(set.begin(), set.end(), false) == set.end(); }

Range make_range(int64_t lo, int64_t hi) {
  const auto a = static_cast<int32_t>(std::clamp<int64_t>(lo, INT32_MIN, INT32_MAX));
  const auto b = static_cast<int32_t>(std::clamp<int64_t>(hi, INT32_MIN, INT32_MAX));
  return {a, b, a, b};
}

Range hull(Range a, Range b) {
  return {std::min(a.lo, b.lo), std::max(a.hi, b.hi), std::min(a.before_lo, b.before_lo),
          std::max(a.before_hi, b.before_hi)};
}

Range hull(const Ranges& ranges) {
  Range all = ranges.front();
  for (const Range& r : ranges) all = hull(all, r);
  return all;
}

Range clamp_range(Range r, Clamp c) { return {std::clamp(r.lo, c.lo, c.hi), std::clamp(r.hi, c.lo, c.hi), r.lo, r.hi}; }

Ranges full_ranges(const Tensor& t) {
  const Range any = t.type == DType::uint8 ? make_range(0, 255) : make_range(-128, 127);
  return Ranges(static_cast<size_t>(channel_count(t)), any);
}

Ranges constant_ranges(const Tensor& t) {
  const auto channels = static_cast<size_t>(channel_count(t));
  const auto bytes = t.data.bytes();
  auto value = [&](size_t i) {
    const int32_t v = t.type == DType::uint8 ? bytes[i] : static_cast<int8_t>(bytes[i]);
    return make_range(v, v);
  };
  Ranges ranges;
  for (size_t c = 0; c < channels; ++c) ranges.push_back(value(c));
  for (size_t i = channels; i < bytes.size(); ++i) ranges[i % channels] = hull(ranges[i % channels], value(i));
  return ranges;
}

Range requantize_range(int64_t lo, int64_t hi, Requant q, int32_t zero, Clamp c) {
  const int32_t left = std::max(q.shift, 0);
  if (lo < (int64_t{INT32_MIN} >> left) || hi > (int64_t{INT32_MAX} >> left))
    return clamp_range(make_range(INT32_MIN, INT32_MAX), c);
  return clamp_range(make_range(int64_t{zero} + requantize(static_cast<int32_t>(lo), q),
                                int64_t{zero} + requantize(static_cast<int32_t>(hi), q)),
                     c);
}

void need_same_channels(const Op&, const Graph&, const OperandRanges&, OpChannels& channels) {
  ChannelSet& out = channels.out[0];
  for (ChannelSet& in : channels.in) {
    if (in.size() != out.size()) in.assign(in.size(), true);
    else
      for (size_t c = 0; c < out.size(); ++c)
        if (in[c]) out[c] = true;
  }
  for (ChannelSet& in : channels.in)
    if (in.size() == out.size()) in = out;
}

void need_everything(OpChannels& channels) {
  for (auto* sets : {&channels.in, &channels.out})
    for (ChannelSet& set : *sets) set.assign(set.size(), true);
}

Tensor keep_indices(const Tensor& t, size_t axis, const ChannelSet& kept) {
  Tensor sliced = t;
  sliced.shape[axis] = count(kept);
  if (t.quant.scale.size() > 1 && static_cast<size_t>(t.quant.axis) == axis) {
    sliced.quant.scale.clear(), sliced.quant.zero.clear();
    for (size_t i = 0; i < kept.size(); ++i)
      if (kept[i]) {
        sliced.quant.scale.push_back(t.quant.scale_at(i));
        sliced.quant.zero.push_back(t.quant.zero_at(i));
      }
  }
  if (!t.is_constant()) return sliced;
  auto unit = static_cast<size_t>(bytes_of(t.type));
  for (size_t d = axis + 1; d < t.shape.size(); ++d) unit *= static_cast<size_t>(t.shape[d]);
  const auto from = t.data.bytes();
  Bytes to;
  to.reserve(static_cast<size_t>(byte_count(sliced)));
  for (size_t i = 0; i < from.size() / unit; ++i)
    if (kept[i % kept.size()])
      to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(i * unit),
                from.begin() + static_cast<std::ptrdiff_t>((i + 1) * unit));
  sliced.data = Blob(std::move(to));
  return sliced;
}

TensorId keep_bias(Graph& g, const Op& op, const ChannelSet& kept, const std::vector<int64_t>& folded) {
  const Tensor* bias = g.in(op, 2);
  if (!bias && std::all_of(folded.begin(), folded.end(), [](int64_t v) { return v == 0; })) return kNone;
  std::vector<int32_t> values;
  for (size_t c = 0; c < kept.size(); ++c)
    if (kept[c]) {
      const uint32_t own = bias ? static_cast<uint32_t>(bias->data.as<int32_t>()[c]) : 0;
      values.push_back(static_cast<int32_t>(own + static_cast<uint32_t>(folded[c])));
    }
  Tensor t;
  t.name = bias ? bias->name : g.out(op).name + "/bias";
  t.type = DType::int32;
  t.shape = {static_cast<int32_t>(values.size())};
  t.data = make_blob(values);
  return g.add(std::move(t));
}

}  // namespace mote
