#include "mote/evaluate/disturb.h"

#include <array>
#include <cmath>
#include <numbers>

#include "mote/data/conform.h"

namespace mote {
namespace {

using Vector = std::array<double, 3>;

// By Box and Muller.
double normal(Rng& rng) {
  const double radius = std::sqrt(-2 * std::log(1 - rng.unit()));
  return radius * std::cos(2 * std::numbers::pi * rng.unit());
}

double variance_of(const Recording& r, size_t axis) {
  double sum = 0, squares = 0;
  for (size_t i = axis; i < r.values.size(); i += r.sensor.axes.size()) sum += r.values[i];
  const double mean = sum / static_cast<double>(r.frames());
  for (size_t i = axis; i < r.values.size(); i += r.sensor.axes.size())
    squares += (r.values[i] - mean) * (r.values[i] - mean);
  return squares / static_cast<double>(r.frames());
}

// All directions are alike to three normal deviates.
Vector draw_direction(Rng& rng) {
  const Vector v{normal(rng), normal(rng), normal(rng)};
  const double length = std::hypot(v[0], v[1], v[2]);
  return {v[0] / length, v[1] / length, v[2] / length};
}

Vector cross(const Vector& a, const Vector& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

Vector turn(const Vector& v, const Vector& about, double radians) {
  const Vector across = cross(about, v);
  const double along = about[0] * v[0] + about[1] * v[1] + about[2] * v[2];
  const double sine = std::sin(radians), cosine = std::cos(radians);
  Vector turned;
  for (size_t i = 0; i < 3; ++i) turned[i] = cosine * v[i] + sine * across[i] + (1 - cosine) * along * about[i];
  return turned;
}

class InMemory : public SampleReader {
 public:
  explicit InMemory(Recording recording) : recording_(std::move(recording)) { sensor_ = recording_.sensor; }

  Status read(Chunk& chunk, size_t max_frames) override {
    chunk.clear();
    const auto from = recording_.values.begin() + static_cast<std::ptrdiff_t>(next_);
    next_ = std::min(next_ + max_frames * axis_count(), recording_.values.size());
    chunk.values.assign(from, recording_.values.begin() + static_cast<std::ptrdiff_t>(next_));
    return {};
  }
  std::vector<Finding> findings() const override { return {}; }

 private:
  Recording recording_;
  size_t next_ = 0;
};

}  // namespace

void apply_gain(Take& take, double db) {
  const double factor = std::pow(10.0, db / 20);
  for (float& value : take.recording.values) value = static_cast<float>(value * factor);
}

void add_offset(Take& take, double offset) {
  for (float& value : take.recording.values) value = static_cast<float>(value + offset);
}

void add_noise(Take& take, double snr_db, Rng& rng) {
  Recording& r = take.recording;
  const size_t axes = r.sensor.axes.size();
  std::vector<double> deviations;
  for (size_t axis = 0; axis < axes; ++axis)
    deviations.push_back(std::sqrt(variance_of(r, axis) * std::pow(10.0, -snr_db / 10)));
  for (size_t i = 0; i < r.values.size(); ++i)
    r.values[i] = static_cast<float>(r.values[i] + deviations[i % axes] * normal(rng));
}

void drop_frames(Take& take, double share, Rng& rng) {
  Recording& r = take.recording;
  const size_t axes = r.sensor.axes.size(), frames = r.frames();
  std::vector<size_t> kept_before{0};
  for (size_t i = 0; i < frames; ++i) {
    const size_t kept = kept_before.back();
    const bool stays = !rng.chance(share) || (i + 1 == frames && kept == 0);
    for (size_t axis = 0; stays && axis < axes; ++axis) r.values[kept * axes + axis] = r.values[i * axes + axis];
    kept_before.push_back(kept + stays);
  }
  r.values.resize(kept_before.back() * axes);
  auto moved = [&](double time_s) {
    const auto frame = static_cast<size_t>(std::max(0.0, std::nearbyint(time_s * r.sensor.rate_hz)));
    return static_cast<double>(kept_before[std::min(frame, frames)]) / r.sensor.rate_hz;
  };
  for (TimeRange& range : take.ranges) range.begin_s = moved(range.begin_s), range.end_s = moved(range.end_s);
}

void drift_clock(Take& take, double share) {
  Recording& r = take.recording;
  const Sensor said = r.sensor;
  MOTE_ASSERT(said.rate_hz > 0 && !said.axes.empty());
  auto reader = resample(std::make_unique<InMemory>(std::move(r)), said.rate_hz * (1 + share));
  auto read = read_all(*reader, SIZE_MAX / said.axes.size());
  MOTE_ASSERT(read);  // nothing can be wrong with what is in memory
  r = std::move(*read);
  r.sensor = said;
  for (TimeRange& range : take.ranges) range.begin_s *= 1 + share, range.end_s *= 1 + share;
}

void stick_axis(Take& take, size_t axis) {
  Recording& r = take.recording;
  for (size_t i = axis; i < r.values.size(); i += r.sensor.axes.size()) r.values[i] = 0;
}

void rotate_axes(Take& take, double degrees, Rng& rng) {
  const Vector about = draw_direction(rng);
  std::vector<float>& values = take.recording.values;
  if (take.recording.sensor.axes.size() % 3 != 0) return;
  for (size_t i = 0; i < values.size(); i += 3) {
    const Vector turned = turn({values[i], values[i + 1], values[i + 2]}, about, degrees * std::numbers::pi / 180);
    for (size_t k = 0; k < 3; ++k) values[i + k] = static_cast<float>(turned[k]);
  }
}

}  // namespace mote
