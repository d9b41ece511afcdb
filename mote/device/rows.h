// What every kernel is handed: pointers to the rows of its windows and to the rows it has to make.
//
// A row is one line of a tensor: axis 1 of NHWC, W * C elements. A kernel does not know whether its rows lie in a whole
// tensor, in a ring or in slots of a pool; it never computes where a row is.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define MOTE_INLINE inline __attribute__((always_inline))

namespace mote {

struct KernelArgs {
  const void* params;       // the kernel's parameter struct
  const void* const* data;  // its constant tables: weights, bias, multipliers
  // The rows to read, input after input. For an input with a window of `span` rows: span + (rows - 1) * stride
  // pointers, the window of output row r starting at in[r * stride]; null where the window leaves the image. For an
  // input that is read whole: one pointer to its first byte.
  const uint8_t* const* in;
  uint8_t* const* out;  // the rows to write, output after output
  uint8_t* scratch;     // bytes that are the kernel's during this call
  uint8_t* carry;       // bytes that stay from the first step of an inference to the last
  int32_t step;         // which step of the call this is, from 0
  int32_t part;         // which part of its output row it makes, or (fold) which input row it adds; from 0
  int32_t rows;         // rows to make in this step
};

using Kernel = void (*)(const KernelArgs&);

// The parameter struct and tables of a kernel, with their types.
template <class Params>
MOTE_INLINE const Params& params_of(const KernelArgs& args) {
  return *static_cast<const Params*>(args.params);
}
template <class T>
MOTE_INLINE const T* data_of(const KernelArgs& args, int i) {
  return static_cast<const T*>(args.data[i]);
}
template <class T>
MOTE_INLINE const T* in_row(const KernelArgs& args, int32_t i) {
  return static_cast<const T*>(static_cast<const void*>(args.in[i]));
}
template <class T>
MOTE_INLINE T* out_row(const KernelArgs& args, int32_t i) {
  return static_cast<T*>(static_cast<void*>(args.out[i]));
}

}  // namespace mote
