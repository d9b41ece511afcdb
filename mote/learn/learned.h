// A learner that has learned, with what its scores mean: what `mote train` writes, and [model] file of a project names.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "mote/learn/centres.h"
#include "mote/learn/linear.h"
#include "mote/learn/trees.h"

namespace mote {

// Where the centres are Gaussians or clusters of what is ordinary, offsets hold the limit: above 0 is an anomaly.
using Learner = std::variant<TreeModel, LinearModel, Centres>;

// What a learner takes instead of the features, principal components for example.
struct Projection {
  LinearModel map;
  double reach = 0;  // the size of the largest component in training
};

// The components of each sample, in the steps in which the device has them.
Samples project_samples(const Projection& projection, const Samples& samples);

struct LearnedModel {
  Learner learner;
  std::vector<std::string> classes;  // empty: a number is predicted
  bool are_logarithms = false;       // the scores are logarithms of chances, of which the graph makes probabilities
  int32_t neighbours = 0;            // of prototypes: how many vote
  double reach = 0;                  // of a linear model: the size of its largest score in training
  std::map<std::string, std::string> made_from = {};  // how the features were computed: key of the project -> value
  std::optional<Projection> projection = {};
  std::optional<Centres> novelty = {};  // of classes: what was learned from, its limit kNoveltyLimit away
};

// A learner of classes may tell how far a window is from all that was learned, as a last score beside theirs: 0.5 at
// the limit, which few windows of training lie beyond, and 1 at twice that squared distance.
constexpr std::string_view kNoveltyScore = "distance";
constexpr double kNoveltyLimit = 64;

int32_t features_of(const LearnedModel& model);

// JSON; numbers come back as they were. Whatever reads it trusts nothing: sizes, indices and numbers are checked.
std::string write_learned(const LearnedModel& model);
Expected<LearnedModel> read_learned(std::string_view json);
bool is_learned(std::string_view text);

// The names of the scores that append_learned() makes; of one score for two classes, theirs.
std::vector<std::string> score_names(const LearnedModel& model);

// Appends the learner. Classes are int8 probabilities, shares or votes, one score for each of them; of two, a learner
// with one score has that of the second, where not every class is asked for, and an anomaly model the distance beyond
// its limit, int32. A number is int16. With a novelty every class has a probability, and the distance is the last
// score.
Expected<TensorId> append_learned(Graph& graph, TensorId features, const LearnedModel& model, bool every_class = false);

}  // namespace mote
