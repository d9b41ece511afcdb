#include "mote/calibrate/calibrate.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "mote/compiler/ir/two_classes.h"

namespace mote {
namespace {

auto rank_of(const OperatingPoint& p) {
  const EventFigures& f = p.figures;
  return std::tuple(f.missed, f.repeated, f.delays_s.empty() ? 0 : f.mean_delay_s(), f.false_alarms);
}

// "0.62": as few digits as tell neighbours in the grid apart.
std::string number_text(double value) { return fmt::format("{:.4g}", value); }

// Over the range of the scores; a threshold of 0 stands for no decision.
std::vector<std::string> threshold_grid(const Tensor& scores) {
  constexpr int kThresholds = 24;
  const double scale = double{scores.quant.scale_at(0)}, lowest = scale * (-128 - scores.quant.zero_at(0));
  std::vector<std::string> grid;
  for (int i = 1; i <= kThresholds; ++i)
    if (const double threshold = lowest + scale * 255 * i / (kThresholds + 1); threshold > 0)
      grid.push_back(number_text(threshold));
  return grid;
}

std::span<const Setting> decision_settings() {
  const auto section = std::find_if(project_sections().begin(), project_sections().end(),
                                    [](const Section& s) { return s.name == "decision"; });
  MOTE_ASSERT(section != project_sections().end());
  return section->settings;
}

Expected<OperatingPoint> try_decision(const Tuning& tuning, const DecisionKeys& keys) {
  MOTE_TRY(const Project changed, with_decision(tuning.project, keys));
  MOTE_TRY(const DecisionPlan plan, plan_decision(changed, tuning.graph));
  return OperatingPoint{keys, judge_rule(plan.rule, tuning.streams, tuning.timing)};
}

// "yes 0.8" for each class, as in [decision] thresholds.
std::string thresholds_text(const std::map<std::string, std::string>& of_classes) {
  std::string text;
  for (const auto& [name, threshold] : of_classes)
    text += fmt::format("{}{} {}", text.empty() ? "" : "\n", name, threshold);
  return text;
}

std::string quote(const std::string& text) {
  std::string quoted = "\"";
  for (char c : text) quoted += c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
  return quoted + '"';
}

std::string value_as_toml(const Setting& setting, const std::string& value) {
  if (setting.kind == Setting::text) return quote(value);
  if (setting.kind != Setting::texts) return value;
  std::string list;
  for (const std::string& line : lines_of(value)) list += (list.empty() ? "" : ", ") + quote(line);
  return "[" + list + "]";
}

// The scores that may become events.
Expected<std::vector<std::string>> event_names(const Tuning& tuning, const DecisionKeys& keys) {
  MOTE_TRY(const Project project, with_decision(tuning.project, keys));
  MOTE_TRY(const DecisionPlan plan, plan_decision(project, tuning.graph));
  const std::vector<std::string> names = score_names(tuning.graph);
  std::vector<std::string> events;
  for (size_t i = 0; i < names.size(); ++i)
    if (plan.rule.classes[i].is_event) events.push_back(names[i]);
  return events;
}

// With other thresholds of single classes than the point's one: class after class takes the best of the grid while the
// others stay, until none changes.
Expected<OperatingPoint> tune_from(const Tuning& tuning, const OperatingPoint& start, double false_alarms_per_day, size_t& done) {
  constexpr int kRounds = 4;
  MOTE_TRY(const std::vector<std::string> names, event_names(tuning, start.keys));
  const std::vector<std::string> grid = threshold_grid(tuning.graph.at(tuning.graph.outputs[0]));
  std::map<std::string, std::string> of_classes;
  for (const std::string& name : names) of_classes[name] = start.keys.at("threshold");
  OperatingPoint best = start;
  bool changed = true;
  for (int round = 0; changed && round < kRounds; ++round) {
    changed = false;
    for (const std::string& name : names)
      for (const std::string& threshold : grid) {
        auto other = of_classes;
        other[name] = threshold;
        DecisionKeys keys = start.keys;
        keys["thresholds"] = thresholds_text(other);
        MOTE_TRY(const OperatingPoint tried, try_decision(tuning, keys));
        tuning.progress(++done);
        if (tried.figures.false_alarms_per_day() > false_alarms_per_day || !(rank_of(tried) < rank_of(best))) continue;
        best = tried, of_classes = other, changed = true;
      }
  }
  return best;
}

// The best points, no two of which differ in their threshold alone.
std::vector<OperatingPoint> best_of_each_kind(std::vector<OperatingPoint> points, double false_alarms_per_day, size_t most) {
  std::erase_if(points, [&](const OperatingPoint& p) { return p.figures.false_alarms_per_day() > false_alarms_per_day; });
  std::stable_sort(points.begin(), points.end(),
                   [](const OperatingPoint& a, const OperatingPoint& b) { return rank_of(a) < rank_of(b); });
  std::vector<OperatingPoint> best;
  std::set<DecisionKeys> kinds;
  for (const OperatingPoint& p : points) {
    DecisionKeys kind = p.keys;
    kind.erase("threshold");
    if (best.size() < most && kinds.insert(kind).second) best.push_back(p);
  }
  return best;
}

}  // namespace

DecisionKeys decision_keys(const Project& project) {
  const Settings& decision = project.section("decision");
  DecisionKeys keys;
  for (const Setting& setting : decision_settings())
    if (const std::string& value = decision.choice(setting.name); value != setting.default_value)
      keys[std::string(setting.name)] = value;
  return keys;
}

DecisionKeys as_toml(const DecisionKeys& keys) {
  DecisionKeys written;
  for (const Setting& setting : decision_settings()) {
    const auto found = keys.find(std::string(setting.name));
    if (found != keys.end()) written[found->first] = value_as_toml(setting, found->second);
  }
  return written;
}

EventFigures judge_rule(const DecisionRule& rule, const std::vector<ScoredStream>& streams, const Timing& timing) {
  EventFigures figures;
  DecisionRunner runner(rule);
  const auto classes = static_cast<size_t>(rule.params.classes);
  for (const ScoredStream& stream : streams) {
    runner.restart();
    std::vector<TimedLabel> told;
    for (size_t t = 0; (t + 1) * classes <= stream.scores.size(); ++t)
      if (const Decision d = runner(&stream.scores[t * classes]); d.event != kNoClass)
        told.push_back({timing.first_s + static_cast<double>(t) * timing.hop_s, d.event});
    add(figures, match_events(told, stream.events, stream.duration_s, timing.tolerance_s));
  }
  return figures;
}

std::vector<DecisionKeys> decision_grid(const Tensor& scores, double hop_s) {
  constexpr std::pair<const char*, const char*> kVotes[] = {{"1", "1"}, {"2", "2"}, {"2", "3"}, {"3", "4"}};
  // None, half a second and a second, in whole hops.
  std::vector<std::string> refractory{"0"};
  for (double s : {0.5, 1.0})
    if (const double hops = std::round(s / hop_s); hops > 1) refractory.push_back(number_text(hops * hop_s));
  std::vector<DecisionKeys> choices;
  for (const std::string& threshold : threshold_grid(scores))
    for (const char* average : {"1", "2", "3", "4", "6"})
      for (const auto& [votes, voters] : kVotes)
        for (const std::string& r : refractory)
          choices.push_back({{"threshold", threshold},
                             {"average", average},
                             {"votes", votes},
                             {"voters", voters},
                             {"refractory", r}});
  return choices;
}

Expected<Project> with_decision(const Project& project, const DecisionKeys& keys) {
  DecisionKeys all;
  for (const Setting& s : decision_settings()) all[std::string(s.name)] = project.section("decision").choice(s.name);
  for (const auto& [key, value] : keys) all[key] = value;
  Project changed = project;
  MOTE_TRY(changed.sections.find("decision")->second, check_settings("[decision]", decision_settings(), all));
  return changed;
}

Expected<std::vector<OperatingPoint>> try_decisions(const Tuning& tuning, const std::vector<DecisionKeys>& choices) {
  std::vector<OperatingPoint> points;
  for (const DecisionKeys& keys : choices) {
    MOTE_TRY(OperatingPoint point, try_decision(tuning, keys));
    points.push_back(std::move(point));
    tuning.progress(points.size());
  }
  return points;
}

Expected<OperatingPoint> choose_point(const std::vector<OperatingPoint>& points, double false_alarms_per_day) {
  const OperatingPoint *best = nullptr, *quietest = nullptr;
  for (const OperatingPoint& p : points) {
    if (!quietest || p.figures.false_alarms < quietest->figures.false_alarms) quietest = &p;
    if (p.figures.false_alarms_per_day() > false_alarms_per_day) continue;
    if (!best || rank_of(p) < rank_of(*best)) best = &p;
  }
  if (best) return *best;
  if (!quietest) return malformed("there is nothing to choose from");
  return malformed(
      fmt::format("the best of {} choices has {:.3g} false alarms per day; {} are allowed: allow more with "
                  "--false-alarms-per-day, or train with more of what it takes for events",
                  points.size(), quietest->figures.false_alarms_per_day(), false_alarms_per_day));
}

Expected<OperatingPoint> tune_classes(const Tuning& tuning, const std::vector<OperatingPoint>& points, double false_alarms_per_day) {
  constexpr size_t kStarts = 6;
  MOTE_TRY(OperatingPoint best, choose_point(points, false_alarms_per_day));
  size_t done = 0;
  for (const OperatingPoint& start : best_of_each_kind(points, false_alarms_per_day, kStarts)) {
    MOTE_TRY(const OperatingPoint tuned, tune_from(tuning, start, false_alarms_per_day, done));
    if (rank_of(tuned) < rank_of(best)) best = tuned;
  }
  return best;
}

std::vector<OperatingPoint> trade_off(const std::vector<OperatingPoint>& points) {
  std::vector<const OperatingPoint*> order;
  for (const OperatingPoint& p : points) order.push_back(&p);
  std::stable_sort(order.begin(), order.end(), [](const OperatingPoint* a, const OperatingPoint* b) {
    return a->figures.false_alarms != b->figures.false_alarms ? a->figures.false_alarms < b->figures.false_alarms
                                                              : rank_of(*a) < rank_of(*b);
  });
  std::vector<OperatingPoint> trade;
  for (const OperatingPoint* p : order)
    if (trade.empty() || p->figures.missed < trade.back().figures.missed) trade.push_back(*p);
  return trade;
}

}  // namespace mote
