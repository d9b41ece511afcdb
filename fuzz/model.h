// .tflite models as objects that can be changed and written back.
#pragma once
#include <memory>
#include <span>

#include "fuzz/tflite_object_generated.h"
#include "mote/compiler/base/bytes.h"

namespace mote::fuzz {

Bytes pack(const tflite::ModelT& model);

// Null where the FlatBuffers verifier refuses the bytes.
std::unique_ptr<tflite::ModelT> unpack(std::span<const uint8_t> bytes);

// Gives the outputs of ops the shapes that their operands make. Ops that mote refuses keep theirs.
void fit_shapes(tflite::ModelT& model);

// Makes the data of constants as long as their shapes say: cut off, or repeated.
void fit_constants(tflite::ModelT& model);

// Bytes that the tensor of a shape takes, or -1 where there is no such shape or it is too large for a constant.
int64_t constant_bytes(const tflite::TensorT& tensor);

}  // namespace mote::fuzz
