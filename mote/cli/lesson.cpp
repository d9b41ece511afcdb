#include "mote/cli/lesson.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "mote/data/check.h"
#include "mote/data/lines.h"
#include "mote/data/split.h"
#include "mote/evaluate/truth.h"

namespace mote {
namespace {

Expected<Plan> plan_hops(Graph graph, const Project& project) {
  MOTE_TRY(const int32_t hop_rows, hop_rows_of(project));
  return plan_on_host(std::move(graph), hop_rows);
}

// Says how far it has come, where it takes longer than two seconds.
class Progress {
 public:
  Progress(const char* doing, const char* what, size_t all) : doing_(doing), what_(what), all_(all) {}
  ~Progress() { show_progress(""); }
  void show(size_t done) const {
    if (std::chrono::steady_clock::now() - start_ > std::chrono::seconds(2))
      show_progress(fmt::format("{}: {} of {} {}", doing_, done, all_, what_));
  }

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  const char *doing_, *what_;
  size_t all_;
};

Expected<ItemLesson> prepare_item(const Exam& exam, const Plan& plan, PlanRunner& runner, const Item& item) {
  MOTE_TRY(const Recording recording, read_recording(exam, item));
  const std::vector<TimeRange> ranges = ranges_of(exam, item, recording);
  const bool needs_name = labels_of(exam.project) == Labels::classes;
  ItemLesson lesson;
  run_windows(exam, plan, runner, recording, [&](double begin_s, const Bytes& output) {
    ++lesson.windows;
    const auto label = label_of_window(item.label, ranges, begin_s, begin_s + exam.window_s());
    if (!label || (needs_name && label->empty())) return;
    const std::vector<float> features = real_values(plan.graph.at(plan.graph.outputs[0]), output);
    lesson.values.insert(lesson.values.end(), features.begin(), features.end());
    lesson.labels.push_back(*label);
  });
  return lesson;
}

// Adds what a window's label is to the method.
Status add_label(const Exam& exam, const Lessons& lessons, const std::string& label, Samples& samples) {
  const std::string& normal = exam.project.section("learn").choice("normal");
  double number = 0;
  switch (labels_of(exam.project)) {
    case Labels::numbers:
      if (!parse_number(label, false, number))
        return malformed(fmt::format("is labelled \"{}\"; the method of [learn] predicts numbers", label));
      samples.targets.push_back(static_cast<float>(number));
      return {};
    case Labels::ordinary: samples.labels.push_back(normal.empty() || label == normal ? 0 : 1); return {};
    case Labels::classes: break;
  }
  const auto at = std::lower_bound(lessons.classes.begin(), lessons.classes.end(), label);
  samples.labels.push_back(static_cast<int32_t>(at - lessons.classes.begin()));
  return {};
}

// The fold of each recording: of so many, or one for each group. Copies are in one.
Expected<std::vector<size_t>> number_folds(const Dataset& data, int32_t folds) {
  Dataset split = data;
  for (Item& item : split.items) item.split.clear();
  const auto copies = pairs_of(find_same_files(split));
  if (folds > 0) {
    MOTE_TRY_STATUS(split_into_folds(split, static_cast<size_t>(folds), copies));
  } else {
    split_each_group(split, copies);
  }
  std::map<std::string, size_t> numbers;
  for (const Item& item : split.items) numbers.emplace(item.split, 0);
  size_t n = 0;
  for (auto& [name, number] : numbers) number = n++;
  std::vector<size_t> fold;
  for (const Item& item : split.items) fold.push_back(numbers[item.split]);
  return fold;
}

Status require_classes(const Exam& exam, const Lessons& lessons, const Samples& samples, const Item& held_out) {
  if (labels_of(exam.project) != Labels::classes) return {};
  std::vector<bool> there(lessons.classes.size());
  for (int32_t label : samples.labels) there[static_cast<size_t>(label)] = true;
  const auto missing = std::find(there.begin(), there.end(), false) - there.begin();
  if (static_cast<size_t>(missing) == there.size()) return {};
  return malformed(
      fmt::format("all windows of the class \"{}\" are in the fold of {}; without it nobody can learn them",
                  lessons.classes[static_cast<size_t>(missing)], held_out.file));
}

// What a model of all other recordings says of those of a fold.
Expected<Answers> judge_fold(Exam& exam, const Lessons& lessons, const std::vector<size_t>& folds, size_t fold) {
  std::vector<size_t> others;
  Dataset data = exam.data, held_out = exam.data;
  held_out.items.clear();
  for (size_t i = 0; i < folds.size(); ++i) {
    if (folds[i] == fold) held_out.items.push_back(data.items[i]);
    else others.push_back(i);
  }
  MOTE_TRY(const Samples samples, gather_samples(exam, lessons, others));
  MOTE_TRY_STATUS(require_classes(exam, lessons, samples, held_out.items[0]));
  MOTE_TRY(const LearnedModel model, train(exam.project, samples, lessons.classes));
  MOTE_TRY(exam.model.original, make_project_graph(exam.project, model));
  MOTE_TRY(exam.model.plan, plan_hops(exam.model.original, exam.project));
  MOTE_TRY(exam.model.decision, find_decision(exam.project, exam.model.original));
  exam.data = std::move(held_out);
  Status status = take_model(exam);
  if (!status) return std::move(status.error());
  auto answers = judge(exam, exam.model.plan, {}, "");
  exam.data = std::move(data);
  return answers;
}

}  // namespace

Expected<Lessons> prepare_lessons(const Exam& exam) {
  MOTE_TRY(Graph graph, make_vector_graph(exam.project));
  MOTE_TRY(const Plan plan, plan_hops(std::move(graph), exam.project));
  PlanRunner runner(plan);
  Lessons lessons;
  lessons.features = static_cast<int32_t>(element_count(plan.graph.at(plan.graph.outputs[0]).shape));
  std::set<std::string> names;
  size_t windows = 0;
  const Progress progress("features", "recordings", exam.data.items.size());
  for (const Item& item : exam.data.items) {
    progress.show(lessons.items.size());
    MOTE_TRY(ItemLesson lesson, prepare_item(exam, plan, runner, item));
    names.insert(lesson.labels.begin(), lesson.labels.end());
    windows += lesson.windows;
    lessons.items.push_back(std::move(lesson));
  }
  if (names.empty())
    return malformed(
        fmt::format("none of the {} windows has a label to learn; a column \"label\" in labels.csv, or a "
                    "folder for each class, says what they are",
                    windows));
  if (labels_of(exam.project) == Labels::classes) lessons.classes.assign(names.begin(), names.end());
  return lessons;
}

Expected<Samples> gather_samples(const Exam& exam, const Lessons& lessons, const std::vector<size_t>& chosen) {
  Samples samples;
  samples.features = lessons.features;
  for (size_t i : chosen) {
    const ItemLesson& lesson = lessons.items[i];
    samples.values.insert(samples.values.end(), lesson.values.begin(), lesson.values.end());
    for (const std::string& label : lesson.labels)
      if (Status status = add_label(exam, lessons, label, samples); !status)
        return std::move(status.error()).at(exam.data.items[i].file);
  }
  return samples;
}

Expected<CrossAnswers> cross_validate(const Project& project, int32_t folds) {
  MOTE_TRY(Exam exam, open_exam(project, "all"));
  MOTE_TRY(const Lessons lessons, prepare_lessons(exam));
  MOTE_TRY(const std::vector<size_t> fold_of, number_folds(exam.data, folds));
  const size_t count = *std::max_element(fold_of.begin(), fold_of.end()) + 1;
  if (count < 2) return malformed("all recordings are of one group; a column of labels.csv says who was recorded");
  Answers all;
  const Progress progress("models", "folds", count);
  for (size_t fold = 0; fold < count; ++fold) {
    progress.show(fold);
    MOTE_TRY(const Answers answers, judge_fold(exam, lessons, fold_of, fold));
    append(answers, all);
  }
  exam.folds = count;
  return CrossAnswers{std::move(exam), std::move(all)};
}

}  // namespace mote
