#include "mote/compiler/base/file_set.h"

#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "mote/compiler/base/interrupt.h"

namespace mote {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = "manifest.json";

Error io_error(const std::string& what, const fs::path& path) {
  return {Code::io, what + ": " + std::strerror(errno), path.string()};
}

}  // namespace

Expected<Bytes> read_file(const fs::path& path) {
  std::error_code ec;
  if (fs::is_directory(path, ec)) return Error{Code::io, "is a folder; a file is expected", path.string()};
  std::ifstream file(path, std::ios::binary);
  if (!file) return io_error("cannot be read", path);
  Bytes bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad()) return io_error("cannot be read", path);
  return bytes;
}

Status write_file(const fs::path& path, const void* data, size_t size) {
  std::error_code ec;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), ec);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(static_cast<const char*>(data), static_cast<std::streamsize>(size));
  file.close();
  if (!file) return io_error("cannot be written", path);
  return {};
}

namespace {

// The files that mote wrote into a folder, by its manifest; none if the folder is not mote's.
std::set<std::string> listed_files(const fs::path& folder) {
  std::set<std::string> files;
  auto bytes = read_file(folder / kManifest);
  if (!bytes) return files;
  const auto json = nlohmann::json::parse(bytes->begin(), bytes->end(), nullptr, false);
  if (!json.is_object() || !json.contains("mote") || !json.contains("files") || !json["files"].is_object())
    return files;
  for (const auto& [path, info] : json["files"].items()) files.insert(path);
  files.insert(kManifest);
  return files;
}

// A folder may be replaced if it is empty, or if every file in it was written by mote.
Status check_replaceable(const fs::path& folder) {
  std::error_code ec;
  if (!fs::is_directory(folder, ec))
    return Error{Code::io, "exists and is not a folder; choose another -o", folder.string()};
  const std::set<std::string> ours = listed_files(folder);
  for (const auto& entry : fs::recursive_directory_iterator(folder, ec)) {
    if (entry.is_directory(ec)) continue;
    const std::string path = entry.path().lexically_relative(folder).generic_string();
    if (!ours.count(path))
      return Error{Code::io, "holds " + path + ", which mote did not write; choose another -o or move it away",
                   folder.string()};
  }
  return {};
}

}  // namespace

Status write_folder(const fs::path& folder, const FileSet& files) {
  std::error_code ec;
  if (folder.empty()) return Error{Code::io, "the name of the output folder is empty"};
  const fs::path target = fs::weakly_canonical(fs::absolute(folder, ec), ec).lexically_normal();
  if (ec) return Error{Code::io, "is not a path that can be written: " + ec.message(), folder.string()};
  const fs::path place = target.has_filename() ? target : target.parent_path();
  if (fs::exists(place, ec)) MOTE_TRY_STATUS(check_replaceable(place));
  const std::string suffix = std::to_string(::getpid());
  const fs::path fresh = place.string() + ".new-" + suffix, old = place.string() + ".old-" + suffix;
  auto fill = [&]() -> Status {
    for (const auto& [name, text] : files) MOTE_TRY_STATUS(write_file(fresh / name, text.data(), text.size()));
    return {};
  };
  const InterruptCleanup guard(fresh);
  if (Status status = fill(); !status) {
    fs::remove_all(fresh, ec);
    return Error{Code::io, "cannot be written: " + status.error().what, folder.string()};
  }
  if (fs::exists(place, ec)) fs::rename(place, old, ec);
  fs::rename(fresh, place, ec);
  if (ec) {
    errno = ec.value();
    Error error = io_error("cannot be put in place", place);
    fs::remove_all(fresh, ec);
    if (fs::exists(old, ec)) fs::rename(old, place, ec);
    return error;
  }
  fs::remove_all(old, ec);
  return {};
}

Expected<TemporaryFolder> TemporaryFolder::make() {
  std::error_code ec;
  const fs::path base = fs::temp_directory_path(ec);
  std::string name = ((ec ? fs::path("/tmp") : base) / "mote-XXXXXX").string();
  if (!::mkdtemp(name.data())) return io_error("a temporary folder cannot be made", name);
  remove_on_interrupt(name);
  return TemporaryFolder(name);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ec;
  if (path_.empty()) return;
  fs::remove_all(path_, ec);
  keep_on_interrupt(path_);
}

}  // namespace mote
