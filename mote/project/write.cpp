// What is written from the tables of keys: a new project's mote.toml, and docs/PROJECT.md.
#include <fmt/core.h>

#include <algorithm>

#include "mote/project/project.h"

namespace mote {
namespace {

struct Given {
  std::string_view key, value;  // "input.rate_hz"
};

struct Template {
  std::string_view kind, about;
  std::vector<Given> values;
  std::vector<std::string_view> blocks;  // those that are there are written
};

const std::vector<Template>& templates() {
  static const std::vector<Template> all{
      {"audio",
       "Sounds: words, machines, animals.",
       {{"input.kind", "audio"}, {"input.rate_hz", "16000"}, {"input.axes", "audio"}, {"input.hop", "0.1"}},
       {"mfcc"}},
      {"motion",
       "Movements of people, animals and things, by an accelerometer that they wear.",
       {{"input.kind", "motion"},
        {"input.rate_hz", "62.5"},
        {"input.axes", "x\ny\nz"},
        {"input.unit", "g"},
        {"input.range", "4"},
        {"input.window", "2"},
        {"input.hop", "0.4"}},
       {"spectral"}},
      {"vibration",
       "Machines that turn, by an accelerometer fixed to them.",
       {{"input.kind", "vibration"},
        {"input.rate_hz", "1600"},
        {"input.axes", "x\ny\nz"},
        {"input.unit", "g"},
        {"input.range", "8"},
        {"input.window", "1"}},
       {"spectral"}},
      {"ecg",
       "The heart's beat, by one lead.",
       {{"input.kind", "ecg"},
        {"input.rate_hz", "360"},
        {"input.axes", "lead"},
        {"input.unit", "mV"},
        {"input.range", "5"},
        {"input.window", "10"},
        {"input.hop", "1"}},
       {"ecg"}},
      {"image",
       "Pictures of a camera, row by row.",
       {{"input.kind", "image"},
        {"input.rate_hz", "1"},
        {"input.axes", "red\ngreen\nblue"},
        {"input.width", "96"},
        {"input.height", "96"}},
       {"image"}},
      {"sensor",
       "Any other sensor: current, pressure, temperature.",
       {{"input.kind", "sensor"}, {"input.rate_hz", "10"}, {"input.axes", "x"}, {"input.window", "10"}},
       {"statistics"}}};
  return all;
}

bool is_bare(const Setting& s) {
  return s.kind == Setting::number || s.kind == Setting::integer || s.kind == Setting::flag;
}

std::string print_value(const Setting& s, std::string_view value) {
  if (is_bare(s)) return std::string(value);
  if (s.kind != Setting::texts) return fmt::format("\"{}\"", value);
  std::string list;
  for (size_t at = 0; at <= value.size();) {
    const size_t end = std::min(value.find('\n', at), value.size());
    list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", value.substr(at, end - at));
    at = end + 1;
  }
  return "[" + list + "]";
}

// "a number from 0 to 10 s", "none, hann or hamming"
std::string print_allowed(const Setting& s) {
  std::string choices(s.choices);
  for (size_t at = choices.find(' '); at != choices.npos; at = choices.find(' ', at + 2)) choices.replace(at, 1, ", ");
  switch (s.kind) {
    case Setting::number: return fmt::format("{} to {}{}{}", s.low, s.high, s.unit.empty() ? "" : " ", s.unit);
    case Setting::integer:
      return fmt::format("whole, {:.0f} to {:.0f}{}{}", s.low, s.high, s.unit.empty() ? "" : " ", s.unit);
    case Setting::choice: return choices;
    case Setting::flag: return "true, false";
    case Setting::text: return "text";
    case Setting::texts: return "a list of texts";
  }
  return "";
}

std::string print_settings(std::span<const Setting> settings, const std::string& section,
                           const std::vector<Given>& given) {
  std::string text;
  for (const Setting& s : settings) {
    std::string_view value = s.default_value;
    for (const Given& g : given)
      if (g.key == section + "." + std::string(s.name)) value = g.value;
    text += fmt::format("# {}: {}.\n{} = {}\n", print_allowed(s), s.about, s.name, print_value(s, value));
  }
  return text;
}

std::string print_table(std::span<const Setting> settings) {
  std::string text = "| key | allowed | default | |\n|---|---|---|---|\n";
  for (const Setting& s : settings)
    text += fmt::format("| `{}` | {} | {} | {} |\n", s.name, print_allowed(s),
                        s.default_value.empty() ? "" : "`" + print_value(s, s.default_value) + "`", s.about);
  return text + "\n";
}

}  // namespace

Expected<std::string> write_template(std::string_view kind, std::string_view name) {
  for (const Template& t : templates()) {
    if (t.kind != kind) continue;
    std::string text =
        fmt::format("# {} Every key is explained in docs/PROJECT.md; those left out keep their defaults.\n", t.about);
    std::vector<Given> given = t.values;
    given.push_back({"project.name", name});
    for (const Section& s : project_sections())
      text += fmt::format("\n# {}\n[{}]\n{}", s.about, s.name, print_settings(s.settings, std::string(s.name), given));
    for (std::string_view block : t.blocks)
      if (const BlockDef* def = find_block(block))
        text += fmt::format("\n# {}.\n[[block]]\ntype = \"{}\"\n{}", def->about, block,
                            print_settings(def->settings, "block", given));
    return text;
  }
  std::string kinds;
  for (std::string_view known : kProjectKinds) kinds += (kinds.empty() ? "" : ", ") + std::string(known);
  return unsupported(fmt::format("there is no kind of project \"{}\"; there are {}", kind, kinds));
}

std::string write_reference() {
  std::string text =
      "# mote.toml\n\nWritten by `mote help project` from the tables that the file is checked against.\n\nA project is a folder "
      "with a `mote.toml`: sections of keys, and a `[[block]]` for each sensor block. `mote new KIND DIR` writes one, "
      "`mote check` says all that is wrong with one.\n\n";
  for (const Section& s : project_sections())
    text += fmt::format("## [{}]\n\n{}\n\n{}", s.name, s.about, print_table(s.settings));
  text +=
      "## [[block]]\n\nWhat is computed from a window of samples. The features of several blocks are joined, in their order, "
      "to what the model takes. The other keys are the block's settings.\n\n" +
      print_table(block_keys());
  for (const BlockDef* block : all_blocks())
    text += fmt::format("### {}, version {}\n\n{}.\n\n{}", block->name, block->version, block->about,
                        print_table(block->settings));
  text.pop_back();
  return text;
}

}  // namespace mote
