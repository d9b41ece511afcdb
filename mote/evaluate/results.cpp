#include "mote/evaluate/results.h"

#include <algorithm>
#include <map>

namespace mote {

Results keep_labelled(const Results& all) {
  Results kept;
  kept.classes = all.classes, kept.is_sound = all.is_sound;
  for (size_t i = 0; i < all.windows.size(); ++i) {
    const JudgedWindow& window = all.windows[i];
    if (all.is_regression() ? std::isnan(window.target) : window.label < 0) continue;
    kept.windows.push_back(window);
    const auto scores = all.scores_of(i);
    kept.scores.insert(kept.scores.end(), scores.begin(), scores.end());
  }
  return kept;
}

int32_t decide(std::span<const float> scores) {
  return static_cast<int32_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

std::vector<int32_t> decide(const Results& results) {
  std::vector<int32_t> decided;
  for (size_t i = 0; i < results.windows.size(); ++i) decided.push_back(decide(results.scores_of(i)));
  return decided;
}

std::vector<int32_t> labels_of(const Results& results) {
  std::vector<int32_t> labels;
  for (const JudgedWindow& window : results.windows) labels.push_back(window.label);
  return labels;
}

std::vector<float> scores_of_class(const Results& results, size_t index) {
  std::vector<float> scores;
  for (size_t i = 0; i < results.windows.size(); ++i) scores.push_back(results.scores_of(i)[index]);
  return scores;
}

Groups number_groups(const Results& results) {
  std::map<std::string, size_t> numbers;
  for (const JudgedWindow& window : results.windows) numbers.emplace(window.group_name(), 0);
  Groups groups;
  for (auto& [name, number] : numbers) {
    number = groups.names.size();
    groups.names.push_back(name);
  }
  for (const JudgedWindow& window : results.windows) groups.of_window.push_back(numbers[window.group_name()]);
  return groups;
}

}  // namespace mote
