// Recordings as the samples that a project's firmware takes: held to [input], int16; of pictures uint8.
#pragma once
#include "mote/compiler/base/file_set.h"
#include "mote/project/data.h"

namespace mote {

// Values in the unit of [input], or in shares of its ranges.
Expected<Recording> read_recording(const Project& project, const std::filesystem::path& file);

size_t sample_bytes(const Signal& signal);  // of each of its values
Bytes to_samples(const Signal& signal, std::span<const float> values);

// Whether a file is a recording or a picture by its name: .wav, .csv, .tsv, .json, .cbor, .png, .jpg, .bmp. (.npy is a
// tensor.)
bool is_recording(const std::string& file);

// All samples of a recording, with zeros behind them where it is shorter than a window.
Expected<Bytes> read_samples(const Project& project, const std::filesystem::path& file);

// Windows one after another, what is left over omitted.
std::vector<Bytes> cut_windows(const Bytes& samples, const Signal& signal);

// As many windows of the project's recordings, those of the part "test" first, one of each in turn; fewer where there
// are fewer, and none where there are no recordings.
Expected<std::vector<Bytes>> pick_windows(const Project& project, size_t count);

}  // namespace mote
