#include "mote/data/conform.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <numbers>

namespace mote {
namespace {

constexpr double kGapSteps = 1.5, kUsualMaxGapSteps = 3;
constexpr double kZeroCrossings = 16, kBeta = 8;
constexpr size_t kTableSteps = 512;  // between two zero crossings

// A reader that changes what another one gives.
class Changed : public SampleReader {
 public:
  explicit Changed(std::unique_ptr<SampleReader> from) : from_(std::move(from)) { sensor_ = from_->sensor(); }
  const std::vector<std::string>& label_names() const override { return from_->label_names(); }
  std::vector<Finding> findings() const override { return from_->findings(); }

 protected:
  std::unique_ptr<SampleReader> from_;
};

// ---- axes and units ----

class Rearranged : public Changed {
 public:
  Rearranged(std::unique_ptr<SampleReader> from, std::vector<size_t> source, std::vector<double> factor,
             std::vector<Axis> axes)
      : Changed(std::move(from)), source_(std::move(source)), factor_(std::move(factor)) {
    sensor_.axes = std::move(axes);
  }

  int64_t frame_count() const override { return from_->frame_count(); }

  Status read(Chunk& chunk, size_t max_frames) override {
    MOTE_TRY_STATUS(from_->read(in_, max_frames));
    chunk.times_s.swap(in_.times_s), chunk.labels.swap(in_.labels);
    chunk.values.clear();
    for (size_t f = 0; f < in_.values.size(); f += from_->axis_count())
      for (size_t a = 0; a < source_.size(); ++a)
        chunk.values.push_back(static_cast<float>(in_.values[f + source_[a]] * factor_[a]));
    return {};
  }

 private:
  std::vector<size_t> source_;
  std::vector<double> factor_;
  Chunk in_;
};

Expected<std::unique_ptr<SampleReader>> rearrange(std::unique_ptr<SampleReader> reader, const Sensor& contract) {
  const Sensor& found = reader->sensor();
  std::vector<size_t> source;
  std::vector<double> factors;
  std::vector<Axis> axes = contract.axes;
  const bool named = has_names(found) || found.axes.size() != axes.size();
  for (size_t i = 0; i < axes.size(); ++i) {
    Axis& axis = axes[i];
    const auto at = std::find_if(found.axes.begin(), found.axes.end(),
                                 [&](const Axis& a) { return named ? a.name == axis.name : &a == &found.axes[i]; });
    if (at == found.axes.end())
      return malformed(fmt::format("has no axis \"{}\"; it has {}", axis.name, describe(found)));
    if (axis.unit.empty()) axis.unit = at->unit;
    const auto factor = at->unit.empty() ? 1 : unit_factor(at->unit, axis.unit);
    if (!factor) return malformed(fmt::format("{} is in {}, which does not become {}", axis.name, at->unit, axis.unit));
    source.push_back(static_cast<size_t>(at - found.axes.begin()));
    factors.push_back(*factor);
  }
  return std::unique_ptr<SampleReader>(
      std::make_unique<Rearranged>(std::move(reader), std::move(source), std::move(factors), std::move(axes)));
}

// ---- even times ----

// Refuses missing values; frames with times are held to an even grid or, if wanted, put onto one.
class Even : public Changed {
 public:
  Even(std::unique_ptr<SampleReader> from, const Conforming& how) : Changed(std::move(from)), how_(how) {
    step_ = sensor_.rate_hz > 0 ? 1 / sensor_.rate_hz : 0;
    max_gap_ = how.max_gap_s > 0 ? how.max_gap_s : kUsualMaxGapSteps * step_;
  }

  Status read(Chunk& chunk, size_t max_frames) override {
    chunk.clear();
    const size_t enough = max_frames * axis_count();
    while (chunk.values.size() < enough) {
      if (next_ == in_.values.size()) {
        MOTE_TRY_STATUS(from_->read(in_, max_frames));
        next_ = 0;
        if (in_.values.empty()) return {};
      }
      MOTE_TRY_STATUS(take(next_ / axis_count(), enough, chunk));
    }
    return {};
  }

