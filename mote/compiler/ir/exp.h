// exp and the logistic function in fixed point, bit for bit as TFLite's int8 reference kernels define them (by way of
// gemmlowp): what the compiler makes tables with. Definitions use define_exp.h.
#pragma once
#include "mote/device/fixed.h"
#include "mote/device/reciprocal.h"

namespace mote {

// exp(x) in Q0.31 for x <= 0 with `integer_bits` bits before the point and 31 - integer_bits behind it. 1 is INT32_MAX.
// x is taken apart into whole quarters, each bit of whose number is one constant factor, and a rest in [-1/4, 0), for
// which there is a polynomial around -1/8.
inline int32_t exp_q31(int32_t x, int32_t integer_bits) {
  constexpr int32_t kExpOfEighth = 1895147668, kThird = 715827883;  // exp(-1/8), 1/3
  constexpr int32_t kExpOfQuarters[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
  if (x == 0) return INT32_MAX;
  const int32_t quarter = int32_t{1} << (29 - integer_bits);
  const int32_t rest = (x & (quarter - 1)) - quarter;
  const int32_t t = rest * (int32_t{1} << integer_bits) + (int32_t{1} << 28);
  const int32_t t2 = high_mul(t, t), t3 = high_mul(t2, t), t4 = high_mul(t2, t2);
  const int32_t tail = divide_by_power_of_two(high_mul(divide_by_power_of_two(t4, 2) + t3, kThird) + t2, 1);
  int32_t result = kExpOfEighth + high_mul(t + tail, kExpOfEighth);
  const int32_t quarters = (rest - x) / quarter;
  for (int32_t i = 0; i < integer_bits + 2; ++i)
    if (quarters >> i & 1) result = high_mul(result, kExpOfQuarters[i]);
  return result;
}

// 1 / (1 + exp(-x)) in Q0.31 for x in Q4.27.
inline int32_t logistic_q31(int32_t x) {
  if (x == 0) return int32_t{1} << 30;
  const int32_t positive = reciprocal_of_one_plus(exp_q31(x > 0 ? -x : x, 4));
  return x > 0 ? positive : INT32_MAX - positive;
}

}  // namespace mote
