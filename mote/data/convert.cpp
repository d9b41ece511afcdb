#include "mote/data/convert.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "mote/compiler/base/file_set.h"
#include "mote/compiler/base/interrupt.h"
#include "mote/data/acquisition.h"
#include "mote/data/image.h"
#include "mote/data/npy.h"

namespace mote {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxFramesInMemory = size_t{1} << 24;

std::string csv_quoted(const std::string& text) {
  if (text.find_first_of(",\"") == text.npos) return text;
  std::string quoted = "\"";
  for (char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string little_endian(uint32_t v, size_t bytes) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i) text += static_cast<char>(v >> (8 * i));
  return text;
}

// Every chunk of a reader.
template <class Each>
Status for_chunks(SampleReader& reader, Each each) {
  Chunk chunk;
  for (;;) {
    MOTE_TRY_STATUS(reader.read(chunk, kChunkFrames));
    if (chunk.values.empty()) return {};
    each(chunk);
  }
}

Status write_csv(SampleReader& reader, std::ofstream& out) {
  const size_t axes = reader.axis_count();
  bool first = true;
  return for_chunks(reader, [&](const Chunk& chunk) {
    std::string text;
    if (first) {
      for (const Axis& axis : reader.sensor().axes)
        text += (text.empty() ? "" : ",") + csv_quoted(axis.name + (axis.unit.empty() ? "" : " [" + axis.unit + "]"));
      text += chunk.labels.empty() ? "\n" : ",label\n";
      first = false;
    }
    for (size_t i = 0; i < chunk.values.size(); ++i) {
      if (i % axes) text += ',';
      fmt::format_to(std::back_inserter(text), "{}", chunk.values[i]);
      if ((i + 1) % axes) continue;
      if (!chunk.labels.empty()) text += "," + csv_quoted(reader.label_names()[chunk.labels[i / axes]]);
      text += '\n';
    }
    out << text;
  });
}

// RIFF sizes are known at the end only. `bits`: 16 of integers, or 32 of floats.
Status write_wav(SampleReader& reader, std::ofstream& out, int bits) {
  const auto channels = static_cast<uint32_t>(reader.axis_count()),
             rate = static_cast<uint32_t>(std::lround(reader.sensor().rate_hz));
  const uint32_t frame_bytes = channels * static_cast<uint32_t>(bits) / 8;
  auto header = [&](uint32_t data_bytes) {
    return "RIFF" + little_endian(36 + data_bytes, 4) + "WAVEfmt " + little_endian(16, 4) +
           little_endian(bits == 16 ? 1 : 3, 2) + little_endian(channels, 2) + little_endian(rate, 4) +
           little_endian(rate * frame_bytes, 4) + little_endian(frame_bytes, 2) +
           little_endian(static_cast<uint32_t>(bits), 2) + "data" + little_endian(data_bytes, 4);
  };
  out << header(0);
  uint64_t bytes = 0;
  MOTE_TRY_STATUS(for_chunks(reader, [&](const Chunk& chunk) {
    std::string text;
    for (float v : chunk.values)
      text += bits == 16
                  ? little_endian(static_cast<uint16_t>(std::lround(std::clamp(v * 32768.0f, -32768.0f, 32767.0f))), 2)
                  : std::string(reinterpret_cast<const char*>(&v), 4);
    out << text;
    bytes += text.size();
  }));
  if (bytes > 0xFFFFFF00u) return unsupported("becomes a WAV of more than 4 GiB; write CSV or NumPy");
  out.seekp(0);
  out << header(static_cast<uint32_t>(bytes));
  return {};
}

Status write_npy(SampleReader& reader, std::ofstream& out) {
  const auto axes = static_cast<int64_t>(reader.axis_count());
  out << npy_header_of_floats({0, axes});
  int64_t frames = 0;
  MOTE_TRY_STATUS(for_chunks(reader, [&](const Chunk& chunk) {
    out.write(reinterpret_cast<const char*>(chunk.values.data()),
              static_cast<std::streamsize>(chunk.values.size() * sizeof(float)));
    frames += static_cast<int64_t>(chunk.values.size()) / axes;
  }));
  out.seekp(0);
  out << npy_header_of_floats({frames, axes});  // as long as the one before: both fill 128 bytes
  return {};
}

Status write_edge_impulse(SampleReader& reader, std::ofstream& out, const std::string& key) {
  if (!(reader.sensor().rate_hz > 0))
    return malformed("an acquisition needs a rate, which is not known: --rate HZ sets it");
  MOTE_TRY(const Recording recording, read_all(reader, kMaxFramesInMemory));
  out << write_acquisition(recording, "MOTE", key);
  return {};
}

bool is_wav(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  char head[4] = {};
  in.read(head, 4);
  return std::string_view(head, 4) == "RIFF";
}

// Writes one item and gives it its new name.
Status convert_item(const Dataset& d, Item& item, const Sensor& contract, const Conversion& how,
                    const fs::path& folder) {
  const fs::path from = d.path_of(item);
  std::error_code ec;
  fs::create_directories((folder / item.file).parent_path(), ec);
  MOTE_TRY(const bool picture, is_picture(from));
  if (picture) {
    fs::copy_file(from, folder / item.file, ec);
    return ec ? Status(Error{Code::io, "cannot be copied: " + ec.message()}) : Status();
  }
  auto opened = open_samples(from, how.read);
  if (!opened) {
    opened.error().where.clear();  // told by the caller
    return opened.error();
  }
  const int bits = (*opened)->sensor().range == 1 ? 16 : 32;
  MOTE_TRY(const std::unique_ptr<SampleReader> reader, conform(*std::move(opened), contract, how.conforming));
  const bool wav = how.format == FileFormat::plain && is_wav(from);
  const char* ending = wav                                      ? ".wav"
                       : how.format == FileFormat::npy          ? ".npy"
                       : how.format == FileFormat::edge_impulse ? ".json"
                                                                : ".csv";
  item.file = fs::path(item.file).replace_extension(ending).generic_string();
  if (fs::exists(folder / item.file, ec))
    return malformed(fmt::format("becomes {}, as another file does; rename one of them", item.file));
  std::ofstream out(folder / item.file, std::ios::binary);
  Status status = wav                                      ? write_wav(*reader, out, bits)
                  : how.format == FileFormat::npy          ? write_npy(*reader, out)
                  : how.format == FileFormat::edge_impulse ? write_edge_impulse(*reader, out, how.sign_key)
                                                           : write_csv(*reader, out);
  if (!status) return status;
  out.close();
  return out ? Status() : Status(Error{Code::io, "cannot be written; is the disk full?"});
}

std::string info_labels(const Dataset& d) {
  nlohmann::ordered_json j{{"version", 1}, {"files", nlohmann::ordered_json::array()}};
  for (const Item& item : d.items) {
    const char* category = item.split == "test" ? "testing" : item.split.empty() ? "split" : "training";
    nlohmann::ordered_json label{{"type", "unlabeled"}};
    if (!item.label.empty()) label = {{"type", "label"}, {"label", item.label}};
    j["files"].push_back({{"path", item.file}, {"category", category}, {"label", label}});
  }
  return j.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Status write_text(const fs::path& path, const std::string& text) { return write_file(path, text.data(), text.size()); }

Status fill(Dataset d, const Sensor& contract, const Conversion& how, const fs::path& folder,
            const std::function<void(size_t)>& progress) {
  for (size_t i = 0; i < d.items.size(); ++i) {
    const std::string file = d.items[i].file;
    if (auto status = convert_item(d, d.items[i], contract, how, folder); !status)
      return std::move(status.error()).at(file);
    progress(i + 1);
  }
  MOTE_TRY_STATUS(write_text(folder / "labels.csv", write_labels(d)));
  if (how.format == FileFormat::edge_impulse) MOTE_TRY_STATUS(write_text(folder / "info.labels", info_labels(d)));
  if (contract.axes.empty()) return {};
  return write_text(folder / "sensor.json", to_json(contract).dump(2) + "\n");
}

}  // namespace

Expected<Sensor> target_contract(const Dataset& d, const ReadOptions& options, double rate_hz,
                                 const std::string& unit) {
  Sensor contract;
  MOTE_TRY(const bool pictures, is_picture(d.path_of(d.items[0])));
  if (d.contract) {
    contract = *d.contract;
  } else if (!pictures) {
    MOTE_TRY(const auto reader, open_samples(d.path_of(d.items[0]), options));
    contract = reader->sensor();
  }
  if (rate_hz > 0) contract.rate_hz = rate_hz;
  if (unit.empty()) return contract;
  const std::string before = contract.axes.empty() ? "" : contract.axes[0].unit;
  for (Axis& axis : contract.axes) axis.unit = normal_unit(unit);
  // The range is in the unit of the axes.
  if (contract.range > 0) contract.range *= unit_factor(before, normal_unit(unit)).value_or(1);
  return contract;
}

Status convert(const Dataset& d, const Sensor& contract, const Conversion& how, const fs::path& folder,
               const std::function<void(size_t)>& progress) {
  std::error_code ec;
  if (fs::exists(folder, ec) && !fs::is_empty(folder, ec))
    return Error{Code::io, "is there already and not empty; choose another -o", folder.string()};
  const fs::path place = fs::absolute(folder, ec).lexically_normal();
  const fs::path fresh =
      (place.has_filename() ? place : place.parent_path()).string() + ".new-" + std::to_string(::getpid());
  const InterruptCleanup guard(fresh);
  fs::create_directories(fresh, ec);
  auto status = fill(d, contract, how, fresh, progress);
  if (status) {
    fs::remove(place, ec);
    fs::rename(fresh, place, ec);
    if (!ec) return {};
    status = Error{Code::io, "cannot be put in place: " + ec.message(), folder.string()};
  }
  fs::remove_all(fresh, ec);
  return status;
}

}  // namespace mote
