#include "mote/cli/streams.h"

#include <fmt/core.h>

#include <cmath>

#include "mote/cli/threads.h"

namespace mote {
namespace {

constexpr double kStreamHours = 1.0 / 6;  // of a simulated one, in memory as a whole

// The scores of a take's windows, hop by hop, and its events.
ScoredStream score(const Exam& exam, PlanRunner& runner, const Take& take) {
  std::vector<int8_t> scores;
  run_windows(exam, exam.model.plan, runner, take.recording,
              [&](double, const Bytes& output) { add_scores(output, scores); });
  return make_stream(exam, take, std::move(scores));
}

// `make`: the take of stream i, or none.
Expected<std::vector<ScoredStream>> score_all(const Exam& exam, size_t count,
                                              const std::function<Expected<std::optional<Take>>(size_t)>& make) {
  std::vector<Expected<std::optional<ScoredStream>>> each(count, std::optional<ScoredStream>());
  run_in_threads(count, [&] {
    return [&, runner = std::make_unique<PlanRunner>(exam.model.plan)](size_t i, bool shows) {
      if (shows) show_progress(fmt::format("scoring: {} of {} streams", i, count));
      const Expected<std::optional<Take>> take = make(i);
      if (!take) each[i] = take.error();
      else if (*take) each[i] = std::optional(score(exam, *runner, **take));
    };
  });
  show_progress("");
  std::vector<ScoredStream> streams;
  for (auto& one : each) {
    if (!one) return std::move(one.error());
    if (*one) streams.push_back(std::move(**one));
  }
  return streams;
}

class Simulator {
 public:
  Simulator(const Exam& exam, const Simulation& simulation) : exam_(exam), simulation_(simulation) {
    for (const Item& item : exam.data.items)
      if (is_background(exam, item)) background_.push_back(&item);
      else if (!item.label.empty() && item.ranges.empty()) clips_.push_back(&item);
  }

  Status check() const {
    const char* missing = background_.empty() ? "of a class of [model] background" : "of an event";
    if (!background_.empty() && !clips_.empty()) return {};
    return malformed(
        fmt::format("[data]: no recording of the part \"{}\" is {} as a whole; a simulated stream takes both",
                    exam_.part, missing));
  }

  Expected<Take> make(Rng rng, double duration_s) const {
    MOTE_TRY(Take take, lay_background(rng, duration_s));
    const double rate = exam_.signal.rate_hz;
    for (double at_s = gap(rng); at_s < duration_s;) {
      const Item& item = draw(clips_, rng);
      MOTE_TRY(const Take clip, read_take(exam_, item));
      const auto begin = static_cast<size_t>(at_s * rate);
      if (begin + clip.recording.frames() > take.recording.frames()) break;
      lay(clip.recording.values, begin * axes(), take.recording.values);
      const double begin_s = static_cast<double>(begin) / rate;
      take.ranges.push_back({begin_s, begin_s + duration_of(exam_, clip), item.label});
      at_s += duration_of(exam_, clip) + gap(rng);
    }
    return take;
  }

 private:
  static const Item& draw(const std::vector<const Item*>& items, Rng& rng) {
    return *items[static_cast<size_t>(rng.pick(0, static_cast<int32_t>(items.size()) - 1))];
  }

  size_t axes() const { return static_cast<size_t>(exam_.signal.axes); }

  double gap(Rng& rng) const {
    const double least = exam_.window_s();
    return least - std::max(simulation_.every_s - least, 0.0) * std::log(1 - rng.unit());
  }

  // Of a recording longer than what is wanted some part.
  Expected<Take> lay_background(Rng& rng, double duration_s) const {
    Take take;
    const auto wanted = static_cast<size_t>(duration_s * exam_.signal.rate_hz) * axes();
    std::vector<float>& values = take.recording.values;
    while (values.size() < wanted) {
      MOTE_TRY(const Take piece, read_take(exam_, draw(background_, rng)));
      const std::vector<float>& from = piece.recording.values;
      if (from.empty()) return malformed("[data]: a recording of the background is empty");
      take.recording.sensor = piece.recording.sensor;
      const size_t count = std::min(from.size(), wanted - values.size());
      const auto spare = static_cast<double>((from.size() - count) / axes());
      const size_t begin = static_cast<size_t>(rng.unit() * (spare + 1)) * axes();
      values.insert(values.end(), from.begin() + static_cast<ptrdiff_t>(begin),
                    from.begin() + static_cast<ptrdiff_t>(begin + count));
    }
    return take;
  }

  void lay(const std::vector<float>& clip, size_t at, std::vector<float>& over) const {
    const bool adds = exam_.project.section("input").choice("kind") == "audio";
    for (size_t i = 0; i < clip.size(); ++i) over[at + i] = adds ? over[at + i] + clip[i] : clip[i];
  }

  const Exam& exam_;
  const Simulation& simulation_;
  std::vector<const Item*> background_, clips_;
};

}  // namespace

Expected<std::vector<ScoredStream>> score_recordings(const Exam& exam) {
  return score_all(exam, exam.data.items.size(), [&](size_t i) -> Expected<std::optional<Take>> {
    const Item& item = exam.data.items[i];
    MOTE_TRY(Take take, read_take(exam, item));
    if (!has_known_events(exam, item, take)) return std::optional<Take>();
    return std::optional(std::move(take));
  });
}

Expected<std::vector<ScoredStream>> simulate_streams(const Exam& exam, const Simulation& simulation) {
  const Simulator simulator(exam, simulation);
  MOTE_TRY_STATUS(simulator.check());
  const auto count = static_cast<size_t>(std::ceil(simulation.hours / kStreamHours));
  const double each_s = 3600 * simulation.hours / static_cast<double>(count);
  return score_all(exam, count, [&](size_t i) -> Expected<std::optional<Take>> {
    MOTE_TRY(Take take, simulator.make(Rng(simulation.seed * 1'000'003 + i), each_s));
    return std::optional(std::move(take));
  });
}

}  // namespace mote
