#include "mote/project/decision.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "mote/compiler/ir/two_classes.h"
#include "mote/project/training.h"

namespace mote {
namespace {

constexpr double kMostHops = 65535;

// "yes 0.8"
struct ClassThreshold {
  std::string label;
  double value = 0;
};

Expected<ClassThreshold> parse_threshold(const std::string& text) {
  const size_t blank = text.find_last_of(' ');
  ClassThreshold t{text.substr(0, blank), 0};
  const char *begin = text.data() + (blank == text.npos ? text.size() : blank + 1), *end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(begin, end, t.value);
  if (error != std::errc() || stop != end || !(t.value > 0))
    return malformed(fmt::format("thresholds: \"{}\" is no label with its threshold; \"yes 0.8\" is one", text));
  return t;
}

class RuleMaker {
 public:
  RuleMaker(const Project& project, const Graph& graph)
      : project_(project),
        settings_(project.section("decision")),
        background_(project.section("model").choice("background")),
        graph_(graph),
        scores_(graph.at(graph.outputs[0])) {
    hop_s_ = seconds_per_window(project);
  }

  Expected<DecisionRule> make() {
    MOTE_TRY_STATUS(check_scores(graph_));
    DecisionRule rule;
    DecideParams& p = rule.params;
    p.classes = static_cast<int32_t>(element_count(scores_.shape));
    p.average = settings_.integer("average");
    p.weight = static_cast<int32_t>(std::lround(settings_.number("newest") * kFullWeight));
    p.votes = settings_.integer("votes"), p.voters = settings_.integer("voters");
    if (p.votes > p.voters)
      return malformed(fmt::format(
          "votes = {} of voters = {}; at most as many as voters are allowed: set voters = {}, or fewer votes", p.votes,
          p.voters, p.votes));
    MOTE_TRY(p.duration, hops("duration"));
    p.duration = std::max(p.duration, 1);
    MOTE_TRY(p.refractory, hops("refractory"));
    p.rate_most = settings_.integer("rate_most");
    if (p.rate_most > 0) {
      MOTE_TRY(p.rate_hops, hops("rate_time"));
    }
    MOTE_TRY(p.margin, margin());
    MOTE_TRY_STATUS(add_distance(p));
    MOTE_TRY_STATUS(add_thresholds(rule));
    return rule;
  }

 private:
  // Half a hop counts as one.
  Expected<int32_t> hops(const char* key) const {
    const double n = settings_.number(key) / hop_s_;
    if (n > kMostHops)
      return malformed(fmt::format("{} = {} s is {:.0f} hops of {} s; at most {} are allowed, {:.6g} s", key,
                                   settings_.number(key), n, hop_s_, kMostHops, kMostHops * hop_s_));
    return static_cast<int32_t>(std::lround(n));
  }

  double lowest() const { return double{scores_.quant.scale_at(0)} * (-128 - scores_.quant.zero_at(0)); }
  double highest() const { return double{scores_.quant.scale_at(0)} * (127 - scores_.quant.zero_at(0)); }

  int32_t difference(double real) const {
    const double level = real / double{scores_.quant.scale_at(0)} * (1 << kLevelBits);
    return static_cast<int32_t>(std::lround(std::clamp(level, 0.0, double{kHighestLevel})));
  }

  // `most`: the highest that is allowed.
  Expected<int32_t> level(const char* key, double real, double most) const {
    if (!(real > lowest() && real <= most))
      return malformed(fmt::format("{}: {} is beyond the model's scores, which go from {:.4g} to {:.4g}", key, real,
                                   lowest(), highest()));
    return difference(real - lowest());
  }

  // What no score could be ahead by would make every class unknown.
  Expected<int32_t> margin() const {
    const double wanted = settings_.number("margin");
    if (wanted <= highest() - lowest()) return difference(wanted);
    return malformed(
        fmt::format("margin = {}: the model's scores go from {:.4g} to {:.4g}, so that none is ever ahead by "
                    "so much; at most {:.4g} is allowed",
                    wanted, lowest(), highest(), highest() - lowest()));
  }

  Expected<int32_t> find_class(const char* key, const std::string& name) const {
    const std::vector<std::string> labels = score_names(graph_);
    const auto found = std::find(labels.begin(), labels.end(), name);
    if (found != labels.end()) return static_cast<int32_t>(found - labels.begin());
    std::string all;
    for (const std::string& label : labels) all += (all.empty() ? "" : ", ") + label;
    return malformed(fmt::format("{}: there is no class \"{}\"; there are {}", key, name, all));
  }

  Status add_distance(DecideParams& p) const {
    p.distance = kNoClass;
    const std::string name = distance_score(project_);
    if (name.empty()) return {};
    if (p.classes == 1)
      return malformed(fmt::format(
          "distance = \"{}\": the model has one score, which cannot be both a distance and a class; leave distance empty",
          name));
    MOTE_TRY(p.distance, find_class("distance", name));
    const double nothing = highest() + double{scores_.quant.scale_at(0)};  // is as far as this: 1 of a share
    MOTE_TRY(p.distance_limit, level("distance_limit", distance_limit(project_), nothing));
    return {};
  }

