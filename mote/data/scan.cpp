#include "mote/data/scan.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "mote/compiler/base/file_set.h"
#include "mote/compiler/base/sha256.h"

namespace mote {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMinStillFrames = 50, kMinClippedRun = 3;
constexpr double kMinStillSeconds = 1, kMinStillSoundSeconds = 0.5, kSoundHz = 4000;
constexpr double kGapSteps = 1.5, kMaxJitter = 0.25;
constexpr double kFullScale = 32766.5 / 32768;  // of the range: what a 16-bit converter can give is at its end
constexpr int kShownGaps = 3;

// A place in the file.
struct Place {
  int64_t frame = 0;
  double time_s = -1;  // negative: not known
};

// Frames that hold one value.
struct Run {
  Place begin;
  int64_t length = 0;
};

// The runs at the highest value so far (or, mirrored, the lowest).
struct Extreme {
  double value = -INFINITY;
  int64_t frames = 0, runs = 0;  // of runs that are long enough
  Place first;

  void add(double v, const Run& run) {
    if (v > value) *this = {v, 0, 0, {}};
    if (v < value || run.length < kMinClippedRun) return;
    if (run.length == kMinClippedRun && ++runs == 1) first = run.begin;
    frames += run.length == kMinClippedRun ? kMinClippedRun : 1;
  }
};

// What one axis does.
struct Watch {
  AxisStats stats{INFINITY, -INFINITY, 0, 0};
  int64_t count = 0, missing = 0;
  Place first_missing;
  double squares = 0, last = NAN;
  Run run, longest;
  double longest_value = 0;
  Extreme top, bottom;

  void add(double v, Place place) {
    if (!std::isfinite(v)) {
      if (missing++ == 0) first_missing = place;
      return;
    }
    // Welford (1962): stable for long recordings.
    const double from_mean = v - stats.mean;
    stats.mean += from_mean / static_cast<double>(++count);
    squares += from_mean * (v - stats.mean);
    if (v < stats.min) stats.min = v, stats.min_s = place.time_s;
    if (v > stats.max) stats.max = v, stats.max_s = place.time_s;
    run = v == last ? Run{run.begin, run.length + 1} : Run{place, 1};
    last = v;
    if (run.length > longest.length) longest = run, longest_value = v;
    top.add(v, run), bottom.add(-v, run);
  }

  AxisStats finish() {
    if (count == 0) return {};
    stats.deviation = std::sqrt(squares / static_cast<double>(count));
    return stats;
  }
};

// Steps between the times of frames.
struct Clock {
  double step = 0;  // the usual one; 0: not known
  double last = -1, jitter_squares = 0;
  double longest_gap = 0, longest_at = 0;
  int64_t regular = 0, gaps = 0, backward = 0, steps = 0;
  std::vector<Fault> faults;

  void add(double t, const std::string& file) {
    const double d = t - last;
    const bool first = last < 0;
    last = t;
    if (first || step == 0) return;
    ++steps;
    if (d <= 0) {
      if (backward++ == 0)
        faults.push_back({Fault::error, file, t,
                          d < 0 ? fmt::format("the time goes back by {:.6g} s", -d) : "two frames have the same time"});
    } else if (d > kGapSteps * step) {
      if (d > longest_gap) longest_gap = d, longest_at = last - d;
      if (++gaps <= kShownGaps)
        faults.push_back(
            {Fault::error, file, t - d, fmt::format("a gap of {:.6g} s; the usual step is {:.6g} s", d, step)});
    } else {
      jitter_squares += (d - step) * (d - step), ++regular;
    }
  }

