// AD: an autoencoder. The host sends the spectrum as 32-bit floats, little-endian; the result is one number, how far
// the model's output lies from it:
//
//   result = sum over i of (kOutputScale * (output[i] - kOutputZero) - input[i])^2 / n
#include "benchmark.h"
#include "model.h"

namespace benchmark {
namespace {

static_assert(model::kInputValues == model::kOutputValues, "an autoencoder gives back what it got");

float spectrum[model::kInputValues];
// An inference consumes the model's own input, so each one begins with a copy of this.
int8_t tensor[model::kInputValues];

// To nearest, halves away from zero. What is not a number becomes the lowest value.
int8_t quantize(float value) {
  const float scaled = value / kInputScale;
  if (!(scaled > -512.0f)) return -128;
  if (scaled >= 512.0f) return 127;
  int32_t q = static_cast<int32_t>(scaled);
  const float rest = scaled - static_cast<float>(q);
  q += kInputZero + (rest >= 0.5f) - (rest <= -0.5f);
  return static_cast<int8_t>(q < -128 ? -128 : q > 127 ? 127 : q);
}

}  // namespace

const char* model_id() { return kModelId; }
uint32_t input_bytes() { return sizeof spectrum; }
uint32_t result_count() { return 1; }

void load(const uint8_t* input) {
  __builtin_memcpy(spectrum, input, sizeof spectrum);
  for (int32_t i = 0; i < model::kInputValues; ++i) tensor[i] = quantize(spectrum[i]);
}

bool infer() { return model::infer(tensor) == mote::Rc::ok; }

float result(uint32_t) {
  float sum = 0;
  for (int32_t i = 0; i < model::kOutputValues; ++i) {
    const float difference = kOutputScale * static_cast<float>(model::output()[i] - kOutputZero) - spectrum[i];
    sum += difference * difference;
  }
  return sum / static_cast<float>(model::kOutputValues);
}

}  // namespace benchmark
