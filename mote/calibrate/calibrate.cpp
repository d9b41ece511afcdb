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
  return std::tuple(f.missed, f.repeated, f.false_alarms, f.delays_s.empty() ? 0 : f.mean_delay_s());
}

// Points that differ by one threshold alone, which rises.
using Sweep = std::vector<const OperatingPoint*>;

std::vector<Sweep> sweeps_of(const std::vector<OperatingPoint>& points) {
  std::map<DecisionKeys, size_t> numbers;  // by the other keys
  std::vector<Sweep> sweeps;
  for (const OperatingPoint& p : points) {
    DecisionKeys others = p.keys;
    others.erase("threshold");
    const auto [sweep, is_new] = numbers.emplace(std::move(others), sweeps.size());
    if (is_new) sweeps.emplace_back();
    sweeps[sweep->second].push_back(&p);
  }
  return sweeps;
}

// The longest row of points that are as good as `best`, the first of equally long ones.
std::span<const OperatingPoint* const> longest_row(const Sweep& sweep, const OperatingPoint& best) {
  std::span<const OperatingPoint* const> longest;
  for (size_t begin = 0, end = 0; begin < sweep.size(); begin = end + 1) {
    for (end = begin; end < sweep.size() && rank_of(*sweep[end]) == rank_of(best);) ++end;
    if (end - begin > longest.size()) longest = std::span(sweep).subspan(begin, end - begin);
  }
  return longest;
}

// The limit of a distance among the keys; empty: it is not tuned.
std::string limit_of(const OperatingPoint& p) {
  const auto limit = p.keys.find("distance_limit");
  return limit == p.keys.end() ? "" : limit->second;
}

// As choose_point() says; null where no point is allowed.
const OperatingPoint* find_best(const std::vector<Sweep>& sweeps, double false_alarms_per_day) {
  const OperatingPoint* best = nullptr;
  for (const Sweep& sweep : sweeps)
    for (const OperatingPoint* p : sweep)
      if (p->figures.false_alarms_per_day() <= false_alarms_per_day && (!best || rank_of(*p) < rank_of(*best)))
        best = p;
  if (!best) return nullptr;
  std::span<const OperatingPoint* const> longest;
  for (const Sweep& sweep : sweeps)
    if (const auto row = longest_row(sweep, *best); row.size() > longest.size() && limit_of(*row[0]) == limit_of(*best))
      longest = row;
  return longest[(longest.size() - 1) / 2];
}

// "0.62": so many digits that neighbours, `step` apart, differ by ten of the last.
std::string number_text(double value, double step) {
  const double decimals = 1 + std::ceil(-std::log10(step)), before = 1 + std::floor(std::log10(value));
  return fmt::format("{:.{}g}", value, std::max(static_cast<int>(decimals + std::max(before, 0.0)), 1));
}

std::span<const Setting> decision_settings() {
  const auto section = std::find_if(project_sections().begin(), project_sections().end(),
                                    [](const Section& s) { return s.name == "decision"; });
  MOTE_ASSERT(section != project_sections().end());
  return section->settings;
}

Expected<DecisionRule> make_rule(const Project& project, const Graph& graph, const DecisionKeys& keys) {
  MOTE_TRY(const Project changed, with_decision(project, keys));
  MOTE_TRY(DecisionPlan plan, plan_decision(changed, graph));
  return std::move(plan.rule);
}

Expected<OperatingPoint> try_decision(const Tuning& tuning, const DecisionKeys& keys) {
  MOTE_TRY(const DecisionRule rule, make_rule(tuning.project, tuning.graph, keys));
  return OperatingPoint{keys, judge_rule(rule, tuning.streams, tuning.timing)};
}

// The rule of a project with some threshold that its scores can reach.
Expected<DecisionRule> some_rule(const Project& project, const Graph& graph, double share) {
  MOTE_TRY_STATUS(check_scores(graph));
  const Quant& quant = graph.at(graph.outputs[0]).quant;
  const double highest = double{quant.scale_at(0)} * (127 - quant.zero_at(0));
  if (!(highest > 0)) return malformed("the model has no score above 0, where a threshold could be");
  return make_rule(project, graph, {{"threshold", fmt::format("{}", share * highest)}});
}

