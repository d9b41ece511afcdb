// Raw: the samples themselves, in the order of time, the axes of each side by side, as a network wants them that finds
// its features itself.
#include "mote/blocks/block.h"
#include "mote/ops/reinterpret/reinterpret.op.h"

namespace mote {

extern const BlockDef raw_block;

namespace {

constexpr Setting kSettings[] = {
    {"scale", Setting::number, "", 1e-6, 1e6, "1", "", "What samples are multiplied by: 9.80665 makes m/s2 of g"},
};

Expected<int32_t> any_row(const Signal& signal, const Settings&) { return signal.samples; }

Expected<TensorId> attach(Graph& graph, TensorId samples, const Signal&, const Settings& settings) {
  Tensor out;
  out.name = "raw";
  out.quant = graph.at(samples).quant;
  out.quant.scale[0] = static_cast<float>(settings.number("scale") * double{out.quant.scale[0]});
  return append(graph, make_reinterpret(samples, kNone), std::move(out));
}

}  // namespace

extern const BlockDef raw_block{"raw", 1, "The samples themselves", kSettings, any_row, attach};

}  // namespace mote
