#include "mote/cli/recordings.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "mote/data/conform.h"

namespace mote {
namespace {

constexpr size_t kMostValues = size_t{1} << 26;  // of a recording in memory

size_t window_values(const Signal& signal) {
  return static_cast<size_t>(signal.samples) * static_cast<size_t>(signal.axes);
}

// A picture as a recording of its pixels, from 0 to 1.
Expected<Recording> read_pixels(const Project& project, const std::filesystem::path& file) {
  MOTE_TRY(const Signal signal, signal_of(project));
  MOTE_TRY(const Image image, read_picture(project, file));
  Recording pixels;
  pixels.sensor = contract_of(project);
  pixels.sensor.rate_hz = signal.rate_hz;
  for (uint8_t value : image.pixels) pixels.values.push_back(static_cast<float>(value * signal.scale));
  return pixels;
}

Expected<Recording> read(const Project& project, const std::filesystem::path& file) {
  if (takes_pictures(project)) return read_pixels(project, file);
  MOTE_TRY(const ReadOptions options, reading_of(project, file));
  MOTE_TRY(auto reader, open_samples(file, options));
  const bool converts = project.section("data").choice("mismatch") == "resample";
  MOTE_TRY(reader, conform(std::move(reader), contract_of(project), {.resample = converts}));
  MOTE_TRY(Recording recording, read_all(*reader, kMostValues / reader->axis_count()));
  if (!(recording.sensor.rate_hz > 0)) recording.sensor.rate_hz = project.section("input").number("rate_hz");
  MOTE_TRY(const std::vector<double> ranges, full_scales_of(project));
  for (size_t i = 0; !ranges.empty() && i < recording.values.size(); ++i)
    recording.values[i] = static_cast<float>(double{recording.values[i]} / ranges[i % ranges.size()]);
  return recording;
}

}  // namespace

Expected<Recording> read_recording(const Project& project, const std::filesystem::path& file) {
  auto recording = read(project, file);
  if (!recording && recording.error().where.empty()) return std::move(recording.error()).at(file.string());
  return recording;
}

size_t sample_bytes(const Signal& signal) { return signal.width > 0 ? sizeof(uint8_t) : sizeof(int16_t); }

Bytes to_samples(const Signal& signal, std::span<const float> values) {
  Bytes bytes(values.size() * sample_bytes(signal));
  if (signal.width > 0) {
    for (size_t i = 0; i < values.size(); ++i)
      bytes[i] = static_cast<uint8_t>(std::clamp(std::nearbyint(double{values[i]} / signal.scale), 0.0, 255.0));
    return bytes;
  }
  const auto samples = view_as<int16_t>(bytes);
  for (size_t i = 0; i < values.size(); ++i)
    samples[i] = static_cast<int16_t>(std::clamp(std::nearbyint(double{values[i]} / signal.scale), -32768.0, 32767.0));
  return bytes;
}

bool is_recording(const std::string& file) {
  static constexpr std::array endings{".wav", ".csv", ".tsv", ".json", ".cbor", ".png", ".jpg", ".jpeg", ".bmp"};
  return std::any_of(endings.begin(), endings.end(), [&](const char* ending) { return file.ends_with(ending); });
}

Expected<Bytes> read_samples(const Project& project, const std::filesystem::path& file) {
  MOTE_TRY(const Signal signal, signal_of(project));
  MOTE_TRY(const Recording recording, read_recording(project, file));
  Bytes samples = to_samples(signal, recording.values);
  samples.resize(std::max(samples.size(), window_values(signal) * sample_bytes(signal)));
  return samples;
}

std::vector<Bytes> cut_windows(const Bytes& samples, const Signal& signal) {
  const size_t window = window_values(signal) * sample_bytes(signal);
  std::vector<Bytes> windows;
  for (size_t at = 0; at + window <= samples.size(); at += window)
    windows.emplace_back(samples.begin() + static_cast<std::ptrdiff_t>(at),
                         samples.begin() + static_cast<std::ptrdiff_t>(at + window));
  return windows;
}

Expected<std::vector<Bytes>> pick_windows(const Project& project, size_t count) {
  std::error_code error;
  if (!std::filesystem::exists(data_path_of(project), error)) return std::vector<Bytes>();
  MOTE_TRY(const Signal signal, signal_of(project));
  MOTE_TRY(Dataset data, open_data(project));
  MOTE_TRY_STATUS(split_data(project, data));
  std::stable_partition(data.items.begin(), data.items.end(), [](const Item& item) { return item.split == "test"; });
  std::vector<std::vector<Bytes>> files;
  for (size_t i = 0; i < std::min(count, data.items.size()); ++i) {
    MOTE_TRY(const Bytes samples, read_samples(project, data.path_of(data.items[i])));
    files.push_back(cut_windows(samples, signal));
  }
  std::vector<Bytes> windows;
  for (size_t round = 0, left = 1; left > 0 && windows.size() < count; ++round) {
    left = 0;
    for (std::vector<Bytes>& file : files)
      if (round < file.size() && windows.size() < count) windows.push_back(std::move(file[round])), ++left;
  }
  return windows;
}

}  // namespace mote
