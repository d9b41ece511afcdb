// mote data get: public data sets, by their manifests.
#include <fmt/core.h>
#include <unistd.h>

#include <iostream>

#include "mote/cli/data_verb.h"
#include "mote/compiler/base/file_set.h"
#include "mote/data/fetch.h"

namespace mote {
namespace {

namespace fs = std::filesystem;

void describe_manifest(const Manifest& m) {
  int64_t bytes = 0;
  for (const RemoteFile& f : m.files) bytes = bytes < 0 || f.bytes < 0 ? -1 : bytes + f.bytes;
  fmt::print(stderr, "{}\n  licence   {}\n  citation  {}\n", m.name, m.licence, m.citation);
  if (!m.source.empty()) fmt::print(stderr, "  source    {}\n", m.source);
  if (!m.note.empty()) fmt::print(stderr, "  note      {}\n", m.note);
  fmt::print(stderr, "  files     {}, {}\n", m.files.size(),
             bytes < 0 ? "of unknown size" : fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6));
}

bool accepts_licence() {
  if (!::isatty(STDIN_FILENO) || !::isatty(STDERR_FILENO)) return false;
  fmt::print(stderr, "fetch it under this licence? [y/N] ");
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace

Expected<int> run_data_get(DataVerb& verb, bool json) {
  MOTE_TRY(const Bytes bytes, read_file(verb.path));
  auto manifest = parse_manifest({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!manifest) return std::move(manifest.error()).at(verb.path);
  describe_manifest(*manifest);
  if (!verb.accept && !accepts_licence())
    return malformed("nothing was fetched: the licence has to be accepted, on a terminal or by --accept-licence");
  Json files = Json::array();
  for (const RemoteFile& f : manifest->files) {
    const FileProgress progress(f.path);
    MOTE_TRY_STATUS(fetch_file(f, verb.output, [&](int64_t done) { progress.bytes(done, f.bytes); }));
    show_progress("");
    files.push_back((fs::path(verb.output) / f.path).string());
    if (!json) fmt::print("{}: its SHA-256 is right\n", files.back().get<std::string>());
  }
  if (json)
    fmt::print("{}", dump({{"name", manifest->name},
                           {"licence", manifest->licence},
                           {"citation", manifest->citation},
                           {"files", files}}));
  return 0;
}

}  // namespace mote
