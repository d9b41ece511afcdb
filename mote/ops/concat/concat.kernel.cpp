#include "mote/ops/concat/concat.kernel.h"

#include "mote/device/copy.h"

namespace mote {

void concat_rows(const KernelArgs& args) { move_bytes(args.out[0], args.in[0], params_of<ConcatRows>(args).bytes); }

void concat_pieces(const KernelArgs& args) {
  const ConcatPieces& p = params_of<ConcatPieces>(args);
  const int32_t* bytes = data_of<int32_t>(args, 0);
  uint8_t* out = args.out[0];
  for (int32_t turn = 0; turn < p.turns; ++turn)
    for (int32_t i = 0; i < p.inputs; ++i) out = move_bytes(out, args.in[i] + turn * bytes[i], bytes[i]);
}

}  // namespace mote
