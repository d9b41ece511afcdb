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
#include "mote/data/lines.h"
#include "mote/data/npy.h"

namespace mote {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxFramesInMemory = size_t{1} << 24;

std::string little_endian(uint32_t v, size_t bytes) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i) text += static_cast<char>(v >> (8 * i));
  return text;
}

// What another reader gives, and how much of it lies beyond a limit.
class Watched : public SampleReader {
 public:
  Watched(std::unique_ptr<SampleReader> from, double limit) : from_(std::move(from)), limit_(limit) {
    sensor_ = from_->sensor();
  }
  const std::vector<std::string>& label_names() const override { return from_->label_names(); }
  std::vector<Finding> findings() const override { return from_->findings(); }

  Status read(Chunk& chunk, size_t max_frames) override {
    MOTE_TRY_STATUS(from_->read(chunk, max_frames));
    for (float v : chunk.values) {
      if (std::abs(v) > limit_ && beyond_++ == 0) first_ = all_;
      ++all_;
    }
    return {};
  }

  std::optional<Fault> fault(const std::string& file, const char* what) const {
    if (beyond_ == 0) return std::nullopt;
    const double rate = sensor_.rate_hz,
                 frame = std::floor(static_cast<double>(first_) / static_cast<double>(axis_count()));
    return Fault{Fault::warning, file, rate > 0 ? frame / rate : -1,
                 fmt::format("{} of {} values lie beyond ±{:.6g}{}", beyond_, all_, limit_, what)};
  }

 private:
  std::unique_ptr<SampleReader> from_;
  double limit_;
  int64_t all_ = 0, beyond_ = 0, first_ = 0;
};

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
        text += (text.empty() ? "" : ",") + csv_field(axis.name + (axis.unit.empty() ? "" : " [" + axis.unit + "]"));
      text += chunk.labels.empty() ? "\n" : ",label\n";
      first = false;
    }
    for (size_t i = 0; i < chunk.values.size(); ++i) {
      if (i % axes) text += ',';
      fmt::format_to(std::back_inserter(text), "{}", chunk.values[i]);
      if ((i + 1) % axes) continue;
      if (!chunk.labels.empty()) text += "," + csv_field(reader.label_names()[chunk.labels[i / axes]]);
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

// Integers say their range themselves.
int wav_bits(const fs::path& path) {
  const auto reader = open_samples(path, {});
  return reader && (*reader)->sensor().range == 1 ? 16 : 32;
}

bool lacks_units(const Sensor& found, const Sensor& contract) {
  auto has_unit = [](const Axis& axis) { return !axis.unit.empty(); };
  return std::any_of(contract.axes.begin(), contract.axes.end(), has_unit) &&
         std::none_of(found.axes.begin(), found.axes.end(), has_unit);
}

struct Notes {
  std::vector<Fault> faults;
  size_t called = 0;  // files whose values got a unit that they did not say
};

// Writes one item and gives it its new name.
Status convert_item(const Dataset& d, Item& item, const Sensor& contract, const Conversion& how, const fs::path& folder,
                    Notes& notes) {
  const fs::path from = d.path_of(item);
  std::error_code ec;
  fs::create_directories((folder / item.file).parent_path(), ec);
  MOTE_TRY(const bool picture, is_picture(from));
  if (picture) {
    MOTE_TRY(const Bytes bytes, read_file(from));
    if (const auto image = read_image(bytes); !image) return image.error();
    fs::copy_file(from, folder / item.file, ec);
    return ec ? Status(Error{Code::io, "cannot be copied: " + ec.message()}) : Status();
  }
  auto opened = open_samples(from, how.read);
  if (!opened) {
    opened.error().where.clear();  // told by the caller
    return opened.error();
  }
  if (how.needs_rate && (*opened)->sensor().rate_hz == 0)
    return malformed("its rate is not known, so that it cannot become another one: --rate HZ says it");
  const std::string read_as = item.file;
  const bool wav = how.format == FileFormat::plain && is_wav(from);
  const int bits = wav ? wav_bits(from) : 0;
  notes.called += lacks_units((*opened)->sensor(), contract);
  MOTE_TRY(std::unique_ptr<SampleReader> conforming, conform(*std::move(opened), contract, how.conforming));
  const double range = contract.range > 0 ? contract.range : conforming->sensor().range;
  const auto reader = std::make_unique<Watched>(std::move(conforming), bits == 16 ? 1 : range > 0 ? range : INFINITY);
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
  if (auto fault = reader->fault(
          read_as, bits == 16 ? ", where 16 bits end: they are clipped" : ", the range; they are written as they are"))
    notes.faults.push_back(*std::move(fault));
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
            const std::function<void(size_t)>& progress, Notes& notes) {
  for (size_t i = 0; i < d.items.size(); ++i) {
    const std::string file = d.items[i].file;
    if (auto status = convert_item(d, d.items[i], contract, how, folder, notes); !status)
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
  if (d.contract) contract = *d.contract;
  if (!pictures) {
    MOTE_TRY(const auto reader, open_samples(d.path_of(d.items[0]), options));
    contract = fill_in(std::move(contract), reader->sensor());
  }
  if (rate_hz > 0) contract.rate_hz = rate_hz;
  if (unit.empty()) return contract;
  const std::string before = contract.axes.empty() ? "" : contract.axes[0].unit;
  for (Axis& axis : contract.axes) axis.unit = normal_unit(unit);
  // The range is in the unit of the axes.
  if (contract.range > 0) contract.range *= unit_factor(before, normal_unit(unit)).value_or(1);
  return contract;
}

Expected<std::vector<Fault>> convert(const Dataset& d, const Sensor& contract, const Conversion& how,
                                     const fs::path& folder, const std::function<void(size_t)>& progress) {
  std::error_code ec;
  if (fs::exists(folder, ec) && !fs::is_empty(folder, ec))
    return Error{Code::io, "is there already and not empty; choose another -o", folder.string()};
  const fs::path place = fs::absolute(folder, ec).lexically_normal();
  const fs::path fresh =
      (place.has_filename() ? place : place.parent_path()).string() + ".new-" + std::to_string(::getpid());
  const InterruptCleanup guard(fresh);
  fs::create_directories(fresh, ec);
  Notes notes;
  auto status = fill(d, contract, how, fresh, progress, notes);
  if (notes.called > 0)
    notes.faults.push_back({Fault::warning, "", -1,
                            fmt::format("{} of {} files say no unit: their values were not converted, only called {}",
                                        notes.called, d.items.size(), contract.axes[0].unit)});
  if (status) {
    fs::remove(place, ec);
    fs::rename(fresh, place, ec);
    if (!ec) return std::move(notes.faults);
    status = Error{Code::io, "cannot be put in place: " + ec.message(), folder.string()};
  }
  fs::remove_all(fresh, ec);
  return std::move(status.error());
}

}  // namespace mote
