#include "mote/compiler/import/import.h"

namespace mote {

Expected<Graph> import_model(std::span<const uint8_t> bytes, const std::string& name) {
  const bool tflite = bytes.size() >= 8 && std::memcmp(bytes.data() + 4, "TFL3", 4) == 0;
  if (tflite) return import_tflite(bytes, name);
  if (bytes.empty()) return malformed("the file is empty; a .tflite model is expected");
  if (bytes.size() >= 4 && std::memcmp(bytes.data(), "PK\3\4", 4) == 0)
    return malformed("is a ZIP archive (a Keras or PyTorch file?); a .tflite model is expected: convert it first");
  return malformed("is not a TensorFlow Lite model: the mark \"TFL3\" is missing at byte 4");
}

}  // namespace mote
