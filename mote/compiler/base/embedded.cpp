#include "mote/compiler/base/embedded.h"

namespace mote {

const EmbeddedFile* find_embedded(std::string_view path) {
  for (const EmbeddedFile& file : embedded_files())
    if (file.path == path) return &file;
  return nullptr;
}

std::vector<EmbeddedFile> embedded_under(std::string_view folder) {
  std::vector<EmbeddedFile> found;
  for (const EmbeddedFile& file : embedded_files())
    if (file.path.substr(0, folder.size()) == folder) found.push_back(file);
  return found;
}

}  // namespace mote
