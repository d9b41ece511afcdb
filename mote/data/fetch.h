// Public data sets, by a small manifest that says what they are before anything is fetched:
//   {"name": …, "licence": …, "citation": …, "source": address of a page, "note": …,
//    "files": [{"url": "https://…", "path": "clips.zip", "sha256": 64 digits, "bytes": 1234}]}
// "source", "note" and "bytes" may be missing.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "mote/compiler/base/expected.h"

namespace mote {

struct RemoteFile {
  std::string url, path, sha256;
  int64_t bytes = -1;  // -1: not known
};

struct Manifest {
  std::string name, licence, citation, source, note;
  std::vector<RemoteFile> files;
};

// Addresses are http or https; paths stay below the folder.
Expected<Manifest> parse_manifest(std::string_view json);

// A file that is there with the right checksum is kept; a part of one (FILE.part) is continued where the server can
// (HTTP Range), and fetched anew where it cannot. A file whose checksum is wrong is removed again. `curl` does the
// transfer. `progress` is told the bytes that are there, about four times a second.
Status fetch_file(const RemoteFile& file, const std::filesystem::path& folder,
                  const std::function<void(int64_t)>& progress);

}  // namespace mote
