#include "mote/data/fetch.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <nlohmann/json.hpp>

#include "mote/compiler/base/process.h"
#include "mote/compiler/base/sha256.h"

namespace mote {
namespace {

namespace fs = std::filesystem;

constexpr double kPatienceSeconds = 24 * 3600;
constexpr int kCannotResume = 33, kHttpError = 22;  // exit codes of curl

Expected<std::string> text_of(const nlohmann::json& j, const char* key, bool needed) {
  if (j.contains(key) && j[key].is_string() && (!needed || !j[key].get<std::string>().empty()))
    return j[key].get<std::string>();
  if (!needed && !j.contains(key)) return std::string();
  return malformed(fmt::format("\"{}\" is missing or no text", key));
}

bool is_digest(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

Expected<RemoteFile> parse_file(const nlohmann::json& j) {
  if (!j.is_object()) return malformed("an entry of \"files\" is not {\"url\": …, \"path\": …, \"sha256\": …}");
  RemoteFile file;
  MOTE_TRY(file.url, text_of(j, "url", true));
  MOTE_TRY(file.path, text_of(j, "path", true));
  MOTE_TRY(file.sha256, text_of(j, "sha256", true));
  if (!file.url.starts_with("https://") && !file.url.starts_with("http://"))
    return malformed(fmt::format("the address {} is neither https nor http", file.url));
  const fs::path path = fs::path(file.path).lexically_normal();
  if (path.is_absolute() || *path.begin() == ".." || !path.has_filename())
    return malformed(fmt::format("the path {} leaves the folder", file.path));
  if (!is_digest(file.sha256))
    return malformed(fmt::format("the checksum of {} is not 64 hexadecimal digits in lower case", file.path));
  if (j.contains("bytes")) {
    if (!j["bytes"].is_number_unsigned())
      return malformed(fmt::format("\"bytes\" of {} is not a whole number", file.path));
    file.bytes = static_cast<int64_t>(j["bytes"].get<uint64_t>() & INT64_MAX);
  }
  return file;
}

int64_t size_of(const fs::path& path) {
  std::error_code ec;
  const auto size = fs::file_size(path, ec);
  return ec ? 0 : static_cast<int64_t>(size);
}

Expected<ProcessResult> run_curl(const fs::path& curl, const RemoteFile& file, const fs::path& part, bool resume) {
  std::vector<std::string> arguments{curl.string(),
                                     "--silent",
                                     "--show-error",
                                     "--fail",
                                     "--location",
                                     "--max-redirs",
                                     "10",
                                     "--proto",
                                     "=http,https",
                                     "--retry",
                                     "3",
                                     "--connect-timeout",
                                     "30",
                                     "--speed-limit",
                                     "1",
                                     "--speed-time",
                                     "60"};
  if (resume) arguments.insert(arguments.end(), {"--continue-at", "-"});
  if (file.bytes > 0) arguments.insert(arguments.end(), {"--max-filesize", std::to_string(file.bytes)});
  arguments.insert(arguments.end(), {"--output", part.string(), "--", file.url});
  return run_process(arguments, "", kPatienceSeconds);
}

// Runs curl and tells how far it is by the size of what it writes.
Expected<ProcessResult> watch_curl(const fs::path& curl, const RemoteFile& file, const fs::path& part, bool resume,
                                   const std::function<void(int64_t)>& progress) {
  auto running = std::async(std::launch::async, [&] { return run_curl(curl, file, part, resume); });
  while (running.wait_for(std::chrono::milliseconds(250)) != std::future_status::ready) progress(size_of(part));
  return running.get();
}

Status transfer(const RemoteFile& file, const fs::path& part, const std::function<void(int64_t)>& progress) {
  MOTE_TRY(const fs::path curl, find_program("curl", "curl"));
  std::error_code ec;
  const bool begun = size_of(part) > 0;
  MOTE_TRY(ProcessResult result, watch_curl(curl, file, part, begun, progress));
  const bool range_refused = result.exit_code == kHttpError && result.output.find("416") != std::string::npos;
  if (begun && (result.exit_code == kCannotResume || range_refused)) {
    fs::remove(part, ec);
    MOTE_TRY(result, watch_curl(curl, file, part, false, progress));
  }
  if (result.exit_code == 0 && !result.timed_out) return {};
  return Error{Code::io, fmt::format("cannot be fetched from {}: {}; what is there is kept, and continued next time",
                                     file.url, first_lines(result.output, 2))};
}

Status take(const RemoteFile& file, const fs::path& part, const fs::path& place) {
  MOTE_TRY(const std::string digest, sha256_of_file(part));
  std::error_code ec;
  if (digest == file.sha256) {
    fs::rename(part, place, ec);
    return ec ? Status(Error{Code::io, "cannot be put in place: " + ec.message()}) : Status();
  }
  fs::remove(part, ec);
  return malformed(fmt::format("what {} gives has the SHA-256 {}, the manifest says {}; it was removed", file.url,
                               digest, file.sha256));
}

}  // namespace

Expected<Manifest> parse_manifest(std::string_view text) {
  const auto j = nlohmann::json::parse(text, nullptr, false);
  if (!j.is_object()) return malformed("is not a JSON object");
  Manifest m;
  MOTE_TRY(m.name, text_of(j, "name", true));
  MOTE_TRY(m.licence, text_of(j, "licence", true));
  MOTE_TRY(m.citation, text_of(j, "citation", true));
  MOTE_TRY(m.source, text_of(j, "source", false));
  MOTE_TRY(m.note, text_of(j, "note", false));
  if (!j.contains("files") || !j["files"].is_array() || j["files"].empty()) return malformed("has no list \"files\"");
  for (const auto& f : j["files"]) {
    MOTE_TRY(RemoteFile file, parse_file(f));
    m.files.push_back(std::move(file));
  }
  return m;
}

Status fetch_file(const RemoteFile& file, const fs::path& folder, const std::function<void(int64_t)>& progress) {
  const fs::path place = folder / file.path, part = place.string() + ".part";
  std::error_code ec;
  fs::create_directories(place.parent_path(), ec);
  if (fs::exists(place, ec)) {
    MOTE_TRY(const std::string digest, sha256_of_file(place));
    if (digest == file.sha256) return {};
    return Error{Code::io, "is there already, with other content; move it away", place.string()};
  }
  // A part that is whole already needs no transfer; curl would be refused the range after its end.
  if (size_of(part) == 0 || size_of(part) != file.bytes)
    if (auto status = transfer(file, part, progress); !status) return std::move(status.error()).at(file.path);
  if (auto status = take(file, part, place); !status) return std::move(status.error()).at(file.path);
  return {};
}

}  // namespace mote
