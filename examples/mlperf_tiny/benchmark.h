// One benchmark as the protocol sees it: bytes in, floats out. kws.cpp, image.cpp and ad.cpp define it, each on top of
// the package that `mote compile` wrote.
#pragma once
#include <stdint.h>

namespace benchmark {

const char* model_id();  // "kws01"
uint32_t input_bytes();  // that the host sends
uint32_t result_count();

void load(const uint8_t* input);  // makes the model's input of what the host sent; it serves any number of inferences
bool infer();
float result(uint32_t i);  // of the last inference

}  // namespace benchmark