  void finish(const std::string& file) {
    if (gaps > kShownGaps)
      faults.push_back({Fault::error, file, longest_at,
                        fmt::format("the longest of {} gaps, {:.6g} s; with the gaps the mean rate is {:.4g} Hz", gaps,
                                    longest_gap, static_cast<double>(steps) / last)});
    if (backward > 1)
      faults.push_back({Fault::error, file, -1, fmt::format("{} more times that do not grow", backward - 1)});
    const double jitter = regular ? std::sqrt(jitter_squares / static_cast<double>(regular)) / step : 0;
    if (jitter > kMaxJitter)
      faults.push_back(
          {Fault::warning, file, -1, fmt::format("steps of time scatter by {:.0f} % of {:.6g} s", 100 * jitter, step)});
  }
};

class Scanner {
 public:
  Scanner(SampleReader& reader, const std::string& file, bool with_fingerprint)
      : reader_(reader),
        watches_(reader.axis_count()),
        fingerprinter_(reader.sensor().rate_hz, reader.axis_count()),
        with_fingerprint_(with_fingerprint) {
    scan_.file = file;
    scan_.sensor = reader.sensor();
    clock_.step = scan_.sensor.rate_hz > 0 ? 1 / scan_.sensor.rate_hz : 0;
  }

  Expected<Scan> run() {
    Chunk chunk;
    std::vector<int64_t> label_frames;
    for (;;) {
      MOTE_TRY_STATUS(reader_.read(chunk, kChunkFrames));
      if (chunk.values.empty()) break;
      add(chunk);
      for (uint32_t label : chunk.labels) {
        if (label >= label_frames.size()) label_frames.resize(label + 1);
        ++label_frames[label];
      }
    }
    for (size_t i = 0; i < label_frames.size(); ++i) scan_.label_frames[reader_.label_names()[i]] = label_frames[i];
    finish();
    return std::move(scan_);
  }

 private:
  void add(const Chunk& chunk) {
    const size_t axes = watches_.size(), frames = chunk.values.size() / axes;
    hash_.add(chunk.values.data(), chunk.values.size() * sizeof(float));
    if (with_fingerprint_) fingerprinter_.add(chunk.values);
    for (size_t a = 0; a < axes; ++a)
      for (size_t f = 0; f < frames; ++f) watches_[a].add(chunk.values[f * axes + a], place_of(chunk, f));
    for (double t : chunk.times_s) clock_.add(t, scan_.file);
    scan_.frames += static_cast<int64_t>(frames);
  }

  Place place_of(const Chunk& chunk, size_t f) const {
    const int64_t frame = scan_.frames + static_cast<int64_t>(f);
    const double rate = scan_.sensor.rate_hz;
    return {frame, !chunk.times_s.empty() ? chunk.times_s[f] : rate > 0 ? static_cast<double>(frame) / rate : -1};
  }

  void finish() {
    if (clock_.last >= 0) {
      clock_.finish(scan_.file);
      scan_.duration_s = clock_.last + clock_.step;
    } else if (scan_.sensor.rate_hz > 0) {
      scan_.duration_s = static_cast<double>(scan_.frames) / scan_.sensor.rate_hz;
    }
    scan_.faults = std::move(clock_.faults);
    if (scan_.frames == 0) scan_.faults.push_back({Fault::error, scan_.file, -1, "has no frames"});
    for (size_t a = 0; a < watches_.size(); ++a) {
      scan_.axes.push_back(watches_[a].finish());
      judge(watches_[a], scan_.sensor.axes[a].name);
    }
    scan_.findings = reader_.findings();
    scan_.content = hash_.digest();
    scan_.fingerprint = fingerprinter_.frames();
  }

  void judge(const Watch& w, const std::string& axis) {
    if (w.missing > 0)
      fault(Fault::error, w.first_missing,
            fmt::format("{}: {} value{} missing", axis, w.missing, w.missing == 1 ? " is" : "s are"));
    if (judge_still(w, axis)) return;
    judge_clipped(w, axis, w.top, 1);
    judge_clipped(w, axis, w.bottom, -1);
  }

  // True: it says all about the axis.
  bool judge_still(const Watch& w, const std::string& axis) {
    const double rate = scan_.sensor.rate_hz, seconds = rate >= kSoundHz ? kMinStillSoundSeconds : kMinStillSeconds;
    const int64_t enough = std::max(kMinStillFrames, static_cast<int64_t>(seconds * rate));
    if (w.count > 1 && w.longest.length == w.count) {
      fault(w.count >= enough ? Fault::error : Fault::warning, w.longest.begin,
            fmt::format("{}: stuck at {:.6g} in the whole file", axis, w.longest_value));
      return true;
    }
    if (w.longest.length >= enough)
      fault(Fault::warning, w.longest.begin,
            fmt::format("{}: stuck at {:.6g} for {}", axis, w.longest_value, span_of(w.longest.length)));
    return false;
  }

