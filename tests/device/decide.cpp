// The firmware that replays decisions: streams of scores from cases.bin, each with its parameters and the decisions
// that the definition makes of them. Exit code: 0, 1 where a decision differs, 2 and 3 where a file is not as it should
// be.
#include "mote/device/decide.h"
#include "mote/compiler/verify/board/board.h"

namespace {

using namespace mote;

constexpr int32_t kMostClasses = 8, kMostRate = 8;

DecideParams params;
DecideClass thresholds[kMostClasses];
StreamState stream;
ClassState classes[kMostClasses];
int8_t scores[kMostClasses * kMaxAverage];
uint16_t times[kMostClasses * kMostRate];

bool read(int file, void* to, int32_t bytes) { return board_read(file, to, bytes) == bytes; }

bool equal(const Decision& a, const Decision& b) {
  const auto *p = reinterpret_cast<const uint8_t*>(&a), *q = reinterpret_cast<const uint8_t*>(&b);
  for (uint32_t i = 0; i < sizeof a; ++i)
    if (p[i] != q[i]) return false;
  return true;
}

// The exit code, and the first hop that differs.
int run_case(int file, uint32_t& hop) {
  int32_t hops;
  if (!read(file, &hops, 4) || params.classes > kMostClasses || params.rate_most > kMostRate ||
      !read(file, thresholds, params.classes * static_cast<int32_t>(sizeof(DecideClass))))
    return 3;
  const Decider decider = {params, thresholds, &stream, classes, scores, times};
  reset(decider);
  for (hop = 0; hop < static_cast<uint32_t>(hops); ++hop) {
    int8_t now[kMostClasses];
    Decision want;
    if (!read(file, now, params.classes) || !read(file, &want, sizeof want)) return 3;
    if (!equal(decide(decider, now), want)) return 1;
  }
  return 0;
}

}  // namespace

int main() {
  const int file = board_open("cases.bin", false);
  if (file < 0) return 2;
  for (uint32_t n = 0, hop = 0; read(file, &params, sizeof params); ++n)
    if (const int code = run_case(file, hop)) {
      board_print("case ");
      board_print_u32(n);
      board_print(", hop ");
      board_print_u32(hop);
      return code;
    }
  return 0;
}
