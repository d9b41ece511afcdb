#include "mote/device/move_rows.h"

#include "mote/device/copy.h"

namespace mote {
namespace {

struct __attribute__((may_alias)) Block {
  uint32_t words[8];
};
constexpr int32_t kBlock = sizeof(Block);

bool is_aligned(const uint8_t* to, const uint8_t* from) {
  return ((reinterpret_cast<uintptr_t>(to) | reinterpret_cast<uintptr_t>(from)) & 3u) == 0;
}

}  // namespace

void move_rows(const KernelArgs& args) {
  const MoveRows& p = params_of<MoveRows>(args);
  for (int32_t r = 0; r < args.rows; ++r) {
    uint8_t* to = args.out[r];
    const uint8_t* from = args.in[r];
    int32_t rest = p.bytes;
    if (is_aligned(to, from))
      for (; rest >= kBlock; rest -= kBlock, to += kBlock, from += kBlock)
        *reinterpret_cast<Block*>(to) = *reinterpret_cast<const Block*>(from);
    if (rest > 0) move_bytes(to, from, rest);
  }
}

}  // namespace mote