  void judge_clipped(const Watch& w, const std::string& axis, const Extreme& e, double sign) {
    if (e.runs == 0) return;
    const double range = scan_.sensor.range;
    const bool at_end = range > 0 ? e.value >= kFullScale * range
                                  : e.runs > 1 && e.value - sign * w.stats.mean > 2 * w.stats.deviation &&
                                        static_cast<double>(e.frames) >= 1e-3 * static_cast<double>(w.count);
    if (at_end && w.longest.length < w.count / 2)
      fault(Fault::warning, e.first,
            fmt::format("{}: clipped at {:.6g}: {} frames in {} run{}", axis, sign * e.value, e.frames, e.runs,
                        e.runs == 1 ? "" : "s"));
  }

  std::string span_of(int64_t frames) const {
    const double rate = scan_.sensor.rate_hz;
    return rate > 0 ? fmt::format("{:.4g} s", static_cast<double>(frames) / rate) : fmt::format("{} frames", frames);
  }

  // Frames without a time are told by their number.
  void fault(Fault::Level level, Place place, std::string what) {
    if (place.time_s < 0) what += fmt::format(" (from frame {})", place.frame);
    scan_.faults.push_back({level, scan_.file, place.time_s, std::move(what)});
  }

  SampleReader& reader_;
  Scan scan_;
  std::vector<Watch> watches_;
  Clock clock_;
  Sha256 hash_;
  Fingerprinter fingerprinter_;
  bool with_fingerprint_;
};

}  // namespace

Expected<Scan> scan_samples(SampleReader& reader, const std::string& file, bool with_fingerprint) {
  return Scanner(reader, file, with_fingerprint).run();
}

Expected<Scan> scan_picture(std::span<const uint8_t> bytes, const std::string& file) {
  MOTE_TRY(const Image image, read_image(bytes));
  Scan scan;
  scan.file = file;
  scan.is_picture = true;
  scan.width = image.width, scan.height = image.height, scan.channels = image.channels;
  scan.hash = image_hash(image);
  scan.content = sha256({reinterpret_cast<const char*>(image.pixels.data()), image.pixels.size()});
  const auto [low, high] = std::minmax_element(image.pixels.begin(), image.pixels.end());
  if (*low == *high) scan.faults.push_back({Fault::warning, file, -1, fmt::format("all pixels are {}", *low)});
  return scan;
}

Expected<Scan> scan_file(const fs::path& path, const std::string& file, const ReadOptions& options,
                         bool with_fingerprint) {
  auto scan = [&]() -> Expected<Scan> {
    MOTE_TRY(const bool picture, is_picture(path));
    if (picture) {
      MOTE_TRY(const Bytes bytes, read_file(path));
      return scan_picture(bytes, file);
    }
    auto reader = open_samples(path, options);
    if (!reader) {
      reader.error().where.clear();  // it is added below, as the list names it
      return std::move(reader.error());
    }
    return scan_samples(**reader, file, with_fingerprint);
  }();
  if (!scan) return std::move(scan.error()).at(file);
  return scan;
}

std::vector<Scan> scan_all(const Dataset& dataset, const ReadOptions& options, bool with_fingerprints,
                           const std::function<void(size_t)>& progress) {
  std::vector<Scan> scans;
  for (const Item& item : dataset.items) {
    auto scan = scan_file(dataset.path_of(item), item.file, options, with_fingerprints);
    if (!scan) {
      Scan unread;
      unread.file = item.file;
      unread.faults.push_back({Fault::error, item.file, -1, scan.error().what});
      scans.push_back(std::move(unread));
    } else {
      scans.push_back(*std::move(scan));
    }
    progress(scans.size());
  }
  return scans;
}

}  // namespace mote
