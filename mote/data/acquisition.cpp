#include "mote/data/acquisition.h"

#include <fmt/core.h>

#include <cmath>
#include <istream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>

#include "mote/compiler/base/sha256.h"

namespace mote {
namespace {

constexpr size_t kMaxDepth = 16, kMaxSensors = 4096;
constexpr size_t kSignatureDigits = 64;

// Takes the document event by event, so that values become floats at once and nesting has a limit.
class Collector : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::string error;

  Expected<Acquisition> finish() {
    if (!error.empty()) return malformed(error);
    Recording& r = result_.recording;
    if (!has_values_) return malformed("has no list payload.values; this is no acquisition");
    if (!(interval_ms_ > 0) || !std::isfinite(interval_ms_))
      return malformed("payload.interval_ms is missing or not above 0; it is the time between two rows of values");
    if (r.sensor.axes.empty()) return malformed("has no list payload.sensors, which names each axis and its unit");
    if (row_length_ != 0 && row_length_ != r.sensor.axes.size())
      return malformed(fmt::format("a row of payload.values has {} values; there are {} sensors", row_length_,
                                   r.sensor.axes.size()));
    r.sensor.rate_hz = 1000 / interval_ms_;
    return std::move(result_);
  }

  bool null() override { return number(std::numeric_limits<double>::quiet_NaN()); }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t v) override { return number(static_cast<double>(v)); }
  bool number_unsigned(number_unsigned_t v) override { return number(static_cast<double>(v)); }
  bool number_float(number_float_t v, const string_t&) override { return number(v); }
  bool binary(binary_t&) override { return true; }

  bool string(string_t& v) override {
    auto& axes = result_.recording.sensor.axes;
    if (is_at({"signature"})) result_.signature = v;
    if (is_at({"protected", "alg"})) result_.algorithm = v;
    if (is_at({"payload", "device_name"})) result_.device_name = v;
    if (is_at({"payload", "device_type"})) result_.device_type = v;
    if (is_at({"payload", "sensors", "[]", "name"})) axes.back().name = v;
    if (is_at({"payload", "sensors", "[]", "units"})) axes.back().unit = v == "N/A" ? "" : normal_unit(v);
    if (place_.size() >= 3 && place_[0] == "payload" && place_[1] == "values")
      return refuse(fmt::format("a value is the text \"{}\"; numbers are expected (attached files are not read)",
                                v.substr(0, 40)));
    return true;
  }

  bool start_object(std::size_t) override {
    if (is_at({"payload", "sensors", "[]"})) {
      auto& axes = result_.recording.sensor.axes;
      if (axes.size() >= kMaxSensors) return refuse(fmt::format("has more than {} sensors", kMaxSensors));
      axes.push_back({fmt::format("ch{}", axes.size() + 1), ""});
    }
    return enter("");
  }
  bool key(string_t& name) override {
    place_.back() = name;
    return true;
  }
  bool end_object() override { return leave(); }

  bool start_array(std::size_t) override {
    has_values_ |= is_at({"payload", "values"});
    if (is_at({"payload", "values", "[]"})) row_begin_ = result_.recording.values.size();
    return enter("[]");
  }
  bool end_array() override {
    leave();
    if (!is_at({"payload", "values", "[]"})) return true;
    return end_row(result_.recording.values.size() - row_begin_);
  }

  bool parse_error(std::size_t at, const std::string&, const nlohmann::json::exception&) override {
    return refuse(fmt::format("cannot be read as JSON or CBOR at byte {}", at));
  }

 private:
  bool refuse(std::string what) {
    if (error.empty()) error = std::move(what);
    return false;
  }

  bool is_at(std::initializer_list<std::string_view> where) const {
    return std::equal(place_.begin(), place_.end(), where.begin(), where.end());
  }

  bool enter(const char* level) {
    if (place_.size() >= kMaxDepth) return refuse("is nested too deeply to be an acquisition");
    place_.push_back(level);
    return true;
  }
  bool leave() {
    place_.pop_back();
    return true;
  }

  bool number(double v) {
    if (is_at({"payload", "interval_ms"})) interval_ms_ = v;
    const bool alone = is_at({"payload", "values", "[]"});
    if (alone || is_at({"payload", "values", "[]", "[]"})) result_.recording.values.push_back(static_cast<float>(v));
    return !alone || end_row(1);
  }

  bool end_row(size_t length) {
    if (row_length_ == 0) row_length_ = length;
    if (length != 0 && length == row_length_) return true;
    return refuse(fmt::format("a row of payload.values has {} values, another one {}", row_length_, length));
  }

  Acquisition result_;
  std::vector<std::string> place_;  // the keys that lead to the current value; "[]" for a list
  double interval_ms_ = 0;
  size_t row_begin_ = 0, row_length_ = 0;
  bool has_values_ = false;
};

