// Recordings for tests of the keyword project.
#pragma once
#include <string>

namespace mote {

// The samples of the demo, "right", one second of int16.
std::string demo_samples();

// 16 bits, one channel, 16 kHz, as the demo.
void write_wav(const std::string& path, const std::string& samples);

}  // namespace mote
