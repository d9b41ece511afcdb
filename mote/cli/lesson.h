// What a project learns from: the windows of its recordings as features, in the arithmetic of the device.
#pragma once
#include "mote/cli/judge.h"
#include "mote/project/training.h"

namespace mote {

// The windows of one recording that have a clear label.
struct ItemLesson {
  std::vector<float> values;  // [windows][features]
  std::vector<std::string> labels;
  size_t windows = 0;  // the others, too
};

struct Lessons {
  int32_t features = 0;
  std::vector<ItemLesson> items;     // of each recording of the exam
  std::vector<std::string> classes;  // of all of them, in the order of their names; empty where labels are numbers
};

// Refuses recordings none of which has a window with a label.
Expected<Lessons> prepare_lessons(const Exam& exam);

// What `chosen` recordings teach. Refuses labels that the method cannot learn.
Expected<Samples> gather_samples(const Exam& exam, const Lessons& lessons, const std::vector<size_t>& chosen);

// Judges the way of learning: the recordings of each fold by a model of all others. `folds`: so many, of whole groups;
// 0: every group is one. The exam is of all recordings. Refuses folds whose classes the others do not have.
struct CrossAnswers {
  Exam exam;  // with the model of the last fold
  Answers answers;
};
Expected<CrossAnswers> cross_validate(const Project& project, int32_t folds);

}  // namespace mote
