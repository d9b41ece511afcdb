// Ensembles of decision trees: a tree, a random forest, gradient-boosted trees; trained here or read from the files of
// XGBoost and LightGBM.
#pragma once
#include <string>
#include <string_view>

#include "mote/learn/append.h"
#include "mote/learn/samples.h"

namespace mote {

struct TreeNode {
  int32_t feature = -1;  // a leaf
  double threshold = 0;  // to the left where the feature, as a float, is at most this
  int32_t left = 0, right = 0;
  int32_t row = 0;  // of a leaf's values
};

// score[o] = base[o] + the values of output o at the leaves that x falls into.
struct TreeModel {
  int32_t features = 0;
  int32_t groups = 1;           // tree t adds to group t % groups; of several groups each is one output
  int32_t width = 1;            // outputs of a tree
  std::vector<TreeNode> nodes;  // children behind their parents
  std::vector<int32_t> roots;
  std::vector<double> values;  // [rows][width]
  std::vector<double> base;    // [groups * width]

  int32_t outputs() const { return groups * width; }
};

std::vector<double> predict(const TreeModel& model, std::span<const float> x);

// The deepest leaf: how many splits are above it.
int32_t depth_of(const TreeModel& model);

enum class Criterion { gini, entropy, squared_error };  // the last one for targets

struct TreeSettings {
  Criterion criterion = Criterion::gini;
  int32_t max_depth = 6;
  int32_t min_leaf = 1;            // samples
  double min_gain = 0;             // of the criterion, per sample of all
  int32_t features_per_split = 0;  // drawn anew for each; 0: all
  uint64_t seed = 1;
};

// CART (Breiman and others, 1984): leaves hold the shares of the classes, or the mean of the targets.
Expected<TreeModel> train_tree(const Samples& samples, const TreeSettings& settings);

struct ForestSettings {
  int32_t trees = 10;
  TreeSettings tree = {};  // features_per_split 0: the square root of all, for targets a third
  int32_t threads = 0;     // 0: as many as there are cores; the forest does not depend on it
};

// Breiman's forest, 2001: each tree learns from as many samples drawn with replacement; the forest is their mean.
Expected<TreeModel> train_forest(const Samples& samples, const ForestSettings& settings);

struct BoostSettings {
  int32_t rounds = 50;
  double rate = 0.3;
  int32_t max_depth = 3;
  double lambda = 1;      // added to the sum of second derivatives of a leaf
  double min_weight = 1;  // sum of second derivatives of a leaf
  double share = 1;       // of the samples, drawn for each tree
  uint64_t seed = 1;
};

// Gradient-boosted trees by first and second derivatives (Chen, Guestrin, XGBoost, 2016). With labels: two classes give
// the logarithm of the chances of class 1, more give one score for each (a softmax makes probabilities of them). With
// targets: least squares.
Expected<TreeModel> train_boosted(const Samples& samples, const BoostSettings& settings, Needs needs);

// XGBoost: a model that it saved as JSON, or what dump_model() writes as JSON, which lacks what `dump` says.
struct XgboostDump {
  int32_t classes = 1;                          // trees of a round
  int32_t features = 0;                         // that there are, if the trees may leave out the last of them
  double base_score = 0;                        // of the sum, not of the probability
  std::vector<std::string> feature_names = {};  // empty: "f0", "f1" ...
};
Expected<TreeModel> read_xgboost(std::string_view json, const XgboostDump& dump = {});
bool is_xgboost_dump(std::string_view json);

// LightGBM: a model that it saved as text, or what dump_model() gives as JSON.
Expected<TreeModel> read_lightgbm(std::string_view text);

// Refuses ensembles whose numbers do not fit together: what comes from a file.
Status check_trees(const TreeModel& model);

// Appends the ensemble. Thresholds become the input's steps exactly: on every value that the input can have, the graph
// takes the branches that the model takes. Values are rounded: to 8 bits where the output is int16 of two or three
// numbers per tree, else to 16.
Expected<TensorId> append_trees(Graph& graph, TensorId input, const TreeModel& model, const OutputSpec& spec);

}  // namespace mote
