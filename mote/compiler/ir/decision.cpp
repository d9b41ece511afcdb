#include "mote/compiler/ir/decision.h"

#include <fmt/core.h>

namespace mote {

DecisionRunner::DecisionRunner(DecisionRule rule)
    : rule_(std::move(rule)),
      classes_(static_cast<size_t>(rule_.params.classes)),
      scores_(static_cast<size_t>(rule_.params.classes * rule_.params.average)),
      times_(static_cast<size_t>(rule_.params.classes * rule_.params.rate_most)),
      decider_{rule_.params, rule_.classes.data(), &stream_, classes_.data(), scores_.data(), times_.data()} {}

bool operator==(const Decision& a, const Decision& b) {
  return a.best == b.best && a.active == b.active && a.event == b.event && a.score == b.score &&
         a.unknown == b.unknown && a.count == b.count && a.rate == b.rate && a.held == b.held;
}

std::string print(const Decision& d) {
  return fmt::format("best {} active {} event {} score {} unknown {} count {} rate {} held {}", d.best, d.active,
                     d.event, d.score, d.unknown, d.count, d.rate, d.held);
}

}  // namespace mote
