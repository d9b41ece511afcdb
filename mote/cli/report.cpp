#include "mote/cli/report.h"

#include <algorithm>
#include <map>
#include <set>

#include "mote/blocks/block.h"
#include "mote/compiler/plan/run.h"

namespace mote {
namespace {

// Windows again, one by one: their samples, and the features that the blocks make of them.
class Camera {
 public:
  Camera(const Exam& exam, const Plan& features) : exam_(exam), runner_(features), graph_(features.graph) {
    for (const Item& item : exam.data.items) items_[item.file] = &item;
  }

  // Windows of one file after another are read once.
  Expected<WindowPicture> take(const Results& results, size_t index) {
    const JudgedWindow& window = results.windows[index];
    if (file_ != window.file) {
      MOTE_TRY(recording_, read_recording(exam_, *items_.at(window.file)));
      file_ = window.file;
    }
    const Bytes bytes =
        window_samples(exam_, recording_, static_cast<size_t>(std::llround(window.begin_s * exam_.signal.rate_hz)));
    WindowPicture picture{index, {}, {}, static_cast<size_t>(exam_.signal.axes), 1, 1};
    const TensorId samples = graph_.inputs[0];
    picture.samples = real_values(graph_.at(samples), bytes);
    const std::vector<Bytes> outputs = runner_.run({bytes});
    for (size_t i = 0; i < outputs.size(); ++i) {
      const std::vector<float> values = real_values(graph_.at(graph_.outputs[i]), outputs[i]);
      picture.features.insert(picture.features.end(), values.begin(), values.end());
    }
    picture.rows = rows_of_features();
    picture.columns = picture.features.size() / picture.rows;
    return picture;
  }

 private:
  // Of one block whose features have a time: the first dimension that is not 1, if there is another one.
  size_t rows_of_features() const {
    if (graph_.outputs.size() != 1) return 1;
    Shape shape = graph_.at(graph_.outputs[0]).shape;
    std::erase(shape, 1);
    return shape.size() > 1 ? static_cast<size_t>(shape[0]) : 1;
  }

  const Exam& exam_;
  PlanRunner runner_;
  const Graph& graph_;
  std::map<std::string, const Item*> items_;
  std::string file_;
  Recording recording_;
};

Samples join_features(const std::vector<size_t>& windows, const std::map<size_t, WindowPicture>& pictures) {
  Samples samples;
  for (size_t i : windows) {
    const std::vector<float>& features = pictures.at(i).features;
    samples.features = static_cast<int32_t>(features.size());
    samples.values.insert(samples.values.end(), features.begin(), features.end());
  }
  return samples;
}

}  // namespace

Expected<Report> picture_verdict(const Exam& exam, Verdict verdict) {
  MOTE_TRY(Graph blocks, make_feature_graph(exam.signal, exam.project.blocks));
  MOTE_TRY(const Plan plan, plan_on_host(std::move(blocks), 0));
  Camera camera(exam, plan);
  const Results& labelled = verdict.labelled;
  const std::vector<size_t> examples = pick_examples(labelled), mistakes = pick_mistakes(labelled),
                            points = pick_points(labelled);
  std::set<size_t> wanted;  // in order, and so file by file
  for (const auto* some : {&examples, &mistakes, &points}) wanted.insert(some->begin(), some->end());
  std::map<size_t, WindowPicture> pictures;
  for (size_t i : wanted) {
    MOTE_TRY(pictures[i], camera.take(labelled, i));
  }
  Report report;
  MOTE_TRY(report.scatter, scatter_features(points, join_features(points, pictures)));
  for (size_t i : examples) report.examples.push_back(pictures.at(i));
  for (size_t i : mistakes) report.mistakes.push_back(pictures.at(i));
  for (const Axis& axis : contract_of(exam.project).axes) report.axes.push_back(axis.name);
  report.verdict = std::move(verdict);
  return report;
}

}  // namespace mote
