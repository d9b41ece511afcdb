// mote calibrate: tunes [decision] on recordings, or on a stream made of them.
#include "mote/calibrate/calibrate.h"

#include <fmt/core.h>

#include "mote/cli/streams.h"
#include "mote/compiler/base/file_set.h"
#include "mote/evaluate/verdict.h"
#include "mote/project/with_keys.h"

namespace mote {
namespace {

struct CalibrateVerb {
  ModelOptions model;
  std::string part = "val", svg;
  std::optional<double> simulate;
  Simulation simulation;
  double false_alarms_per_day = 1;
  bool per_class = false, write = false;
};

// What the decisions were judged on.
struct Ground {
  std::vector<ScoredStream> streams;
  bool is_simulated = false;
  double hours = 0;
  size_t events = 0;
};

Expected<Ground> find_ground(const CalibrateVerb& v, const Exam& exam) {
  Ground ground;
  if (!v.simulate) {
    MOTE_TRY(ground.streams, score_recordings(exam));
  }
  const auto has_events = [](const ScoredStream& stream) { return !stream.events.empty(); };
  ground.is_simulated = std::none_of(ground.streams.begin(), ground.streams.end(), has_events);
  if (ground.is_simulated) {
    Simulation simulation = v.simulation;
    simulation.hours = v.simulate.value_or(simulation.hours);
    MOTE_TRY(ground.streams, simulate_streams(exam, simulation));
  }
  for (const ScoredStream& stream : ground.streams)
    ground.hours += stream.duration_s / 3600, ground.events += stream.events.size();
  if (ground.events == 0) return malformed("there is no event in so short a stream; --simulate takes more hours");
  return ground;
}

bool misses_all(const OperatingPoint& p) { return p.figures.missed == p.figures.events; }

constexpr const char* kMissesAll =
    "every event is missed. Allow more with --false-alarms-per-day, or see by mote test whether the model knows these "
    "classes at all";

double upper_per_day(const OperatingPoint& p) { return false_alarm_interval(p.figures, 0.9).high; }

Json to_json(const OperatingPoint& p) {
  const EventFigures& f = p.figures;
  Json keys = Json::object();
  for (const auto& [key, text] : as_toml(p.keys)) keys[key] = Json::parse(text);
  return {{"decision", keys},
          {"false_alarms", f.false_alarms},
          {"false_alarms_per_day", f.false_alarms_per_day()},
          {"false_alarms_per_day_at_most", upper_per_day(p)},
          {"missed", f.missed},
          {"events", f.events},
          {"repeated", f.repeated},
          {"delay_s", f.delays_s.empty() ? Json() : Json(f.mean_delay_s())}};
}

void print_trade(const std::vector<OperatingPoint>& trade) {
  std::vector<std::vector<std::string>> rows{{"false alarms/day", "at most (95 %)", "missed", "repeated", "delay s"}};
  for (const auto& [key, text] : trade[0].keys) rows[0].push_back(key);
  for (const OperatingPoint& p : trade) {
    const EventFigures& f = p.figures;
    rows.push_back({print_rate(f.false_alarms_per_day()), print_rate(upper_per_day(p)),
                    fmt::format("{} of {}", f.missed, f.events), std::to_string(f.repeated),
                    f.delays_s.empty() ? "-" : fmt::format("{:.2f}", f.mean_delay_s())});
    for (const auto& [key, text] : p.keys) rows.back().push_back(text);
  }
  print_table(rows);
}

Status write_keys(const std::string& path, const DecisionKeys& keys) {
  MOTE_TRY(const Bytes bytes, read_file(path));
  const std::string text = with_keys(std::string(bytes.begin(), bytes.end()), "decision", as_toml(keys));
  if (auto again = parse_project(text, path); !again) return std::move(again.error());
  return write_file(path, text.data(), text.size());
}

// The exam of a project, whose window may move by any hop.
Expected<Exam> open(const CalibrateVerb& v) {
  if (!is_project(v.model.path)) return malformed("this verb takes a project: its mote.toml");
  MOTE_TRY(const Project project, read_project(v.model.path));
  ModelOptions options = v.model;
  if (!options.stream) {
    MOTE_TRY(options.stream, stream_rows(project, v.model.path));
  }
  MOTE_TRY(Exam exam, set_exam(options, v.part));
  if (exam.nothing < 0)
    return malformed("[model] background: names no class; a decision is tuned against what is no event");
  return exam;
}

const std::string& thresholds_of(const Project& project) { return project.section("decision").choice("thresholds"); }

// Without thresholds of single classes where those are tuned, too.
Expected<Project> project_to_tune(const CalibrateVerb& v, const Project& project) {
  if (!v.per_class) return project;
  return with_decision(project, {{"thresholds", ""}});
}

void print_text(const CalibrateVerb& v, const Ground& ground, size_t tried, const std::vector<OperatingPoint>& trade,
                const OperatingPoint& chosen) {
  if (ground.is_simulated)
    fmt::print("{:.2f} hours simulated from the part \"{}\" by seed {}, with {}\n", ground.hours, v.part,
               v.simulation.seed, count_of(ground.events, "event"));
  else
    fmt::print("{:.2f} hours in {} of the part \"{}\", with {}\n", ground.hours,
               count_of(ground.streams.size(), "recording"), v.part, count_of(ground.events, "event"));
  fmt::print("{} choices tried; the best of them, on these recordings, on which they are tuned:\n", tried);
  print_trade(trade);
  const EventFigures& f = chosen.figures;
  fmt::print("chosen    {} of {} events missed, {} told again, {} ({} a day, of {} allowed), delay {}\n", f.missed,
             f.events, f.repeated, count_of(static_cast<size_t>(f.false_alarms), "false alarm"),
             print_rate(f.false_alarms_per_day()), v.false_alarms_per_day,
             f.delays_s.empty() ? "-" : fmt::format("{:.2f} s", f.mean_delay_s()));
  for (const auto& [key, text] : as_toml(chosen.keys)) fmt::print("  {} = {}\n", key, text);
  if (misses_all(chosen)) fmt::print("warning   {}\n", kMissesAll);
  if (v.write) fmt::print("written   to {}\n", v.model.path);
  fmt::print(
      "next      {}mote test {} judges it on recordings that it was not tuned on: the best of so many choices looks "
      "better here than it is, and \"at most\" does not allow for that\n",
      v.write ? "" : "--write puts it into the project; then ", v.model.path);
}

Expected<int> calibrate(CalibrateVerb v, bool json) {
  v.model.path = project_file(v.model.path);
  MOTE_TRY(const Exam exam, open(v));
  const Graph& graph = exam.model.original;
  MOTE_TRY(const Project project, project_to_tune(v, exam.project));
  if (Status status = check_tunable(project, graph); !status) return std::move(status.error()).at(v.model.path);
  MOTE_TRY(const Ground ground, find_ground(v, exam));
  const Tuning tuning{project, graph, ground.streams, timing_of(exam), [](size_t n) {
                        if (n % 64 == 0) show_progress(fmt::format("choices tried: {}", n));
                      }};
  MOTE_TRY(const std::vector<DecisionKeys> choices, decision_grid(tuning));
  MOTE_TRY(const std::vector<OperatingPoint> points, try_decisions(tuning, choices));
  MOTE_TRY(OperatingPoint chosen, choose_point(points, v.false_alarms_per_day));
  if (v.per_class) {
    MOTE_TRY(chosen, tune_classes(tuning, points, v.false_alarms_per_day));
    if (!thresholds_of(exam.project).empty())
      chosen.keys.emplace("thresholds", "");  // instead of those that were there
  }
  show_progress("");
  const std::vector<OperatingPoint> trade = trade_off(points);
  if (!v.svg.empty()) {
    const std::string svg = draw_trade(exam.model.original.name + ": " + v.part, points, chosen);
    MOTE_TRY_STATUS(write_file(v.svg, svg.data(), svg.size()));
  }
  if (v.write && misses_all(chosen))
    return malformed(fmt::format("[decision] is not written: {}", kMissesAll)).at(v.model.path);
  if (v.write) MOTE_TRY_STATUS(write_keys(v.model.path, chosen.keys));
  if (!json) {
    print_text(v, ground, points.size(), trade, chosen);
    return 0;
  }
  Json j{{"project", v.model.path}, {"part", v.part},          {"simulated", ground.is_simulated},
         {"hours", ground.hours},   {"events", ground.events}, {"tried", points.size()}};
  if (ground.is_simulated) j["seed"] = v.simulation.seed;
  j["trade"] = Json::array();
  for (const OperatingPoint& p : trade) j["trade"].push_back(to_json(p));
  j["chosen"] = to_json(chosen);
  if (misses_all(chosen)) j["warning"] = kMissesAll;
  fmt::print("{}", dump(j));
  return 0;
}

}  // namespace

void add_calibrate(CLI::App& app, Chosen& chosen) {
  CLI::App* verb = app.add_subcommand(
      "calibrate", "Tune a project's [decision]: false alarms a day against missed events and delay");
  auto v = std::make_shared<CalibrateVerb>();
  v->model.path = "mote.toml";
  verb->add_option("project", v->model.path, "The project: its mote.toml or its folder")->capture_default_str();
  verb->add_option("--part", v->part, "Which recordings: those of this split")
      ->check(CLI::IsMember({"val", "train", "test", "all"}))
      ->capture_default_str();
  verb->add_option("--false-alarms-per-day", v->false_alarms_per_day, "At most so many, as measured")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb->add_option("--simulate", v->simulate,
                   "Hours of a stream to make up: recordings of events at random times over those of the background.\n"
                   "Else the recordings with ranges of time and those of background; 1 hour where there are no ranges")
      ->check(CLI::Range(0.01, 1000.0));
  verb->add_option("--every", v->simulation.every_s, "Seconds from one simulated event to the next, on average")
      ->check(CLI::Range(0.1, 1e6))
      ->capture_default_str();
  verb->add_option("--seed", v->simulation.seed, "Of what is made up")->capture_default_str();
  verb->add_option("--svg", v->svg, "A picture of the trade, with all that was tried");
  verb->add_flag("--per-class", v->per_class,
                 "Then tune the threshold of each class too. It takes many events of each: of few, it learns by heart");
  verb->add_flag("--write", v->write, "Write the chosen keys into mote.toml, and leave all else as it is");
  add_json(*verb, chosen);
  verb->footer(
      "Thresholds, smoothing, votes, refractory time and, where a score is a distance, its limit are tried together;\n"
      "what else [decision] says is kept. Events are counted as mote test counts them: docs/EVALUATION.md.");
  verb->callback([&chosen, v] { chosen.run = [&chosen, v] { return calibrate(*v, chosen.json); }; });
}

}  // namespace mote
