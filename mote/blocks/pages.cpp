#include "mote/blocks/pages.h"

#include <fmt/core.h>

#include "mote/blocks/block.h"

namespace mote {
namespace {

constexpr const char* kHead = R"(# Sensor blocks

What a project file can say about samples. A window of samples goes through ops that run in whole numbers, with the same
bits in training and on every core; features are within a thousandth of their range of double precision. A block takes
the sensor's samples, or (`input`) those that another block makes. Written from the schemas of `mote/blocks`; a test
holds this page to them.

| block | version | makes | what |
|---|---|---|---|
)";

std::string allowed(const Setting& s) {
  if (s.kind == Setting::choice) {
    std::string list;
    for (char c : s.choices) list += c == ' ' ? std::string(", ") : std::string(1, c);
    return list;
  }
  return fmt::format("{} to {}{}", s.low, s.high, s.kind == Setting::integer ? ", whole" : "");
}

std::string page_of(const BlockDef& block) {
  std::string text =
      fmt::format("\n## {}\n\n{}.\n\n| setting | unit | allowed | default | what |\n|---|---|---|---|---|\n",
                  block.name, block.about);
  for (const Setting& s : block.settings)
    text += fmt::format("| {} | {} | {} | {} | {} |\n", s.name, s.unit, allowed(s), s.default_value, s.about);
  return text;
}

}  // namespace

std::string write_block_pages() {
  std::string text = kHead;
  for (const BlockDef* b : all_blocks())
    text += fmt::format("| [{0}](#{0}) | {1} | {2} | {3} |\n", b->name, b->version, b->makes ? "samples" : "features",
                        b->about);
  for (const BlockDef* b : all_blocks()) text += page_of(*b);
  return text;
}

}  // namespace mote
