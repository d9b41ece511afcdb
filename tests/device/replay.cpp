// The firmware that replays op cases: every call of a case runs on whole tensors in memory through the same loop as a
// compiled model, and the output is compared with what the definition gave on the host. Cases come from cases.bin, a
// sequence of words; blocks of bytes start at multiples of 8.
#include "kernels.h"
#include "mote/compiler/verify/board/board.h"
#include "mote/device/program.h"

namespace {

using namespace mote;

constexpr int32_t kRoom = 384 * 1024, kMost = 16;
__attribute__((section(".bss.mote_board"))) alignas(8) uint8_t memory[kRoom];
__attribute__((section(".bss.mote_board"))) const uint8_t* in_pointers[256];
__attribute__((section(".bss.mote_board"))) uint8_t* out_pointers[64];

const uint8_t* at;
uint8_t* behind;  // free memory behind the case

uint32_t word() {
  uint32_t v;
  __builtin_memcpy(&v, at, 4);
  at += 4;
  return v;
}

// A block of `bytes`; its place is kept.
const uint8_t* block(uint32_t bytes) {
  const uint32_t past = static_cast<uint32_t>(at - memory) & 7;
  if (past) at += 8 - past;
  const uint8_t* p = at;
  at += bytes;
  return p;
}

struct Tensors {
  Rows rows[kMost];
  const uint8_t* bytes[kMost];
};

void run_call(const Tensors& tensors) {
  Call call = {};
  Input in[kMost];
  Output out[1];
  const void* tables[kMost];
  call.kernel = kKernels[word()];
  call.rows = static_cast<uint16_t>(word());
  call.rows_per_step = static_cast<uint16_t>(word());
  call.steps_per_row = static_cast<uint16_t>(word());
  call.fold = static_cast<uint8_t>(word());
  const uint32_t steps = word(), params = word(), n_tables = word(), n_in = word();
  out[0] = {&tensors.rows[word()], static_cast<uint16_t>(word())};
  const uint32_t scratch = word(), carry = word();
  for (uint32_t i = 0; i < n_in; ++i) {
    const uint32_t tensor = word();
    in[i].rows = &tensors.rows[tensor];
    in[i].begin = static_cast<uint16_t>(word());
    in[i].end = static_cast<uint16_t>(word());
    in[i].stride = static_cast<int16_t>(word());
    in[i].offset = static_cast<int16_t>(word());
    in[i].span = static_cast<uint16_t>(word());
    const uint32_t first = word();
    in[i].first = first ? static_cast<const uint16_t*>(static_cast<const void*>(block(first * 2))) : nullptr;
    if (first) block(0);
  }
  call.params = block(params * 4);
  for (uint32_t i = 0; i < n_tables; ++i) {
    block(0);
    const uint32_t bytes = word();
    tables[i] = block(bytes);
  }
  block(0);
  call.data = tables;
  call.in = in;
  call.out = out;
  call.n_in = static_cast<uint8_t>(n_in);
  call.n_out = 1;
  call.scratch = behind;
  call.carry = behind + (scratch + 7) / 8 * 8;
  if (call.carry + carry > memory + kRoom) board_exit(4);
  run_steps(call, 0, static_cast<int32_t>(steps), in_pointers, out_pointers);
}

// 0: the output is right.
int run_case() {
  Tensors tensors;
  const uint32_t n_tensors = word(), n_calls = word(), out_bytes = word();
  uint32_t output = 0;
  for (uint32_t i = 0; i < n_tensors; ++i) {
    block(0);
    const uint32_t row_bytes = word(), bytes = word();
    tensors.bytes[i] = block(bytes);
    tensors.rows[i] = {tensors.bytes[i], nullptr, row_bytes & 0x7FFFFFFF, 0};
    output = i;  // the last one
  }
  block(0);
  for (uint32_t i = 0; i < n_calls; ++i) run_call(tensors);
  const uint8_t* want = block(out_bytes);
  for (uint32_t i = 0; i < out_bytes; ++i)
    if (tensors.bytes[output][i] != want[i]) return 1;
  return 0;
}

}  // namespace

int main() {
  const int file = board_open("cases.bin", false), verdicts = board_open("verdicts.bin", true);
  if (file < 0 || verdicts < 0) return 2;
  uint32_t bytes = 0;
  while (board_read(file, &bytes, 4) == 4) {
    // Room behind the case for scratch and carry.
    if (bytes > kRoom - 65536u || board_read(file, memory, static_cast<int32_t>(bytes)) != static_cast<int32_t>(bytes))
      return 3;
    at = memory;
    behind = memory + (bytes + 7) / 8 * 8;
    const int verdict = run_case();
    board_write(verdicts, &verdict, 4);
  }
  return 0;
}
