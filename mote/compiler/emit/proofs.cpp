#include "mote/compiler/emit/proofs.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

namespace mote {
namespace {

struct Totals {
  int64_t channels = 0, macs = 0, weights_bytes = 0;
};

Totals totals(const Proofs& proofs) {
  Totals t;
  for (const Proof& p : proofs.ops)
    t.channels += static_cast<int64_t>(p.removed.size()), t.macs += p.macs, t.weights_bytes += p.weights_bytes;
  return t;
}

int64_t count_constant(const Proof& p) {
  return std::count_if(p.removed.begin(), p.removed.end(), [](const Proof::Channel& c) { return c.is_constant; });
}

std::string reason(const Proof& p) {
  if (p.kind == Proof::identity) return "its output is its input";
  if (p.kind == Proof::folded) return "its operands are constant";
  if (p.removed.empty()) return "reads fewer channels";
  const int64_t constant = count_constant(p), unread = static_cast<int64_t>(p.removed.size()) - constant;
  return fmt::format("{} constant, {} never read of {} channels", constant, unread, p.channels);
}

// "0-2 7": the channels that nothing reads.
std::string print_unread(const Proof& p) {
  std::vector<int32_t> indices;
  for (const Proof::Channel& c : p.removed)
    if (!c.is_constant) indices.push_back(c.index);
  std::sort(indices.begin(), indices.end());
  std::string text;
  for (size_t i = 0; i < indices.size();) {
    size_t end = i + 1;
    while (end < indices.size() && indices[end] == indices[end - 1] + 1) ++end;
    text += fmt::format("{}{}", text.empty() ? "" : " ", indices[i]);
    if (end > i + 1) text += fmt::format("-{}", indices[end - 1]);
    i = end;
  }
  return text;
}

// By value: "3 [-310, -131], 9 [-140, -140]", the channels that always have it and what is computed before the clamp.
std::map<int32_t, std::string> print_constants(const Proof& p) {
  std::map<int32_t, std::string> by_value;
  for (const Proof::Channel& c : p.removed) {
    if (!c.is_constant) continue;
    std::string& text = by_value[c.value];
    text += fmt::format("{}{} [{}, {}]", text.empty() ? "" : ", ", c.index, c.lo, c.hi);
  }
  return by_value;
}

}  // namespace

std::string describe_proofs(const Proofs& proofs) {
  if (proofs.ops.empty()) return "";
  const Totals all = totals(proofs);
  std::string text = fmt::format("proved: {} of {} channels cannot matter; {} MACs and {} bytes of weights removed\n",
                                 all.channels, proofs.channels, all.macs, all.weights_bytes);
  for (const Proof& p : proofs.ops)
    text +=
        fmt::format("{:>4} {:<22} {:>9} MACs {:>8} bytes  {}\n", p.source, p.type, p.macs, p.weights_bytes, reason(p));
  return text;
}

nlohmann::ordered_json proofs_json(const Proofs& proofs) {
  using Json = nlohmann::ordered_json;
  const Totals all = totals(proofs);
  Json j{{"channels", proofs.channels},
         {"removed_channels", all.channels},
         {"macs", all.macs},
         {"weights_bytes", all.weights_bytes},
         {"ops", Json::array()}};
  for (const Proof& p : proofs.ops) {
    Json op{{"index", p.source},
            {"type", p.type},
            {"name", p.name},
            {"reason", reason(p)},
            {"channels", p.channels},
            {"macs", p.macs},
            {"weights_bytes", p.weights_bytes}};
    for (const auto& [value, channels] : print_constants(p)) op["constant"][std::to_string(value)] = channels;
    if (const std::string unread = print_unread(p); !unread.empty()) op["never_read"] = unread;
    j["ops"].push_back(std::move(op));
  }
  return j;
}

}  // namespace mote
