// mote train: a project's recordings become the model that its [learn] asks for.
#include <fmt/core.h>

#include <numeric>

#include "mote/cli/lesson.h"
#include "mote/compiler/base/file_set.h"
#include "mote/evaluate/verdict.h"

namespace mote {
namespace {

struct TrainVerb {
  std::string path = "mote.toml";
};

std::string describe(const Learner& learner) {
  if (const auto* trees = std::get_if<TreeModel>(&learner))
    return fmt::format("{} trees, {} nodes, depth {}", trees->roots.size(), trees->nodes.size(), depth_of(*trees));
  if (const auto* linear = std::get_if<LinearModel>(&learner)) return fmt::format("{} weights", linear->weights.size());
  return fmt::format("{} centres", std::get<Centres>(learner).count());
}

std::string describe(const LearnedModel& model) {
  if (!model.projection) return describe(model.learner);
  return fmt::format("{}, of {} principal components", describe(model.learner), model.projection->map.outputs);
}

// The figures of a part; none where it has no recordings.
Expected<std::vector<Figure>> judge_part(const std::string& file, const std::string& part) {
  ModelOptions options;
  options.path = file;
  MOTE_TRY(const Project project, read_project(file));
  MOTE_TRY(const size_t recordings, count_recordings(project, part));
  if (recordings == 0) return std::vector<Figure>();
  MOTE_TRY(const Exam exam, set_exam(options, part));
  MOTE_TRY(const Answers answers, judge(exam, exam.model.plan, {}, "judging " + part));
  const Results labelled = keep_labelled(answers.results);
  if (labelled.windows.empty())
    return malformed(fmt::format("none of the {} windows has a label", answers.results.windows.size()));
  return measure(labelled);
}

std::string describe(const Expected<std::vector<Figure>>& figures) {
  if (!figures) return "not judged: " + figures.error().text();
  if (figures->empty()) return "no recordings";
  std::string text;
  for (const Figure& figure : *figures)
    if (!std::isnan(figure.value))
      text += fmt::format("{}{} {:.3f}", text.empty() ? "" : ", ", print_name(figure.name), figure.value);
  return text;
}

Expected<int> run_train(const TrainVerb& verb, bool json) {
  std::filesystem::path file = verb.path;
  if (std::filesystem::is_directory(file)) file /= "mote.toml";
  MOTE_TRY(Project project, read_project(file));
  if (!learns(project))
    return malformed(
        fmt::format("{}: [learn] method = \"none\"; say what is to be learned, \"forest\" for example, or "
                    "train elsewhere and name the model in [model] file",
                    file.string()));
  const std::string& name = project.section("model").choice("file");
  if (name.empty())
    return malformed(
        fmt::format("{}: [model] file is empty; say where the model goes: file = \"model.json\"", file.string()));
  const std::filesystem::path to = project.folder / name;
  auto exam = open_exam(std::move(project), "train");
  if (!exam) return std::move(exam.error()).at(file.string());
  MOTE_TRY(const Lessons lessons, prepare_lessons(*exam));
  std::vector<size_t> all(exam->data.items.size());
  std::iota(all.begin(), all.end(), size_t{0});
  MOTE_TRY(const Samples samples, gather_samples(*exam, lessons, all));
  MOTE_TRY(const LearnedModel model, train(exam->project, samples, lessons.classes));
  const std::string text = write_learned(model);
  MOTE_TRY_STATUS(write_file(to.string(), text.data(), text.size()));
  const auto trained = judge_part(file.string(), "train"), chosen = judge_part(file.string(), "val");
  const std::string& method = exam->project.section("learn").choice("method");
  if (json) {
    Json j{{"model", to.string()},
           {"method", method},
           {"recordings", exam->data.items.size()},
           {"windows", samples.count()},
           {"features", samples.features},
           {"classes", model.classes}};
    for (const auto& [part, figures] : {std::pair("train", &trained), {"val", &chosen}})
      if (!*figures) j["not_judged"][part] = figures->error().text();
      else
        for (const Figure& figure : **figures) j["metrics"][part][figure.name] = figure.value;
    fmt::print("{}", dump(j));
    return 0;
  }
  fmt::print("{}: {} features of {} windows in {} recordings{}\n", file.string(), samples.features, samples.count(),
             exam->data.items.size(), model.classes.empty() ? "" : fmt::format(", {} classes", model.classes.size()));
  fmt::print("{}: {}, in {}\n  train  {}\n  val    {}\n", method, describe(model), to.string(), describe(trained),
             describe(chosen));
  fmt::print("next: mote test {0}, which looks at the recordings kept for the end; mote compile {0}\n", file.string());
  return 0;
}

}  // namespace

void add_train(CLI::App& app, Chosen& chosen) {
  auto v = std::make_shared<TrainVerb>();
  CLI::App* verb = app.add_subcommand(
      "train", "Make the model that a project's [learn] asks for, of the features that the device computes");
  verb->add_option("project", v->path, "The project: its mote.toml or its folder")->capture_default_str();
  add_json(*verb, chosen);
  verb->footer(
      "Learns from the part \"train\" alone and writes [model] file; \"val\" is judged besides, to choose settings by.\n"
      "Example: mote train fan && mote test fan\nMethods and their settings: docs/PROJECT.md, [learn]");
  verb->callback([&chosen, v] { chosen.run = [&chosen, v] { return run_train(*v, chosen.json); }; });
}

}  // namespace mote