 private:
  // A frame of the source; where a gap before it fills the chunk, the next chunk begins with it again.
  Status take(size_t f, size_t enough, Chunk& out) {
    const float* frame = &in_.values[f * axis_count()];
    const bool timed = !in_.times_s.empty() && step_ > 0;
    const double t = timed ? in_.times_s[f] : step_ * static_cast<double>(frames_);
    for (size_t a = 0; a < axis_count(); ++a)
      if (!std::isfinite(frame[a]))
        return malformed(fmt::format("at {:.3f} s (frame {}): {} has no value; cut the file there, or fill it", t,
                                     frames_, sensor_.axes[a].name));
    if (timed && frames_ > 0) MOTE_TRY_STATUS(check_step(t));
    const uint32_t label = in_.labels.empty() ? 0 : in_.labels[f];
    if (!timed || !how_.resample) put(frame, label, out);
    else if (!interpolate(frame, t, label, enough, out)) return {};
    last_.assign(frame, frame + axis_count());
    last_t_ = t, last_label_ = label;
    ++frames_;
    next_ += axis_count();
    return {};
  }

  Status check_step(double t) const {
    const double d = t - last_t_;
    if (d <= 0) return malformed(fmt::format("at {:.3f} s: the time does not grow", t));
    if (!how_.resample && d > kGapSteps * step_)
      return malformed(fmt::format(
          "at {:.3f} s: a gap of {:.6g} s, the usual step is {:.6g} s; --resample fills gaps of up to --max-gap seconds",
          last_t_, d, step_));
    if (how_.resample && d > max_gap_ * (1 + 1e-9))
      return malformed(fmt::format("at {:.3f} s: a gap of {:.6g} s; --max-gap allows {:.6g} s", last_t_, d, max_gap_));
    return {};
  }

  void put(const float* frame, uint32_t label, Chunk& out) const {
    out.values.insert(out.values.end(), frame, frame + axis_count());
    if (!in_.labels.empty()) out.labels.push_back(label);
  }

  // The points of the grid after the last frame, up to this one; false: there are more than the chunk takes.
  bool interpolate(const float* frame, double t, uint32_t label, size_t enough, Chunk& out) {
    std::vector<float> between(axis_count());
    for (;; ++grid_) {
      const double at = step_ * static_cast<double>(grid_);
      if (at > t + 1e-9 * step_) return true;
      if (out.values.size() >= enough) return false;
      const double part = frames_ == 0 ? 1 : std::clamp((at - last_t_) / (t - last_t_), 0.0, 1.0);
      for (size_t a = 0; a < axis_count(); ++a)
        between[a] = static_cast<float>(frames_ == 0 ? frame[a] : last_[a] + part * (frame[a] - last_[a]));
      put(between.data(), part > 0.5 ? label : last_label_, out);
    }
  }

  Conforming how_;
  double step_ = 0, max_gap_ = 0, last_t_ = 0;
  int64_t frames_ = 0, grid_ = 0;  // taken; put onto the grid
  uint32_t last_label_ = 0;
  std::vector<float> last_;
  Chunk in_;
  size_t next_ = 0;  // of its values
};

// ---- another rate ----

// Modified Bessel function of the first kind, order 0, by its series.
double bessel0(double x) {
  double sum = 1, term = 1;
  for (int k = 1; term > 1e-12 * sum; ++k) {
    term *= x / (2 * k) * (x / (2 * k));
    sum += term;
  }
  return sum;
}

// sinc(x) under the window, x in zero crossings from 0 to kZeroCrossings.
std::vector<double> make_kernel() {
  std::vector<double> table;
  const auto n = static_cast<size_t>(kZeroCrossings) * kTableSteps;
  for (size_t i = 0; i <= n + 1; ++i) {
    const double x = static_cast<double>(i) / kTableSteps, u = std::min(x / kZeroCrossings, 1.0);
    const double sinc = i == 0 ? 1 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
    table.push_back(sinc * bessel0(kBeta * std::sqrt(1 - u * u)) / bessel0(kBeta));
  }
  return table;
}

class Resampled : public Changed {
 public:
  Resampled(std::unique_ptr<SampleReader> from, double rate_hz)
      : Changed(std::move(from)), step_(sensor_.rate_hz / rate_hz) {
    narrow_ = std::min(1.0, 1 / step_);
    reach_ = kZeroCrossings / narrow_;
    sensor_.rate_hz = rate_hz;
  }