class AcquisitionReader : public SampleReader {
 public:
  explicit AcquisitionReader(Acquisition acquisition) : acquisition_(std::move(acquisition)) {
    sensor_ = acquisition_.recording.sensor;
  }

  int64_t frame_count() const override { return static_cast<int64_t>(acquisition_.recording.frames()); }

  Status read(Chunk& chunk, size_t max_frames) override {
    const std::vector<float>& all = acquisition_.recording.values;
    const size_t end = std::min(all.size(), next_ + max_frames * axis_count());
    chunk.clear();
    chunk.values.assign(all.begin() + static_cast<std::ptrdiff_t>(next_),
                        all.begin() + static_cast<std::ptrdiff_t>(end));
    next_ = end;
    return {};
  }

  std::vector<Finding> findings() const override {
    return {{"format", "Edge Impulse acquisition", ""},
            {"device", fmt::format("{} \"{}\"", acquisition_.device_type, acquisition_.device_name), ""},
            {"signed", acquisition_.algorithm == "HS256" ? "yes" : "no", "--hmac-key"}};
  }

 private:
  Acquisition acquisition_;
  size_t next_ = 0;
};

bool is_cbor(std::string_view document) { return !document.empty() && (document[0] & 0xE0) == 0xA0; }  // a map

}  // namespace

bool is_acquisition(std::string_view first_bytes) {
  return (is_cbor(first_bytes) || first_bytes.starts_with('{')) && first_bytes.find("protected") != first_bytes.npos;
}

Expected<Acquisition> parse_acquisition(std::string_view document) {
  Collector collector;
  const auto format = is_cbor(document) ? nlohmann::json::input_format_t::cbor : nlohmann::json::input_format_t::json;
  nlohmann::json::sax_parse(document.begin(), document.end(), &collector, format);
  return collector.finish();
}

Status verify_signature(std::string_view document, const std::string& key) {
  MOTE_TRY(const Acquisition acquisition, parse_acquisition(document));
  if (acquisition.algorithm != "HS256")
    return malformed(
        fmt::format("is not signed (\"alg\" is \"{}\"); with a key, HS256 is expected", acquisition.algorithm));
  const size_t at = document.find(acquisition.signature);
  if (acquisition.signature.size() != kSignatureDigits || at == document.npos)
    return malformed("its signature is not 64 hexadecimal digits");
  std::string blank(document);
  blank.replace(at, kSignatureDigits, kSignatureDigits, '0');
  if (hmac_sha256(key, blank) != acquisition.signature)
    return malformed("its signature does not fit: it was changed after signing, or signed with another key");
  return {};
}

std::string write_acquisition(const Recording& recording, const std::string& device_type, const std::string& key) {
  using Json = nlohmann::ordered_json;
  const size_t axes = recording.sensor.axes.size();
  Json sensors = Json::array(), values = Json::array();
  for (const Axis& axis : recording.sensor.axes)
    sensors.push_back({{"name", axis.name}, {"units", axis.unit.empty() ? "N/A" : axis.unit}});
  for (size_t f = 0; f < recording.frames(); ++f) {
    if (axes == 1) values.push_back(recording.values[f]);
    else values.push_back(std::vector<float>(&recording.values[f * axes], &recording.values[f * axes] + axes));
  }
  const std::string blank(kSignatureDigits, '0');
  Json j{{"protected", {{"ver", "v1"}, {"alg", key.empty() ? "none" : "HS256"}}},
         {"signature", blank},
         {"payload",
          {{"device_type", device_type},
           {"interval_ms", 1000 / recording.sensor.rate_hz},
           {"sensors", sensors},
           {"values", values}}}};
  std::string document = j.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (!key.empty()) document.replace(document.find(blank), kSignatureDigits, hmac_sha256(key, document));
  return document;
}

Expected<std::unique_ptr<SampleReader>> open_acquisition(std::unique_ptr<std::istream> in, const ReadOptions& options) {
  std::string document, block(1 << 16, '\0');
  while (document.size() <= kMaxAcquisitionBytes && (in->read(block.data(), 1 << 16), in->gcount() > 0))
    document.append(block, 0, static_cast<size_t>(in->gcount()));
  if (document.size() > kMaxAcquisitionBytes)
    return unsupported(
        fmt::format("is larger than {} MiB; longer acquisitions are stored as CSV or WAV", kMaxAcquisitionBytes >> 20));
  if (!options.hmac_key.empty()) MOTE_TRY_STATUS(verify_signature(document, options.hmac_key));
  MOTE_TRY(Acquisition acquisition, parse_acquisition(document));
  return std::unique_ptr<SampleReader>(std::make_unique<AcquisitionReader>(std::move(acquisition)));
}

}  // namespace mote
