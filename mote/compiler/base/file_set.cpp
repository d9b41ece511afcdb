#include "mote/compiler/base/file_set.h"

#include <unistd.h>

#include <cerrno>
#include <fstream>

namespace mote {
namespace {

namespace fs = std::filesystem;

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

Status write_folder(const fs::path& folder, const FileSet& files, const std::string& marker) {
  std::error_code ec;
  const fs::path target = fs::absolute(folder).lexically_normal();
  const fs::path place = target.has_filename() ? target : target.parent_path();
  if (fs::exists(place, ec)) {
    if (!fs::is_directory(place, ec)) return Error{Code::io, "exists and is not a folder; choose another -o", place.string()};
    if (!fs::is_empty(place, ec) && !fs::exists(place / marker, ec))
      return Error{Code::io, "exists and was not written by mote (it has no " + marker + "); choose another -o or remove it",
                   place.string()};
  }
  const std::string suffix = std::to_string(::getpid());
  const fs::path fresh = place.string() + ".new-" + suffix, old = place.string() + ".old-" + suffix;
  auto fill = [&]() -> Status {
    for (const auto& [name, text] : files) MOTE_TRY_STATUS(write_file(fresh / name, text.data(), text.size()));
    return {};
  };
  if (Status status = fill(); !status) {
    fs::remove_all(fresh, ec);
    return status;
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
  return TemporaryFolder(name);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ec;
  if (!path_.empty()) fs::remove_all(path_, ec);
}

}  // namespace mote
