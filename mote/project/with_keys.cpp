#include "mote/project/with_keys.h"

#include <toml++/toml.h>

#include <algorithm>
#include <vector>

namespace mote {
namespace {

// toml++ counts lines and characters from 1; here are bytes.
class Places {
 public:
  explicit Places(const std::string& text) : text_(text) {}

  size_t of(const toml::source_position& p) const {
    size_t at = line(p.line);
    for (uint32_t column = 1; column < p.column && at < text_.size(); ++column)
      at = text_.find_first_not_of(kRest, at + 1);
    return std::min(at, text_.size());
  }
  size_t line_after(const toml::source_position& p) const { return line(p.line + 1); }

 private:
  // Bytes of UTF-8 that begin no character.
  static inline const std::string kRest = [] {
    std::string all;
    for (int c = 0x80; c < 0xC0; ++c) all += static_cast<char>(c);
    return all;
  }();

  size_t line(uint32_t number) const {
    size_t at = 0;
    for (uint32_t i = 1; i < number && at < text_.size(); ++i)
      at = std::min(text_.find('\n', at), text_.size() - 1) + 1;
    return at;
  }

  const std::string& text_;
};

struct Edit {
  size_t begin, end;  // what is replaced
  std::string with;
};

}  // namespace

std::string with_keys(const std::string& toml, std::string_view section,
                      const std::map<std::string, std::string>& values) {
  const toml::table root = toml::parse(toml);
  const toml::table* table = root[section].as_table();
  std::string text = toml;
  if (!text.empty() && text.back() != '\n') text += '\n';
  const Places places(text);
  std::vector<Edit> edits;
  std::string more = table ? "" : "\n[" + std::string(section) + "]\n";
  for (const auto& [key, value] : values) {
    const toml::node* node = table ? table->get(key) : nullptr;
    if (node) edits.push_back({places.of(node->source().begin), places.of(node->source().end), value});
    else more += key + " = " + value + "\n";
  }
  size_t end = text.size();
  if (table) {
    end = places.line_after(table->source().begin);
    for (const auto& [key, node] : *table) end = std::max(end, places.line_after(node.source().end));
  }
  edits.push_back({end, end, more});
  std::sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) { return a.begin > b.begin; });
  for (const Edit& e : edits) text.replace(e.begin, e.end - e.begin, e.with);
  return text;
}

}  // namespace mote
