// libFuzzer's view of the same: mutants by fuzz/mutate.h, models by fuzz/check.h. A fault is an abort.
//
//   cmake -S . -B build-fuzz -DCMAKE_CXX_COMPILER=clang++ -DMOTE_SANITIZE=address,undefined,fuzzer-no-link
//   -DMOTE_LIBFUZZER=ON build-fuzz/mote_tflite_fuzzer -rss_limit_mb=1024 -timeout=10 CORPUS
#include <cstdio>
#include <cstdlib>

#include "fuzz/check.h"
#include "fuzz/mutate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const mote::Bytes bytes(data, data + size);
  uint64_t choice = 0;
  for (uint8_t b : bytes) choice = choice * 31 + b;
  const mote::fuzz::Outcome outcome = mote::fuzz::check_model(bytes, choice);
  if (outcome.fault.empty()) return 0;
  std::fprintf(stderr, "%s\n", outcome.fault.c_str());
  std::abort();
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  mote::Rng rng(seed);
  mote::Bytes bytes(data, data + size);
  if (const auto model = mote::fuzz::unpack(bytes)) bytes = mote::fuzz::mutate(*model, rng);
  else mote::fuzz::mutate_bytes(bytes, rng);
  if (bytes.size() > max_size) bytes.resize(max_size);
  std::copy(bytes.begin(), bytes.end(), data);
  return bytes.size();
}
