// KWS, VWW and IC: a byte per value of the input tensor, a score per class.
#include "classifier.h"

#include "benchmark.h"
#include "model.h"

namespace benchmark {
namespace {

// An inference consumes the model's own input, so each one begins with a copy of this.
int8_t tensor[model::kInputValues];

}  // namespace

const char* model_id() { return kModelId; }
uint32_t input_bytes() { return model::kInputValues; }
uint32_t result_count() { return model::kOutputValues; }

void load(const uint8_t* input) {
  for (int32_t i = 0; i < model::kInputValues; ++i) tensor[i] = value_of(input[i]);
}

bool infer() { return model::infer(tensor) == mote::Rc::ok; }

float result(uint32_t i) { return kOutputScale * static_cast<float>(model::output()[i] - kOutputZero); }

}  // namespace benchmark
