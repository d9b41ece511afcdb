// The primitives of the core that this file is compiled for.
#pragma once
#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP && !defined(MOTE_FORCE_SCALAR)
#define MOTE_ARMV7EM 1
#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)
#define MOTE_MVE 1
#include "mote/device/arch/mve.h"
namespace mote {
using ThisArch = Mve;
}
#else
#include "mote/device/arch/armv7em.h"
namespace mote {
using ThisArch = Armv7em;
}
#endif
#elif defined(__ARM_ARCH_6M__) && !defined(MOTE_FORCE_SCALAR)
#define MOTE_ARMV6M 1
#include "mote/device/arch/armv6m.h"
namespace mote {
using ThisArch = Armv6m;
}
#else
#if defined(__ARM_ARCH_7M__) && !defined(MOTE_FORCE_SCALAR)
#define MOTE_ARMV7M 1
#endif
#include "mote/device/arch/scalar.h"
namespace mote {
using ThisArch = Scalar;
}
#endif
