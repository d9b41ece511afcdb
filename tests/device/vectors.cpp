// The firmware that holds the vector kernels to their formulas: random windows, and sums that are ties, which no sample
// of an op has often. Exit code: 0, or 1 + which of the three differs first.
#include "mote/device/vectors.h"
#include "mote/compiler/verify/board/board.h"

namespace {

using namespace mote;

constexpr int32_t kMost = 8, kOutputs = 12, kRounds = 300;
alignas(4) int8_t x[4 * kMost * kVectorBytes];
int8_t weights[(kOutputs + 1) * kMost * kVectorBytes], got[256], want[256];
int32_t bias[kOutputs];
Requant requant[kOutputs];

uint32_t random() {
  static uint32_t state = 1;
  state ^= state << 13, state ^= state >> 17, state ^= state << 5;
  return state;
}
int32_t below(int32_t n) { return static_cast<int32_t>(random() % static_cast<uint32_t>(n)); }

// `ties`: sums are the biases, and the factor is a power of two of which each is an odd multiple of one half.
void draw(bool ties) {
  for (int8_t& v : x) v = static_cast<int8_t>(random());
  for (int8_t& v : weights) v = ties ? int8_t{0} : static_cast<int8_t>(random());
  for (int32_t o = 0; o < kOutputs; ++o) {
    const int32_t right = 1 + below(ties ? 20 : 31);
    requant[o] = {ties ? 1 << 30 : (1 << 30) + static_cast<int32_t>(random() >> 2), -right};
    const int32_t half = (2 * below(256) - 255) * (1 << right);  // twice (the factor halves it) an odd multiple
    bias[o] = ties ? half : static_cast<int32_t>(random()) >> below(31);
  }
}

int8_t finish(int32_t sum, int32_t o, int32_t zero) { return clamp_s8(requantize(sum, requant[o]) + zero, -128, 127); }

Vectors draw_vectors() {
  const int32_t sixteens = 1 + below(kMost);
  Vectors v = {x,
               sixteens,
               weights,
               sixteens * kVectorBytes - below(kVectorBytes),
               bias,
               requant,
               0,
               sizeof(Requant),
               below(256) - 128,
               got,
               {5, 70, 20, 40}};
  return v;
}

void expect_vectors(const Vectors& v, int32_t pixels, int32_t outputs) {
  for (int32_t p = 0; p < pixels; ++p)
    for (int32_t o = 0; o < outputs; ++o) {
      int32_t sum = bias[o];
      for (int32_t i = 0; i < v.sixteens * kVectorBytes; ++i)
        sum = wrapping_add(
            sum, x[(i / kVectorBytes * pixels + p) * kVectorBytes + i % kVectorBytes] * weights[o * v.w_stride + i]);
      want[(pixels == 4 ? v.offset[p] : 0) + o] = finish(sum, o, v.zero);
    }
}

void make_columns() {
  const int32_t words[] = {0, 96, 48, 0, 144, 48, 0, 192}, windows[] = {0, 16, 48, 64}, offsets[] = {0, 100, 20, 40};
  const Columns c = {x,       words, 1 + below(2), windows,  offsets,          1,
                     weights, bias,  requant,      kOutputs, below(256) - 128, got};
  make_columns_s8(c);
  for (int32_t p = 0; p < 4; ++p)
    for (int32_t o = 0; o < kOutputs; ++o) {
      int32_t sum = bias[o];
      for (int32_t i = 0; i < c.groups * kVectorBytes; ++i)
        sum =
            wrapping_add(sum, x[windows[p] + 4 * o + words[i / 4] + i % 4] * weights[o * c.groups * kVectorBytes + i]);
      want[offsets[p] + o] = finish(sum, o, c.zero);
    }
}

bool differ() {
  for (int32_t i = 0; i < 256; ++i)
    if (got[i] != want[i]) return true;
  return false;
}

}  // namespace

int main() {
  for (int32_t round = 0; round < kRounds; ++round) {
    draw(round % 2 == 1);
    Vectors v = draw_vectors();
    v.blocks = kOutputs / 2;
    vectors_of_four_pixels(v);
    expect_vectors(v, 4, kOutputs);
    if (differ()) return 2;
    v.blocks = kOutputs / 4;
    vectors_of_one_pixel(v);
    expect_vectors(v, 1, kOutputs);
    if (differ()) return 3;
    make_columns();
    if (differ()) return 4;
  }
  return 0;
}
