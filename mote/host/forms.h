// The instruction sets that vector.cpp chooses among.
#pragma once
#include "mote/host/vector.h"

namespace mote {

extern const VectorForms plain_forms;
#ifdef __x86_64__
extern const VectorForms avx2_forms, avx512_vnni_forms;
#endif

}  // namespace mote
