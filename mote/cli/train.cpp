// mote train: a project's recordings become the model that its [learn] asks for.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "mote/cli/judge.h"
#include "mote/compiler/base/file_set.h"
#include "mote/compiler/passes/passes.h"
#include "mote/data/lines.h"
#include "mote/evaluate/summary.h"
#include "mote/evaluate/truth.h"
#include "mote/project/training.h"

namespace mote {
namespace {

struct TrainVerb {
  std::string path = "mote.toml";
};

// Windows with their features and labels, to learn from.
struct Lesson {
  Samples samples;
  std::vector<std::string> classes;
  size_t windows = 0;  // those without a clear label too
};

// The class of a label; -1: it is none that is learned.
int32_t class_of(const std::vector<std::string>& classes, const std::string& label) {
  const auto at = std::find(classes.begin(), classes.end(), label);
  return at == classes.end() ? -1 : static_cast<int32_t>(at - classes.begin());
}

class Teacher {
 public:
  Teacher(const Exam& exam, const Plan& plan)
      : exam_(exam), plan_(plan), runner_(plan), kind_(labels_of(exam.project)) {
    const Tensor& features = plan.graph.at(plan.graph.outputs[0]);
    lesson_.samples.features = static_cast<int32_t>(element_count(features.shape));
  }

  Status add(const Item& item) {
    MOTE_TRY(const Recording recording, read_recording(exam_, item));
    const std::vector<TimeRange> ranges = ranges_of(exam_, item, recording);
    Status status;
    run_windows(exam_, plan_, runner_, recording, [&](double begin_s, const Bytes& output) {
      ++lesson_.windows;
      const auto label = label_of_window(item.label, ranges, begin_s, begin_s + exam_.window_s());
      if (label && status) status = add_window(*label, output);
    });
    return status ? Status() : std::move(status.error()).at(item.file);
  }

  // Classes in the order of their names.
  Lesson finish() {
    if (kind_ == Labels::ordinary) lesson_.classes = ordinary_classes(exam_.project);
    if (kind_ != Labels::classes) return std::move(lesson_);
    const std::set<std::string> names(labels_.begin(), labels_.end());
    lesson_.classes.assign(names.begin(), names.end());
    for (const std::string& label : labels_) lesson_.samples.labels.push_back(class_of(lesson_.classes, label));
    return std::move(lesson_);
  }

 private:
  Status add_window(const std::string& label, const Bytes& output) {
    Samples& samples = lesson_.samples;
    if (kind_ == Labels::classes && label.empty()) return {};
    if (kind_ == Labels::numbers) {
      double number = 0;
      if (!parse_number(label, false, number))
        return malformed(fmt::format("is labelled \"{}\"; the method of [learn] predicts numbers", label));
      samples.targets.push_back(static_cast<float>(number));
    } else if (kind_ == Labels::ordinary) {
      const std::string& normal = exam_.project.section("learn").choice("normal");
      samples.labels.push_back(normal.empty() || label == normal ? 0 : 1);
    } else {
      labels_.push_back(label);
    }
    const std::vector<float> features = real_values(plan_.graph.at(plan_.graph.outputs[0]), output);
    samples.values.insert(samples.values.end(), features.begin(), features.end());
    return {};
  }

  const Exam& exam_;
  const Plan& plan_;
  PlanRunner runner_;
  Labels kind_;
  Lesson lesson_;
  std::vector<std::string> labels_;
};

Expected<Lesson> prepare(const Exam& exam) {
  MOTE_TRY(Graph graph, make_vector_graph(exam.project));
  MOTE_TRY(const int32_t hop_rows, hop_rows_of(exam.project));
  MOTE_TRY_STATUS(run_passes(graph, {}));
  MOTE_TRY(const Plan plan,
           make_plan(std::move(graph), {Optimize::balanced, Feed::whole, {}, host_costs(), hop_rows, {}}));
  const auto start = std::chrono::steady_clock::now();
  Teacher teacher(exam, plan);
  for (size_t i = 0; i < exam.data.items.size(); ++i) {
    if (std::chrono::steady_clock::now() - start > std::chrono::seconds(2))
      show_progress(fmt::format("features: {} of {} recordings", i, exam.data.items.size()));
    MOTE_TRY_STATUS(teacher.add(exam.data.items[i]));
  }
  show_progress("");
  Lesson lesson = teacher.finish();
  if (lesson.samples.count() > 0) return lesson;
  return malformed(
      fmt::format("none of the {} windows has a label to learn; a column \"label\" in labels.csv, or a "
                  "folder for each class, says what they are",
                  lesson.windows));
}

std::string describe(const Learner& learner) {
  if (const auto* trees = std::get_if<TreeModel>(&learner))
    return fmt::format("{} trees, {} nodes, depth {}", trees->roots.size(), trees->nodes.size(), depth_of(*trees));
  if (const auto* linear = std::get_if<LinearModel>(&learner)) return fmt::format("{} weights", linear->weights.size());
  return fmt::format("{} centres", std::get<Centres>(learner).count());
}

// The figures of a part; none where it has no recordings, or says nothing.
std::vector<Figure> judge_part(const std::string& file, const std::string& part) {
  ModelOptions options;
  options.path = file;
  auto exam = set_exam(options, part);
  if (!exam) return {};
  const auto answers = judge(*exam, exam->model.plan, {}, "judging " + part);
  return answers ? measure(keep_labelled(answers->results)) : std::vector<Figure>();
}

std::string print_figures(const std::string& part, const std::vector<Figure>& figures) {
  std::string text;
  for (const Figure& figure : figures)
    if (!std::isnan(figure.value))
      text += fmt::format("{}{} {:.3f}", text.empty() ? "" : ", ", figure.name, figure.value);
  for (char& c : text)
    if (c == '_') c = ' ';
  return fmt::format("  {:<6} {}\n", part, text.empty() ? "no recordings" : text);
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
  MOTE_TRY(const Lesson lesson, prepare(*exam));
  MOTE_TRY(const LearnedModel model, train(exam->project, lesson.samples, lesson.classes));
  const std::string text = write_learned(model);
  MOTE_TRY_STATUS(write_file(to.string(), text.data(), text.size()));
  const std::vector<Figure> trained = judge_part(file.string(), "train"), chosen = judge_part(file.string(), "val");
  const std::string& method = exam->project.section("learn").choice("method");
  if (json) {
    Json j{{"model", to.string()},
           {"method", method},
           {"recordings", exam->data.items.size()},
           {"windows", lesson.samples.count()},
           {"features", lesson.samples.features},
           {"classes", model.classes}};
    for (const auto& [part, figures] : {std::pair("train", &trained), {"val", &chosen}})
      for (const Figure& figure : *figures) j["metrics"][part][figure.name] = figure.value;
    fmt::print("{}", dump(j));
    return 0;
  }
  fmt::print("{}: {} features of {} windows in {} recordings{}\n", file.string(), lesson.samples.features,
             lesson.samples.count(), exam->data.items.size(),
             model.classes.empty() ? "" : fmt::format(", {} classes", model.classes.size()));
  fmt::print("{}: {}, in {}\n{}{}", method, describe(model.learner), to.string(), print_figures("train", trained),
             print_figures("val", chosen));
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
