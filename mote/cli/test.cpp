// mote test: how good a project's model is on recordings that it has not learned from, and how sure that is.
#include <fmt/core.h>

#include "mote/cli/lesson.h"
#include "mote/cli/report.h"
#include "mote/cli/stress.h"
#include "mote/compiler/base/file_set.h"
#include "mote/evaluate/ranking.h"
#include "mote/evaluate/results_file.h"

namespace mote {
namespace {

struct TestVerb {
  ModelOptions model;
  std::string part = "test", save, against, html, folds;
  Resampling resampling;
  bool stress = false;
};

constexpr size_t kShownGroups = 10;

using Rows = std::vector<std::vector<std::string>>;

Status compare_with(const std::string& file, const Resampling& how, const Results& results, Verdict& verdict) {
  MOTE_TRY(const Results other, read_results(file));
  auto aligned = align(results, other);
  if (!aligned) return std::move(aligned.error()).at(file);
  const Results labelled = keep_labelled(*aligned);
  verdict.comparison = compare_results(labelled, verdict.labelled, how);
  verdict.disagreement = count_disagreement(labelled, verdict.labelled);
  return {};
}

// "threshold = 0.7, average = 3"
std::string print_decision(const Project& project) {
  std::string text;
  for (const auto& [key, value] : as_toml(decision_keys(project)))
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", key, value);
  return text;
}

// Of results none of which says what is true.
Error refuse_unlabelled(const Exam& exam, size_t windows) {
  if (exam.makes_sound())
    return malformed(fmt::format("none of the {} recordings of the part \"{}\" has a reference in the column {}",
                                 windows, exam.part, exam.project.section("data").choice("reference")));
  return malformed(
      fmt::format("none of the {} windows of the part \"{}\" has a label; a column \"label\" in "
                  "labels.csv, or a folder for each class, says what is true",
                  windows, exam.part));
}

Expected<Verdict> reach_verdict(const TestVerb& verb, const Exam& exam, const Answers& answers) {
  Verdict verdict;
  verdict.labelled = keep_labelled(answers.results);
  verdict.windows = answers.results.windows.size();
  for (const JudgedWindow& window : answers.results.windows) verdict.padded += window.is_padded;
  if (verdict.labelled.windows.empty()) return refuse_unlabelled(exam, verdict.windows);
  verdict.figures = measure(verdict.labelled, verb.resampling);
  verdict.witnesses = number_groups(verdict.labelled).names.size();
  verdict.groups = measure_groups(verdict.labelled, answers.events);
  verdict.events = add_up(answers.events);
  if (exam.model.decision) verdict.decision = print_decision(exam.project);
  if (exam.distance >= 0) verdict.novelty = judge_novelty(answers.results, distance_limit(exam.project));
  if (!verb.against.empty()) MOTE_TRY_STATUS(compare_with(verb.against, verb.resampling, answers.results, verdict));
  if (verb.stress) {
    MOTE_TRY(verdict.trials, stress(exam, verb.resampling));
  }
  return verdict;
}

// ---- for programs ----

Json to_json(const std::optional<ConfidenceInterval>& interval) {
  return interval ? Json{interval->low, interval->high} : Json();
}

Json to_json(const EventFigures& events, double level) {
  return {{"events", events.events},
          {"missed", events.missed},
          {"repeated", events.repeated},
          {"false_alarms", events.false_alarms},
          {"false_alarms_per_day", events.false_alarms_per_day()},
          {"false_alarms_per_day_interval", to_json(std::optional(false_alarm_interval(events, level)))},
          {"mean_delay_s", events.mean_delay_s()},
          {"duration_s", events.duration_s}};
}

// What the alarms are that were judged.
Json alarms_json(const Exam& exam) {
  Json j;
  j["told_by"] = exam.model.decision ? "decision" : "greatest score";
  if (exam.model.decision)
    for (const auto& [key, value] : as_toml(decision_keys(exam.project))) j["decision"][key] = Json::parse(value);
  return j;
}

Json groups_json(const Verdict& verdict, double level) {
  const bool numbers = verdict.labelled.is_regression();
  Json all = Json::array();
  for (const GroupFigures& group : verdict.groups) {
    const char* figure = verdict.labelled.is_sound ? "si_sdr_gain" : numbers ? "mae" : "accuracy";
    Json j{{"name", group.name}, {"windows", group.windows}, {figure, group.figure}};
    if (!numbers) j["balanced_accuracy"] = group.balanced_accuracy;
    if (group.events.duration_s > 0) j["events"] = to_json(group.events, level);
    all.push_back(j);
  }
  return all;
}

Json classes_json(const Results& labelled) {
  const Confusion confusion = count_confusion(labelled);
  const std::vector<ClassFigures> figures = measure_classes(confusion);
  const std::vector<Ranking> rankings = rank_classes(labelled);
  Json j;
  for (size_t c = 0; c < figures.size(); ++c)
    j.push_back({{"name", labelled.classes[c]},
                 {"windows", figures[c].windows},
                 {"precision", figures[c].precision},
                 {"recall", figures[c].recall},
                 {"f1", figures[c].f1},
                 {"auc", auc(rankings[c])},
                 {"equal_error_rate", equal_error_rate(trace_roc(rankings[c]))}});
  return j;
}

Json confusion_json(const Results& labelled) {
  const Confusion confusion = count_confusion(labelled);
  Json rows = Json::array();
  for (size_t truth = 0; truth < confusion.classes; ++truth) {
    rows.push_back(Json::array());
    for (size_t told = 0; told < confusion.classes; ++told) rows.back().push_back(confusion.at(truth, told));
  }
  return {{"classes", labelled.classes}, {"counts", rows}};
}

Json comparison_json(const TestVerb& verb, const Verdict& verdict) {
  const Comparison& c = *verdict.comparison;
  const std::string better = verdict.labelled.is_sound ? "better" : verdict.labelled.is_regression() ? "nearer" : "";
  const auto key = [&](const char* who) {
    return better.empty() ? fmt::format("only_{}_right", who) : who + ("_" + better);
  };
  return {{"file", verb.against},
          {"figure", compared_figure(verdict.labelled)},
          {"a", c.a},
          {"b", c.b},
          {"difference", c.b - c.a},
          {"interval", to_json(c.difference)},
          {"p", c.p},
          {"test", "permutation of groups, two-sided"},
          {key("a"), verdict.disagreement.only_a},
          {key("b"), verdict.disagreement.only_b}};
}

void add_figures(Json& j, const std::vector<Figure>& figures) {
  for (const Figure& figure : figures) {
    j["metrics"][figure.name] = figure.value;
    j["interval"][figure.name] = to_json(figure.interval);
  }
}

Json to_json(const Novelty& n) {
  return {{"windows", n.windows},
          {"called_unknown", n.called_unknown},
          {"labels", n.labels},
          {"known_windows", n.known_windows},
          {"known_called_unknown", n.known_called_unknown},
          {"auc", n.auc}};
}

Json trials_json(const std::vector<Trial>& trials, double level) {
  Json all = Json::array();
  for (const Trial& trial : trials) {
    Json j{{"kind", trial.kind}, {"level", trial.level}, {"unit", trial.unit}};
    if (trial.kind == "stuck") j = {{"kind", trial.kind}, {"axis", trial.unit}};
    add_figures(j, trial.figures);
    if (trial.events.duration_s > 0) j["events"] = to_json(trial.events, level);
    all.push_back(j);
  }
  return all;
}

Json to_json(const TestVerb& verb, const Exam& exam, const Verdict& verdict) {
  Json j{{"project", verb.model.path},
         {"folds", exam.folds},
         {"part", exam.part},
         {"files", exam.data.items.size()},
         {"windows", verdict.windows},
         {"labelled_windows", verdict.labelled.windows.size()},
         {"padded_windows", verdict.padded},
         {"group_column", exam.data.group_column}};
  add_figures(j, verdict.figures);
  j["resampling"] = {{"of", "groups"},
                     {"rounds", verb.resampling.rounds},
                     {"level", verb.resampling.level},
                     {"seed", verb.resampling.seed}};
  j["groups"] = groups_json(verdict, verb.resampling.level);
  if (!verdict.labelled.is_regression()) {
    j["classes"] = classes_json(verdict.labelled);
    j["confusion"] = confusion_json(verdict.labelled);
  }
  if (verdict.events.duration_s > 0) {
    j["events"] = to_json(verdict.events, verb.resampling.level);
    j["events"].update(alarms_json(exam));
  }
  if (verdict.novelty) j["novelty"] = to_json(*verdict.novelty);
  if (verdict.comparison) j["against"] = comparison_json(verb, verdict);
  if (verb.stress) j["stress"] = trials_json(verdict.trials, verb.resampling.level);
  return j;
}

// ---- for people ----

// On what it was judged, a line each.
std::vector<std::string> list_facts(const Exam& exam, const Verdict& verdict) {
  const std::string part = exam.folds > 0 ? fmt::format(", judged by {} models of the others", exam.folds)
                                          : fmt::format(" of the part \"{}\"", exam.part);
  std::vector<std::string> facts{
      fmt::format("{}{}, {} of {} s{}{}", count_of(exam.data.items.size(), "recording"), part,
                  verdict.labelled.is_sound ? "in windows" : count_of(verdict.windows, "window"), exam.window_s(),
                  exam.hop != exam.signal.samples ? fmt::format(", {} s apart", exam.hop / exam.signal.rate_hz) : "",
                  verdict.padded > 0 ? fmt::format(", {} of them filled up with zeros", verdict.padded) : "")};
  const size_t judged = verdict.labelled.windows.size() + (verdict.novelty ? verdict.novelty->windows : 0);
  if (const size_t silent = verdict.windows - judged; silent > 0)
    facts.push_back(verdict.labelled.is_sound
                        ? fmt::format("{} have no reference, and are not counted", count_of(silent, "recording"))
                        : fmt::format("{} windows have no label, or none that is clear, and are not counted", silent));
  facts.push_back(fmt::format(
      "{} by {}", count_of(verdict.witnesses, "group"),
      exam.data.group_column.empty() ? "file: no column of labels.csv says who was recorded" : exam.data.group_column));
  return facts;
}

void print_head(const TestVerb& verb, const Exam& exam, const Verdict& verdict) {
  const std::vector<std::string> facts = list_facts(exam, verdict);
  fmt::print("{}: {}\n", verb.model.path, facts[0]);
  for (size_t i = 1; i < facts.size(); ++i) fmt::print("{}\n", facts[i]);
  fmt::print("\n");
}

void print_figures(const TestVerb& verb, const Verdict& verdict) {
  Rows rows{{"", "value", fmt::format("{:.0f} % interval", 100 * verb.resampling.level)}};
  for (const Figure& figure : verdict.figures)
    rows.push_back({print_name(figure.name), print_figure(figure.value), print_interval(figure.interval)});
  print_table(rows);
  fmt::print("  {}\n", describe_intervals(verdict));
}

void print_classes(const Results& labelled) {
  const Confusion confusion = count_confusion(labelled);
  const std::vector<ClassFigures> figures = measure_classes(confusion);
  Rows rows{{"class", "windows", "precision", "recall", "F1"}}, table{{"is \\ told"}};
  for (size_t c = 0; c < figures.size(); ++c) {
    const ClassFigures& f = figures[c];
    rows.push_back({labelled.classes[c], fmt::format("{}", f.windows), print_figure(f.precision),
                    print_figure(f.recall), print_figure(f.f1)});
    table[0].push_back(labelled.classes[c]);
    table.push_back({labelled.classes[c]});
    for (size_t told = 0; told < figures.size(); ++told)
      table.back().push_back(fmt::format("{}", confusion.at(c, told)));
  }
  fmt::print("\n");
  print_table(rows);
  fmt::print("\n");
  print_table(table);
}

void print_groups(const Verdict& verdict) {
  const bool numbers = verdict.labelled.is_regression();
  const bool listens = verdict.events.duration_s > 0;
  const std::vector<GroupFigures> groups = sort_worst_first(verdict.groups, verdict.labelled.less_is_better());
  Rows rows{{groups.size() > kShownGroups ? fmt::format("group, the {} worst", kShownGroups) : "group, worst first",
             verdict.labelled.is_sound ? "recordings" : "windows",
             std::string(name_of_group_figure(verdict.labelled))}};
  if (!numbers) rows[0].push_back("balanced");
  if (listens) rows[0].push_back("events");
  for (size_t i = 0; i < std::min(groups.size(), kShownGroups); ++i) {
    const GroupFigures& g = groups[i];
    rows.push_back({g.name, fmt::format("{}", g.windows), print_figure(g.figure)});
    if (!numbers) rows.back().push_back(print_figure(g.balanced_accuracy));
    if (listens) rows.back().push_back(g.events.duration_s > 0 ? describe_events(g.events) : "-");
  }
  fmt::print("\n");
  print_table(rows);
}

void print_events(const Verdict& verdict, double level) {
  const EventFigures& events = verdict.events;
  const ConfidenceInterval rate = false_alarm_interval(events, level);
  if (events.events > 0)
    fmt::print("\nevents       {}, {} missed, {} told again, mean delay {} s", events.events, events.missed,
               events.repeated, print_figure(events.mean_delay_s()));
  fmt::print("\nfalse alarms {} in {:.3g} h: {} a day ({:.0f} % interval {} to {})\n", events.false_alarms,
             events.duration_s / 3600, print_rate(events.false_alarms_per_day()), 100 * level, print_rate(rate.low),
             print_rate(rate.high));
  fmt::print("  {}\n", describe_alarms(verdict));
  if (events.events == 0)
    fmt::print("  no recording says when an event was: what is missed, and how late, is not known\n");
}

void print_comparison(const TestVerb& verb, const Verdict& verdict) {
  const Comparison& c = *verdict.comparison;
  fmt::print("\nagainst {}: {} {} there, {} here; difference {:+.3f} ({:.0f} % interval {})\n", verb.against,
             print_name(compared_figure(verdict.labelled)), print_figure(c.a), print_figure(c.b), c.b - c.a,
             100 * verb.resampling.level, print_interval(c.difference));
  fmt::print("  {} there: {} {}; here: {}; p = {:.2g} by permutation of {}, two-sided\n",
             name_of_better(verdict.labelled), verdict.disagreement.only_a,
             verdict.labelled.is_sound ? "recordings" : "windows", verdict.disagreement.only_b, c.p,
             count_of(c.groups, "group"));
  fmt::print("  {}\n", conclude(verdict, verb.resampling.level));
}

void print_trials(const TestVerb& verb, const Verdict& verdict) {
  const std::string name(compared_figure(verdict.labelled));
  const bool listens = verdict.events.duration_s > 0;
  Rows rows{{"stress", "level", print_name(name), fmt::format("{:.0f} % interval", 100 * verb.resampling.level)}};
  if (listens) rows[0].insert(rows[0].end(), {"missed", "false alarms a day"});
  auto add = [&](const std::string& kind, const std::string& level, const std::vector<Figure>& figures,
                 const EventFigures& events) {
    const Figure& figure = find_figure(figures, name);
    rows.push_back({kind, level, print_figure(figure.value), print_interval(figure.interval)});
    if (listens)
      rows.back().insert(rows.back().end(),
                         {events.events > 0 ? fmt::format("{} of {}", events.missed, events.events) : "-",
                          print_rate(events.false_alarms_per_day())});
  };
  add("none", "", verdict.figures, verdict.events);
  for (size_t i = 0; i < verdict.trials.size(); ++i) {
    const Trial& trial = verdict.trials[i];
    const bool again = i > 0 && verdict.trials[i - 1].kind == trial.kind;
    add(again ? "" : trial.kind, describe_level(trial), trial.figures, trial.events);
  }
  fmt::print("\n");
  print_table(rows);
}

void print(const TestVerb& verb, const Exam& exam, const Verdict& verdict) {
  print_head(verb, exam, verdict);
  print_figures(verb, verdict);
  if (!verdict.labelled.is_regression()) print_classes(verdict.labelled);
  print_groups(verdict);
  if (verdict.events.duration_s > 0) print_events(verdict, verb.resampling.level);
  else if (!verdict.decision.empty())
    fmt::print("\n[decision] is not judged: no recording has labels in time or is of [model] background\n");
  if (verdict.novelty) fmt::print("\nunknown      {}\n", describe_novelty(*verdict.novelty));
  if (verdict.comparison) print_comparison(verb, verdict);
  if (verb.stress) print_trials(verb, verdict);
  if (!verb.html.empty()) fmt::print("\nthe same with plots and pictures: {}\n", verb.html);
}

Status write_page(const TestVerb& verb, const Exam& exam, const Verdict& verdict) {
  MOTE_TRY(Report report, picture_verdict(exam, verdict));
  report.name = exam.model.original.name;
  report.facts = list_facts(exam, verdict);
  report.facts.push_back("Computed in the arithmetic of the device, by mote " MOTE_VERSION " test");
  report.groups_by = exam.data.group_column.empty() ? "file" : exam.data.group_column;
  report.against = verb.against, report.level = verb.resampling.level;
  const std::string page = write_report(report);
  return write_file(verb.html, page.data(), page.size());
}

// Of the project's model, or with --cross-validate of the models that it trains.
Expected<CrossAnswers> sit_exam(const TestVerb& verb) {
  if (verb.folds.empty()) {
    MOTE_TRY(Exam exam, set_exam(verb.model, verb.part));
    MOTE_TRY(Answers answers, judge(exam, exam.model.plan, {}, "testing"));
    return CrossAnswers{std::move(exam), std::move(answers)};
  }
  MOTE_TRY(const Project project, read_project(verb.model.path));
  return cross_validate(project, verb.folds == "groups" ? 0 : std::stoi(verb.folds));
}

Expected<int> run_test(TestVerb verb, bool json) {
  verb.model.path = project_file(verb.model.path);
  auto sat = sit_exam(verb);
  if (!sat) return std::move(sat.error()).at(verb.model.path);
  const Exam* exam = &sat->exam;
  const Answers& answers = sat->answers;
  MOTE_TRY(const Verdict verdict, reach_verdict(verb, *exam, answers));
  if (!verb.save.empty()) {
    const std::string text = write_results(answers.results);
    MOTE_TRY_STATUS(write_file(verb.save, text.data(), text.size()));
  }
  if (!verb.html.empty()) MOTE_TRY_STATUS(write_page(verb, *exam, verdict));
  if (json) fmt::print("{}", dump(to_json(verb, *exam, verdict)));
  else print(verb, *exam, verdict);
  return 0;
}

}  // namespace

void add_test(CLI::App& app, Chosen& chosen) {
  auto v = std::make_shared<TestVerb>();
  v->model.path = "mote.toml";
  CLI::App* verb = app.add_subcommand(
      "test", "Say how good a project's model is on recordings it has not learned from, in the device's arithmetic");
  verb->add_option("project", v->model.path, "The project: its mote.toml or its folder")->capture_default_str();
  verb->add_option("--part", v->part, "Which recordings: those of this split")
      ->check(CLI::IsMember({"test", "val", "train"}))
      ->capture_default_str();
  CLI::Option* folds = verb->add_option(
      "--cross-validate", v->folds,
      "Judge the way of learning instead: train a model for each fold, of this many (whole groups, or\n"
      "each group with \"groups\"), on all others, and judge it on that one");
  folds->excludes("--part")->check([](const std::string& text) {
    int64_t folds = 0;
    const bool is_number = CLI::detail::lexical_cast(text, folds) && folds >= 2 && folds <= 1000;
    return text == "groups" || is_number ? "" : "takes \"groups\", or a number from 2 to 1000";
  });
  verb->add_option("--labels", v->model.labels, "A file with the name of each class, one a line; else as [model] says");
  verb->add_option("--html", v->html,
                   "Write a page with figures, plots, pictures of windows and the worst mistakes to this file");
  verb->add_option("--save", v->save, "Write what the model said of each window to this file (CSV)");
  verb->add_option("--against", v->against,
                   "Compare with such a file of another model, on the same windows: is this one better?");
  verb->add_flag(
          "--stress", v->stress,
          "Judge again with another gain, an offset, noise, lost frames, a drifting clock, stuck axes, the sensor\n"
          "turned, and flipped bits in what was learned")
      ->excludes(folds);
  verb->add_option("--rounds", v->resampling.rounds, "Resamples for intervals and comparisons")
      ->check(CLI::Range(100, 1000000))
      ->capture_default_str();
  verb->add_option("--seed", v->resampling.seed, "Of the resamples, and of what is random in --stress")
      ->capture_default_str();
  add_json(*verb, chosen);
  verb->footer(
      "Example: mote test doorbell --save new.csv --against old.csv\nWhat is measured, and how: docs/EVALUATION.md");
  verb->callback([&chosen, v] { chosen.run = [&chosen, v] { return run_test(*v, chosen.json); }; });
}

}  // namespace mote
