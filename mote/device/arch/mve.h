// Cores with MVE (Cortex-M55, M85): vectors of 128 bits, on top of the DSP extension. What works on whole windows is in
// device/vectors.h.
#pragma once
#include "mote/device/arch/armv7em.h"

namespace mote {

struct Mve : Armv7em {
  static MOTE_INLINE void add4_s8(int32_t sum[4], const int8_t* x, int32_t n, int32_t step) {
    __asm__ volatile(
        "vldrw.u32 q0, [%1]\n wls lr, %2, 2f\n"
        "1: vldrb.s32 q1, [%0]\n add %0, %0, %3\n vadd.i32 q0, q0, q1\n le lr, 1b\n"
        "2: vstrw.32 q0, [%1]\n"
        : "+l"(x)
        : "r"(sum), "r"(n), "r"(step)
        : "q0", "q1", "lr", "memory");
  }
};

}  // namespace mote
