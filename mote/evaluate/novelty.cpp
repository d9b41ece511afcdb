#include "mote/evaluate/novelty.h"

#include "mote/evaluate/ranking.h"

namespace mote {

Novelty judge_novelty(const Results& results, double limit) {
  Novelty novelty;
  std::vector<float> distances;
  std::vector<bool> are_new;
  for (const JudgedWindow& window : results.windows) {
    const bool is_new = !window.new_label.empty();
    if (std::isnan(window.distance) || (!is_new && window.label < 0)) continue;
    if (is_new) novelty.labels.insert(window.new_label);
    distances.push_back(window.distance), are_new.push_back(is_new);
    ++(is_new ? novelty.windows : novelty.known_windows);
    if (double{window.distance} > limit) ++(is_new ? novelty.called_unknown : novelty.known_called_unknown);
  }
  novelty.auc = auc(rank(distances, are_new));
  return novelty;
}

}  // namespace mote