  Status add_thresholds(DecisionRule& rule) const {
    std::vector<double> thresholds(static_cast<size_t>(rule.params.classes), settings_.number("threshold"));
    for (const std::string& line : lines_of(settings_.choice("thresholds"))) {
      MOTE_TRY(const ClassThreshold t, parse_threshold(line));
      MOTE_TRY(const int32_t c, find_class("thresholds", t.label));
      thresholds[static_cast<size_t>(c)] = t.value;
    }
    for (double real : thresholds) {
      MOTE_TRY(const int32_t on, level("threshold", real, highest()));
      rule.classes.push_back({on, std::max(on - difference(settings_.number("hysteresis")), 0), 1});
    }
    for (const std::string& name : lines_of(background_)) {
      if (first_scored(rule.classes.size(), graph_.labels.size()) > 0 && name == graph_.labels[0])
        continue;  // it has no score
      MOTE_TRY(const int32_t c, find_class("[model] background", name));
      rule.classes[static_cast<size_t>(c)].is_event = 0;
    }
    if (rule.params.distance != kNoClass) rule.classes[static_cast<size_t>(rule.params.distance)].is_event = 0;
    if (std::none_of(rule.classes.begin(), rule.classes.end(), [](const DecideClass& c) { return c.is_event; }))
      return malformed(fmt::format(
          "[model] background: none of the model's {} scores is left that could be an event; take those out "
          "of it that are to be told",
          rule.classes.size()));
    return {};
  }

  const Project& project_;
  const Settings& settings_;
  const std::string& background_;
  const Graph& graph_;
  const Tensor& scores_;
  double hop_s_ = 0;
};

constexpr double kMostKeptBytes = 1 << 30;   // beyond any chip, and within 32 bits
constexpr double kMostOtherBytes = 1 << 18;  // of a record besides the state: checksums, scores

// Samples come as values: one for each axis.
Expected<RecorderPlan> plan_recorder(const Settings& settings, const Signal& signal, const DecisionPlan& decision) {
  RecorderPlan plan;
  const double samples = std::round(settings.number("signal") * signal.rate_hz) * signal.axes;
  plan.decisions = settings.integer("decisions"), plan.ops = settings.choice("ops") == "true";
  const int32_t least = std::max(decision.window, decision.hop);
  if (samples < least)
    return malformed(
        fmt::format("signal = {} s is less than the {} s of a window and its hop, which mote replay needs; set "
                    "at least that",
                    settings.number("signal"), least / signal.axes / signal.rate_hz));
  const double record = state_bytes(decision.rule.params) + kMostOtherBytes;
  const auto size = static_cast<double>(bytes_of(decision.samples));
  if (const double kept = size * samples + plan.decisions * record; kept > kMostKeptBytes)
    return malformed(
        fmt::format("signal = {} s and decisions = {} may take {:.0f} bytes of RAM; at most {:.0f} are "
                    "allowed, a shorter signal or fewer decisions",
                    settings.number("signal"), plan.decisions, kept, kMostKeptBytes));
  plan.samples = static_cast<int32_t>(samples);
  return plan;
}

bool wants_recorder(const Project& project) { return project.section("recorder").number("signal") > 0; }

}  // namespace

std::string distance_score(const Project& project) {
  const std::string& name = project.section("decision").choice("distance");
  return name.empty() && has_novelty(project) ? std::string(kNoveltyScore) : name;
}

double distance_limit(const Project& project) {
  const double limit = project.section("decision").number("distance_limit");
  return limit == 0 && has_novelty(project) ? 0.5 : limit;
}

Status check_scores(const Graph& graph) {
  const Tensor& scores = graph.at(graph.outputs[0]);
  if (scores.type == DType::int8 && scores.quant.scale.size() == 1) return {};
  return unsupported(
      fmt::format("the model's output is {} {}; int8 scores with one scale are decided of: quantise the model "
                  "in full, or set threshold = 0",
                  print(scores.shape), name_of(scores.type)));
}

bool has_decision(const Project& project) { return project.section("decision").number("threshold") > 0; }

Expected<DecisionPlan> plan_decision(const Project& project, const Graph& graph) {
  DecisionPlan plan;
  auto rule = RuleMaker(project, graph).make();
  if (!rule) return std::move(rule.error()).at("[decision]");
  plan.rule = std::move(*rule);
  MOTE_TRY(const Signal signal, signal_of(project));
  MOTE_TRY(const int32_t period, period_of(project));
  plan.window = signal.samples * signal.axes;
  plan.hop = period * signal.axes;
  plan.samples = graph.at(graph.inputs[0]).type;
  if (wants_recorder(project)) {
    auto recorder = plan_recorder(project.section("recorder"), signal, plan);
    if (!recorder) return std::move(recorder.error()).at("[recorder]");
    plan.recorder = *recorder;
  }
  return plan;
}

Expected<std::optional<DecisionPlan>> find_decision(const Project& project, const Graph& graph) {
  if (!has_decision(project)) {
    if (wants_recorder(project))
      return malformed("[recorder] signal: nothing is decided that could be remembered; set [decision] threshold");
    return std::optional<DecisionPlan>();
  }
  if (project.section("model").choice("file").empty())
    return malformed(
        "[decision]: there is no model whose scores could be decided of; name one in [model] file, or set threshold = 0");
  MOTE_TRY(DecisionPlan plan, plan_decision(project, graph));
  return std::optional(std::move(plan));
}

}  // namespace mote
