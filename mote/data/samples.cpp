#include "mote/data/samples.h"

#include <fmt/core.h>

#include <cstring>
#include <fstream>

#include "mote/data/acquisition.h"
#include "mote/data/npy.h"

namespace mote {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFirstBytes = 256;

std::string first_bytes(std::istream& in) {
  std::string head(kFirstBytes, '\0');
  in.read(head.data(), kFirstBytes);
  head.resize(static_cast<size_t>(in.gcount()));
  in.clear();
  in.seekg(0);
  return head;
}

Status set_unit(Sensor& sensor, const std::string& option) {
  const size_t equal = option.find('=');
  const std::string unit = normal_unit(equal == option.npos ? option : option.substr(equal + 1));
  bool found = false;
  for (Axis& axis : sensor.axes)
    if (equal == option.npos || axis.name == option.substr(0, equal)) axis.unit = unit, found = true;
  if (!found)
    return malformed(fmt::format("has no axis \"{}\", for which --unit gives a unit; it has {}",
                                 option.substr(0, equal), describe(sensor)));
  return {};
}

Expected<std::unique_ptr<SampleReader>> open_format(std::unique_ptr<std::istream> in, const std::string& name,
                                                    const ReadOptions& options) {
  const std::string head = first_bytes(*in);
  const std::string ending = fs::path(name).extension().string();
  if (head.starts_with("RIFF") || ending == ".wav") return open_wav(std::move(in));
  if (head.starts_with("\x93NUMPY") || ending == ".npy") return open_npy(std::move(in));
  if (is_acquisition(head) || ending == ".cbor" || ending == ".json") return open_acquisition(std::move(in), options);
  return open_csv(std::move(in), options);
}

}  // namespace

const std::vector<std::string>& SampleReader::label_names() const {
  static const std::vector<std::string> none;
  return none;
}

Status SampleReader::apply(const ReadOptions& options) {
  if (options.rate_hz > 0 && sensor_.rate_hz == 0) sensor_.rate_hz = options.rate_hz;
  if (options.contract) sensor_ = fill_in(std::move(sensor_), *options.contract);
  for (const std::string& unit : options.units) MOTE_TRY_STATUS(set_unit(sensor_, unit));
  if (options.range > 0) sensor_.range = options.range;
  return {};
}

Expected<std::unique_ptr<SampleReader>> open_samples(std::unique_ptr<std::istream> in, const std::string& name,
                                                     const ReadOptions& options) {
  auto reader = open_format(std::move(in), name, options);
  if (!reader) return std::move(reader.error()).at(name);
  if (auto status = (*reader)->apply(options); !status) return std::move(status.error()).at(name);
  return reader;
}

Expected<std::unique_ptr<SampleReader>> open_samples(const fs::path& path, const ReadOptions& options) {
  std::error_code ec;
  if (fs::is_directory(path, ec)) return Error{Code::io, "is a folder; a recording is expected", path.string()};
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*file) return Error{Code::io, std::string("cannot be read: ") + std::strerror(errno), path.string()};
  return open_samples(std::move(file), path.string(), options);
}

Expected<Recording> read_all(SampleReader& reader, size_t max_frames) {
  Recording r{reader.sensor(), {}, {}, {}};
  Chunk chunk;
  for (;;) {
    MOTE_TRY_STATUS(reader.read(chunk, kChunkFrames));
    if (chunk.values.empty()) return r;
    r.values.insert(r.values.end(), chunk.values.begin(), chunk.values.end());
    r.times_s.insert(r.times_s.end(), chunk.times_s.begin(), chunk.times_s.end());
    for (uint32_t label : chunk.labels) r.labels.push_back(reader.label_names()[label]);
    if (r.frames() > max_frames)
      return unsupported(fmt::format("has more than {} frames, which do not fit into memory at once", max_frames));
  }
}

}  // namespace mote
