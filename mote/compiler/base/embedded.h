// Files of the source tree that are built into the program (CMake writes the table): what an exported package is made
// of, the start-up code of emulated boards, the targets. Paths are those of the source tree: "mote/device/rows.h".
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace mote {

struct EmbeddedFile {
  std::string_view path, text;
};

const std::vector<EmbeddedFile>& embedded_files();

// The file of that path, or null.
const EmbeddedFile* find_embedded(std::string_view path);

// All files whose path begins with `folder` (written "mote/device/").
std::vector<EmbeddedFile> embedded_under(std::string_view folder);

}  // namespace mote