  Status read(Chunk& chunk, size_t max_frames) override {
    chunk.clear();
    for (size_t n = 0; n < max_frames; ++n, ++next_) {
      const double at = step_ * static_cast<double>(next_);
      MOTE_TRY_STATUS(fetch(static_cast<int64_t>(at + reach_)));
      if (at >= static_cast<double>(end_)) break;
      make_frame(at, chunk);
    }
    return {};
  }

 private:
  // Frames up to that number, as far as there are any.
  Status fetch(int64_t frame) {
    while (!at_end_ && end_ <= frame) {
      MOTE_TRY_STATUS(from_->read(in_, kChunkFrames));
      at_end_ = in_.values.empty();
      frames_.insert(frames_.end(), in_.values.begin(), in_.values.end());
      labels_.insert(labels_.end(), in_.labels.begin(), in_.labels.end());
      end_ = begin_ + static_cast<int64_t>(frames_.size() / axis_count());
    }
    return {};
  }

  void make_frame(double at, Chunk& chunk) {
    const auto first = std::max<int64_t>(begin_, static_cast<int64_t>(std::ceil(at - reach_)));
    drop_before(first);
    static const std::vector<double> kernel = make_kernel();
    const size_t axes = axis_count();
    std::vector<double> sums(axes);
    double weights = 0;
    for (int64_t k = first; k < end_ && static_cast<double>(k) <= at + reach_; ++k) {
      const double x = std::abs(at - static_cast<double>(k)) * narrow_ * kTableSteps;
      const auto i = static_cast<size_t>(x);
      const double part = x - static_cast<double>(i), w = kernel[i] + part * (kernel[i + 1] - kernel[i]);
      weights += w;
      for (size_t a = 0; a < axes; ++a) sums[a] += w * frames_[static_cast<size_t>(k - begin_) * axes + a];
    }
    for (double sum : sums) chunk.values.push_back(static_cast<float>(sum / weights));
    if (!labels_.empty()) chunk.labels.push_back(labels_[static_cast<size_t>(static_cast<int64_t>(at) - begin_)]);
  }

  void drop_before(int64_t frame) {
    for (; begin_ < frame; ++begin_) {
      frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(axis_count()));
      if (!labels_.empty()) labels_.pop_front();
    }
  }

  double step_, narrow_, reach_;  // in frames of the source
  int64_t next_ = 0;              // of the frames to make
  int64_t begin_ = 0, end_ = 0;   // frames of the source that are held
  bool at_end_ = false;
  std::deque<float> frames_;
  std::deque<uint32_t> labels_;
  Chunk in_;
};

}  // namespace

std::unique_ptr<SampleReader> resample(std::unique_ptr<SampleReader> reader, double rate_hz) {
  return std::make_unique<Resampled>(std::move(reader), rate_hz);
}

Expected<std::unique_ptr<SampleReader>> conform(std::unique_ptr<SampleReader> reader, const Sensor& contract,
                                                const Conforming& how) {
  std::unique_ptr<SampleReader> result = std::make_unique<Even>(std::move(reader), how);
  const double rate = result->sensor().rate_hz;
  if (contract.rate_hz > 0 && rate > 0 && !is_same_rate(contract.rate_hz, rate)) {
    if (!how.resample)
      return malformed(
          fmt::format("the rate is {:.6g} Hz; {:.6g} Hz is expected: --resample changes it", rate, contract.rate_hz));
    if (rate > 1000 * contract.rate_hz || contract.rate_hz > 1000 * rate)
      return malformed(
          fmt::format("the rate is {:.6g} Hz, more than 1000 times off {:.6g} Hz", rate, contract.rate_hz));
    result = resample(std::move(result), contract.rate_hz);
  }
  if (contract.axes.empty()) return result;
  return rearrange(std::move(result), contract);
}

}  // namespace mote
