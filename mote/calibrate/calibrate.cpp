#include "mote/calibrate/calibrate.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace mote {
namespace {

auto rank_of(const Point& p) {
  const EventFigures& f = p.figures;
  return std::tuple(f.missed, f.repeated, f.delays_s.empty() ? 0 : f.mean_delay_s(), f.false_alarms);
}

// "0.62": as few digits as tell neighbours in the grid apart.
std::string number_text(double value) { return fmt::format("{:.4g}", value); }

}  // namespace

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
  constexpr int kThresholds = 24;
  constexpr std::pair<const char*, const char*> kVotes[] = {{"1", "1"}, {"2", "2"}, {"2", "3"}, {"3", "4"}};
  const double scale = double{scores.quant.scale_at(0)}, lowest = scale * (-128 - scores.quant.zero_at(0));
  // None, half a second and a second, in whole hops.
  std::vector<std::string> refractory{"0"};
  for (double s : {0.5, 1.0})
    if (const double hops = std::round(s / hop_s); hops > 1) refractory.push_back(number_text(hops * hop_s));
  std::vector<DecisionKeys> choices;
  for (int i = 1; i <= kThresholds; ++i)
    for (const char* average : {"1", "2", "3", "4", "6"})
      for (const auto& [votes, voters] : kVotes)
        for (const std::string& r : refractory) {
          const double threshold = lowest + scale * 255 * i / (kThresholds + 1);
          if (threshold <= 0) continue;  // which stands for no decision
          choices.push_back({{"threshold", number_text(threshold)},
                             {"average", average},
                             {"votes", votes},
                             {"voters", voters},
                             {"refractory", r}});
        }
  return choices;
}

Expected<Project> with_decision(const Project& project, const DecisionKeys& keys) {
  const auto section = std::find_if(project_sections().begin(), project_sections().end(),
                                    [](const Section& s) { return s.name == "decision"; });
  MOTE_ASSERT(section != project_sections().end());
  DecisionKeys all;
  for (const Setting& s : section->settings) all[std::string(s.name)] = project.section("decision").choice(s.name);
  for (const auto& [key, value] : keys) all[key] = value;
  Project changed = project;
  MOTE_TRY(changed.sections.find("decision")->second, check_settings("[decision]", section->settings, all));
  return changed;
}

Expected<std::vector<Point>> try_decisions(const Project& project, const Graph& graph,
                                           const std::vector<DecisionKeys>& choices,
                                           const std::vector<ScoredStream>& streams, const Timing& timing,
                                           const std::function<void(size_t)>& progress) {
  std::vector<Point> points;
  for (const DecisionKeys& keys : choices) {
    MOTE_TRY(const Project changed, with_decision(project, keys));
    MOTE_TRY(const DecisionPlan plan, plan_decision(changed, graph));
    points.push_back({keys, judge_rule(plan.rule, streams, timing)});
    progress(points.size());
  }
  return points;
}

Expected<Point> choose_point(const std::vector<Point>& points, double false_alarms_per_day) {
  const Point *best = nullptr, *quietest = nullptr;
  for (const Point& p : points) {
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

std::vector<Point> trade_off(const std::vector<Point>& points) {
  std::vector<const Point*> order;
  for (const Point& p : points) order.push_back(&p);
  std::stable_sort(order.begin(), order.end(), [](const Point* a, const Point* b) {
    return a->figures.false_alarms != b->figures.false_alarms ? a->figures.false_alarms < b->figures.false_alarms
                                                              : rank_of(*a) < rank_of(*b);
  });
  std::vector<Point> trade;
  for (const Point* p : order)
    if (trade.empty() || p->figures.missed < trade.back().figures.missed) trade.push_back(*p);
  return trade;
}

std::string write_decision(const std::string& toml, const DecisionKeys& keys) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < toml.size();) {
    const size_t end = std::min(toml.find('\n', at), toml.size());
    lines.push_back(toml.substr(at, end - at));
    at = end + 1;
  }
  const auto begins = [](const std::string& line, std::string_view with) {
    const size_t at = line.find_first_not_of(" \t");
    return at != line.npos && line.compare(at, with.size(), with) == 0;
  };
  auto here = std::find_if(lines.begin(), lines.end(), [&](const auto& line) { return begins(line, "[decision]"); });
  if (here == lines.end()) {
    lines.insert(lines.end(), {"", "[decision]"});
    here = lines.end() - 1;
  }
  DecisionKeys left = keys;
  auto last = here;  // line of the section that says something
  for (auto line = here + 1; line != lines.end() && !begins(*line, "["); ++line) {
    const size_t key = line->find_first_not_of(" \t");
    if (key == line->npos || begins(*line, "#")) continue;
    last = line;
    const auto found = left.find(line->substr(key, line->find_first_of(" \t=", key) - key));
    if (found == left.end()) continue;
    const size_t comment = line->find('#');
    *line = fmt::format("{} = {}{}", found->first, found->second,
                        comment == line->npos ? "" : "  " + line->substr(comment));
    left.erase(found);
  }
  std::vector<std::string> more;
  for (const auto& [key, value] : left) more.push_back(fmt::format("{} = {}", key, value));
  lines.insert(last + 1, more.begin(), more.end());
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace mote
