// A little .tflite model for tests of projects: one dense layer, int8, with weights that say what it does.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace mote {

struct DenseOutput {
  int64_t zero = 0;          // -128: values from 0 on
  bool dequantized = false;  // float32
};

// y = weights * x. Inputs are -4 to 4 in steps of 1/32, weights are eighths, outputs are in steps of 1/16.
void write_dense_model(const std::string& file, const std::vector<std::vector<int8_t>>& weights,
                       const DenseOutput& output = {});

}  // namespace mote
