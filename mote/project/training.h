// Learning as [learn] says it.
#pragma once
#include "mote/learn/learned.h"
#include "mote/project/project.h"

namespace mote {

// Whether [learn] names a method at all; a model may also come from elsewhere.
bool learns(const Project& project);

// Whether [learn] asks for a score that is a distance from all that is learned: kNoveltyScore.
bool has_novelty(const Project& project);

// Refuses a [learn] that no recording can fulfil: a model without a file, more components than features.
Status check_training(const Project& project, int32_t features);

// What the labels of recordings are to the method.
enum class Labels {
  classes,   // one of several
  numbers,   // what is to be predicted
  ordinary,  // [learn] normal is what it learns, whatever is far from it is an anomaly
};
Labels labels_of(const Project& project);

// Trains the method of [learn]. `classes` names the labels of `samples`. Of Labels::ordinary, samples of class 0 are
// learned, the limit lies above the share [learn] ordinary of them, and the classes are [learn] normal and "anomaly".
Expected<LearnedModel> train(const Project& project, const Samples& samples, const std::vector<std::string>& classes);

// All that decides what the features of a window are, by key: of a project that trained a model and of one that uses it
// these are the same.
std::map<std::string, std::string> describe_features(const Project& project);

}  // namespace mote