// Whether each score may become an event.
Expected<std::vector<bool>> find_events(const Tuning& tuning) {
  MOTE_TRY(const DecisionRule rule, some_rule(tuning.project, tuning.graph, 0.5));
  std::vector<bool> events;
  for (const DecideClass& c : rule.classes) events.push_back(c.is_event != 0);
  return events;
}

// Evenly between the least and the greatest score of an event in the streams, as far as they are above 0: a threshold
// of 0 stands for no decision.
Expected<std::vector<std::string>> threshold_grid(const Tuning& tuning) {
  constexpr int kThresholds = 24;
  MOTE_TRY(const std::vector<bool> events, find_events(tuning));
  int32_t least = 127, greatest = -128;
  for (const ScoredStream& stream : tuning.streams)
    for (size_t i = 0; i < stream.scores.size(); ++i)
      if (events[i % events.size()])
        least = std::min<int32_t>(least, stream.scores[i]), greatest = std::max<int32_t>(greatest, stream.scores[i]);
  const Quant& quant = tuning.graph.at(tuning.graph.outputs[0]).quant;
  const auto real = [&](int32_t q) { return double{quant.scale_at(0)} * (q - quant.zero_at(0)); };
  const double low = std::max(real(least), 0.0), high = real(greatest), step = (high - low) / (kThresholds + 1);
  if (!(step > 0))
    return malformed(
        fmt::format("the scores of events go from {:.4g} to {:.4g} in all that was heard: no threshold above 0 parts "
                    "them. Has the model learned these classes, and are there recordings of them?",
                    real(std::min(least, greatest)), high));
  std::vector<std::string> grid;
  for (int i = 1; i <= kThresholds; ++i) grid.push_back(number_text(low + i * step, step));
  return grid;
}

