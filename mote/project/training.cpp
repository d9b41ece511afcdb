#include "mote/project/training.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace mote {
namespace {

const Settings& learn_of(const Project& project) { return project.section("learn"); }

uint64_t seed_of(const Settings& learn) { return static_cast<uint64_t>(learn.number("seed")); }

TreeSettings tree_settings(const Settings& learn, Needs needs) {
  TreeSettings tree;
  tree.criterion = needs == Needs::targets ? Criterion::squared_error : Criterion::gini;
  tree.max_depth = learn.integer("depth"), tree.min_leaf = learn.integer("min_leaf");
  tree.seed = seed_of(learn);
  return tree;
}

// The value that a share of them does not exceed.
double quantile(std::vector<double> values, double share) {
  const auto at = static_cast<size_t>(std::ceil(share * static_cast<double>(values.size())));
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(std::clamp<size_t>(at, 1, values.size()) - 1);
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

// The distance that a share of the samples do not exceed.
double find_limit(const Centres& model, const Samples& samples, double share) {
  std::vector<double> least;
  for (size_t i = 0; i < samples.count(); ++i) {
    const std::vector<double> distances = distances_to(model, samples.sample(i));
    least.push_back(*std::min_element(distances.begin(), distances.end()));
  }
  return quantile(std::move(least), share);
}

// Distances from their limit on.
Learner with_limit(Centres model, const Samples& ordinary, double share) {
  const double limit = find_limit(model, ordinary, share);
  for (double& offset : model.offsets) offset -= limit;
  return model;
}

Samples of_class(const Samples& samples, int32_t label) {
  Samples kept;
  kept.features = samples.features;
  for (size_t i = 0; i < samples.count(); ++i)
    if (samples.labels[i] == label) {
      const auto sample = samples.sample(i);
      kept.values.insert(kept.values.end(), sample.begin(), sample.end());
    }
  return kept;
}

double largest_output(const LinearModel& model, const Samples& samples) {
  double largest = 0;
  for (size_t i = 0; i < samples.count(); ++i)
    for (double score : predict(model, samples.sample(i))) largest = std::max(largest, std::abs(score));
  return largest;
}

// By a method of [learn]: "clusters" or "gaussians".
Expected<Centres> find_centres(const Settings& learn, const std::string& method, const Samples& samples) {
  if (method == "clusters")
    return train_k_means(samples, {.clusters = learn.integer("clusters"), .seed = seed_of(learn)});
  return train_gaussians(samples, {.components = learn.integer("components"),
                                   .full = learn.choice("covariances") == "full",
                                   .seed = seed_of(learn)});
}

// Refuses a distance beside what is none, and beside a class of that name.
Status check_distance(const Project& project, const std::vector<std::string>& classes) {
  if (const Labels labels = labels_of(project); labels != Labels::classes)
    return malformed(fmt::format("goes with methods that tell classes apart; \"{}\" {}",
                                 learn_of(project).choice("method"),
                                 labels == Labels::ordinary ? "is a distance itself" : "predicts a number"));
  if (std::find(classes.begin(), classes.end(), kNoveltyScore) != classes.end())
    return malformed(fmt::format(
        "its score is called \"{0}\", and so is a class of the recordings: call that one otherwise", kNoveltyScore));
  return {};
}

// How far a window is from all that is learned: 0 is the least distance, and kNoveltyLimit the limit.
Expected<Centres> find_novelty(const Settings& learn, const Samples& samples) {
  if (learn.choice("distance") == "clusters" && learn.integer("clusters") == 0)
    return malformed(
        "clusters = 0 takes every window for a prototype, and is no number of clusters to be far from: name "
        "one, or take distance = \"gaussians\"");
  MOTE_TRY(Centres model, find_centres(learn, learn.choice("distance"), samples));
  const double least = *std::min_element(model.offsets.begin(), model.offsets.end());
  for (double& offset : model.offsets) offset -= least;
  const double limit = find_limit(model, samples, learn.number("ordinary"));
  if (!(limit > 0)) return malformed("most windows are at a centre: there is no distance between them to go by");
  for (double& offset : model.offsets) offset *= kNoveltyLimit / limit;
  for (double& scale : model.scales) scale *= std::sqrt(kNoveltyLimit / limit);
  return model;
}

// If [learn] asks for it.
Expected<std::optional<Centres>> find_novelty(const Project& project, const Samples& samples,
                                              const std::vector<std::string>& classes) {
  if (!has_novelty(project)) return std::optional<Centres>();
  const auto here = [](Error error) { return std::move(error).at("[learn] distance"); };
  if (Status status = check_distance(project, classes); !status) return here(std::move(status.error()));
  auto model = find_novelty(learn_of(project), samples);
  if (!model) return here(std::move(model.error()));
  return std::optional(std::move(*model));
}

Expected<Learner> train_ordinary(const Settings& learn, const Samples& samples) {
  const Samples ordinary = of_class(samples, 0);
  if (ordinary.count() == 0)
    return malformed(fmt::format("no window has the label [learn] normal = \"{}\"", learn.choice("normal")));
  auto centres = find_centres(learn, learn.choice("method"), ordinary);
  if (!centres) return centres.error();
  return with_limit(std::move(*centres), ordinary, learn.number("ordinary"));
}

// Principal components of standardised features, if [learn] asks for some.
Expected<std::optional<Projection>> find_projection(const Settings& learn, const Samples& samples) {
  if (learn.integer("pca") == 0) return std::optional<Projection>();
  auto map = train_pca(samples, {.components = learn.integer("pca"), .whiten = learn.choice("whiten") == "true"});
  if (!map) return std::move(map.error()).at("[learn] pca");
  return std::optional(Projection{*map, largest_output(*map, samples)});
}

// Of Labels::ordinary.
std::vector<std::string> ordinary_classes(const Project& project) {
  const std::string& normal = learn_of(project).choice("normal");
  return {normal.empty() ? "normal" : normal, "anomaly"};
}

template <class T>
Expected<Learner> as_learner(Expected<T> model) {
  if (!model) return model.error();
  return Learner(std::move(*model));
}

Expected<Learner> train_learner(const Project& project, const Samples& samples) {
  const Settings& learn = learn_of(project);
  const std::string& method = learn.choice("method");
  const Needs needs = labels_of(project) == Labels::numbers ? Needs::targets : Needs::labels;
  const TreeSettings tree = tree_settings(learn, needs);
  if (method == "tree") return as_learner(train_tree(samples, tree));
  if (method == "forest") return as_learner(train_forest(samples, {.trees = learn.integer("trees"), .tree = tree}));
  if (method == "boosted") {
    BoostSettings boost;
    boost.rounds = learn.integer("trees"), boost.rate = learn.number("rate"), boost.max_depth = tree.max_depth;
    boost.seed = tree.seed;
    return as_learner(train_boosted(samples, boost, needs));
  }
  if (method == "logistic")
    return as_learner(train_logistic_regression(
        samples, {.ridge = learn.number("ridge"), .balanced = learn.choice("balanced") == "true"}));
  if (method == "linear") return as_learner(train_linear_regression(samples, learn.number("ridge")));
  if (method == "prototypes")
    return as_learner(train_prototypes(samples, {.clusters = learn.integer("clusters"), .seed = tree.seed}));
  return train_ordinary(learn, samples);
}

}  // namespace

bool has_novelty(const Project& project) { return learns(project) && learn_of(project).choice("distance") != "none"; }

bool learns(const Project& project) { return learn_of(project).choice("method") != "none"; }

Status check_training(const Project& project, int32_t features) {
  const Settings& learn = learn_of(project);
  if (project.section("model").choice("file").empty())
    return malformed(
        fmt::format("[learn] method = \"{}\", but [model] file does not say where the model goes: set file = "
                    "\"model.json\"",
                    learn.choice("method")));
  if (const int32_t wanted = learn.integer("pca"); wanted > features)
    return malformed(
        fmt::format("[learn] pca = {}, but the blocks make {} features; at most as many components are "
                    "allowed, 0 for none",
                    wanted, features));
  if (!has_novelty(project)) return {};
  Status status = check_distance(project, {});
  return status ? Status() : std::move(status.error()).at("[learn] distance");
}

Labels labels_of(const Project& project) {
  const std::string& method = learn_of(project).choice("method");
  if (method == "clusters" || method == "gaussians") return Labels::ordinary;
  if (method == "linear") return Labels::numbers;
  const bool trees = method == "tree" || method == "forest" || method == "boosted";
  return trees && learn_of(project).choice("predict") == "number" ? Labels::numbers : Labels::classes;
}

Expected<LearnedModel> train(const Project& project, const Samples& samples, const std::vector<std::string>& classes) {
  MOTE_TRY_STATUS(check_training(project, samples.features));
  const Settings& learn = learn_of(project);
  const Labels labels = labels_of(project);
  LearnedModel model;
  if (labels != Labels::numbers) model.classes = labels == Labels::ordinary ? ordinary_classes(project) : classes;
  if (labels == Labels::classes && classes.size() < 2)
    return malformed(
        "all windows have the same label; there is nothing to be told apart. A column \"label\" in labels.csv, or a folder for each class, says what they are");
  MOTE_TRY(model.projection, find_projection(learn, samples));
  const Samples taken = model.projection ? project_samples(*model.projection, samples) : samples;
  MOTE_TRY(model.learner, train_learner(project, taken));
  const std::string& method = learn.choice("method");
  model.are_logarithms = labels == Labels::classes && (method == "boosted" || method == "logistic");
  if (method == "prototypes")
    model.neighbours =
        std::min(learn.integer("neighbours"), static_cast<int32_t>(std::get<Centres>(model.learner).count()));
  MOTE_TRY(model.novelty, find_novelty(project, taken, classes));
  if (const auto* linear = std::get_if<LinearModel>(&model.learner)) model.reach = largest_output(*linear, taken);
  model.made_from = describe_features(project);
  return model;
}

std::map<std::string, std::string> describe_features(const Project& project) {
  std::map<std::string, std::string> all;
  const Settings& input = project.section("input");
  using Keys = std::vector<const char*>;
  for (const char* key : takes_pictures(project) ? Keys{"width", "height"} : Keys{"rate_hz", "range", "window"})
    all[fmt::format("[input] {}", key)] = fmt::format("{}", input.number(key));
  for (const char* key : {"axes", "unit", "ranges"}) all[fmt::format("[input] {}", key)] = input.choice(key);
  for (size_t i = 0; i < project.blocks.size(); ++i) {
    const BlockConfig& block = project.blocks[i];
    const BlockDef& def = *find_block(block.block);
    const std::string name = fmt::format("[[block]] {} {}", i + 1, block.block);
    all[name + ": version"] = fmt::format("{}", def.version);
    all[name + ": input"] = block.input;
    if (block.int8_low != 0 || block.int8_high != 0)
      all[name + ": int8"] = fmt::format("{} to {}", block.int8_low, block.int8_high);
    const auto settings = check_settings(block.block, def.settings, block.settings);
    for (const Setting& s : def.settings)
      if (settings) all[fmt::format("{}: {}", name, s.name)] = settings->choice(s.name);
  }
  return all;
}

}  // namespace mote