// Where a score is a distance: the project's limit, half of it, and towards what nothing exceeds.
std::vector<std::string> distance_grid(const Tuning& tuning) {
  const Quant& quant = tuning.graph.at(tuning.graph.outputs[0]).quant;
  const double limit = distance_limit(tuning.project), top = double{quant.scale_at(0)} * (128 - quant.zero_at(0));
  std::vector<std::string> grid;
  for (double each : {limit, limit / 2, (limit + top) / 2, top})
    grid.push_back(number_text(each, double{quant.scale_at(0)}));
  return grid;
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

Status check_tunable(const Project& project, const Graph& graph) {
  MOTE_TRY(const DecisionRule rule, some_rule(project, graph, 0.5));
  MOTE_TRY(const DecisionRule other, some_rule(project, graph, 0.25));
  for (size_t i = 0; i < rule.classes.size(); ++i)
    if (rule.classes[i].is_event && rule.classes[i].on != other.classes[i].on) return {};
  return malformed(
      "[decision] thresholds: every class of an event has one of its own, so that the threshold which is tuned decides "
      "nothing. Take thresholds out, or let --per-class find them anew");
}

Expected<std::vector<DecisionKeys>> decision_grid(const Tuning& tuning) {
  constexpr std::pair<const char*, const char*> kVotes[] = {{"1", "1"}, {"2", "2"}, {"2", "3"}, {"3", "4"}};
  const double hop_s = tuning.timing.hop_s;
  // None, half a second and a second, in whole hops.
  std::vector<std::string> refractory{"0"};
  for (double s : {0.5, 1.0})
    if (const double hops = std::round(s / hop_s); hops > 1) refractory.push_back(fmt::format("{:.4g}", hops * hop_s));
  MOTE_TRY(const std::vector<std::string> thresholds, threshold_grid(tuning));
  std::vector<DecisionKeys> choices;
  for (const std::string& threshold : thresholds)
    for (const char* average : {"1", "2", "3", "4", "6"})
      for (const auto& [votes, voters] : kVotes)
        for (const std::string& r : refractory)
          choices.push_back({{"threshold", threshold},
                             {"average", average},
                             {"votes", votes},
                             {"voters", voters},
                             {"refractory", r}});
  if (distance_score(tuning.project).empty()) return choices;
  std::vector<DecisionKeys> with_limits;
  for (const std::string& limit : distance_grid(tuning))
    for (DecisionKeys keys : choices) {
      keys["distance_limit"] = limit;
      with_limits.push_back(std::move(keys));
    }
  return with_limits;
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
  if (const OperatingPoint* best = find_best(sweeps_of(points), false_alarms_per_day)) return *best;
  if (points.empty()) return malformed("there is nothing to choose from");
  const auto quietest = std::min_element(points.begin(), points.end(), [](const auto& a, const auto& b) {
    return a.figures.false_alarms < b.figures.false_alarms;
  });
  return malformed(
      fmt::format("the best of {} choices has {:.3g} false alarms per day; {} are allowed: allow more with "
                  "--false-alarms-per-day, or train with more of what it takes for events",
                  points.size(), quietest->figures.false_alarms_per_day(), false_alarms_per_day));
}

namespace {

// With other thresholds of single classes than the point's one: class after class takes the best of the grid while the
// others stay, until none changes.
Expected<OperatingPoint> tune_from(const Tuning& tuning, const OperatingPoint& point, double false_alarms_per_day,
                                   size_t& done) {
  constexpr int kRounds = 4;
  MOTE_TRY(const std::vector<bool> is_event, find_events(tuning));
  MOTE_TRY(const std::vector<std::string> grid, threshold_grid(tuning));
  const std::vector<std::string> names = score_names(tuning.graph);
  std::map<std::string, std::string> of_classes;
  for (size_t i = 0; i < names.size(); ++i)
    if (is_event[i]) of_classes[names[i]] = point.keys.at("threshold");
  OperatingPoint best = point;
  bool changed = true;
  for (int round = 0; round < kRounds && changed; ++round) {
    changed = false;
    for (auto& [name, its_own] : of_classes) {
      std::vector<OperatingPoint> points;
      for (const std::string& threshold : grid) {
        auto other = of_classes;
        other[name] = threshold;
        DecisionKeys keys = point.keys;
        keys["thresholds"] = thresholds_text(other);
        MOTE_TRY(OperatingPoint tried, try_decision(tuning, keys));
        points.push_back(std::move(tried));
        tuning.progress(++done);
      }
      Sweep sweep;
      for (const OperatingPoint& p : points) sweep.push_back(&p);
      const OperatingPoint* found = find_best({sweep}, false_alarms_per_day);
      if (!found || !(rank_of(*found) < rank_of(best))) continue;
      best = *found, its_own = grid[static_cast<size_t>(found - points.data())], changed = true;
    }
  }
  return best;
}

// The best points, no two of which differ in their threshold alone.
std::vector<OperatingPoint> best_of_each_kind(std::vector<OperatingPoint> points, double false_alarms_per_day,
                                              size_t most) {
  std::erase_if(points,
                [&](const OperatingPoint& p) { return p.figures.false_alarms_per_day() > false_alarms_per_day; });
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

Expected<OperatingPoint> tune_classes(const Tuning& tuning, const std::vector<OperatingPoint>& points,
                                      double false_alarms_per_day) {
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
  std::vector<const OperatingPoint*> quietest;
  for (const OperatingPoint& p : points) quietest.push_back(&p);
  std::stable_sort(quietest.begin(), quietest.end(), [](const OperatingPoint* a, const OperatingPoint* b) {
    return std::tuple(a->figures.false_alarms, a->figures.missed) <
           std::tuple(b->figures.false_alarms, b->figures.missed);
  });
  const std::vector<Sweep> sweeps = sweeps_of(points);
  std::vector<OperatingPoint> trade;
  for (const OperatingPoint* p : quietest)
    if (trade.empty() || p->figures.missed < trade.back().figures.missed)
      trade.push_back(*find_best(sweeps, p->figures.false_alarms_per_day()));
  return trade;
}

}  // namespace mote
