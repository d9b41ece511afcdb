// Files in memory, by path relative to some folder. Everything that mote produces is a FileSet until the command
// line writes it, so that a folder is written whole or not at all.
#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "mote/compiler/base/bytes.h"

namespace mote {

using FileSet = std::map<std::string, std::string>;

Expected<Bytes> read_file(const std::filesystem::path& path);
Status write_file(const std::filesystem::path& path, const void* data, size_t size);

// Writes all of `files` beneath `folder`. The files are written beside it first and moved into place at the end: on
// failure `folder` is as it was. An existing folder is replaced only if every file in it was written by mote (its
// manifest.json lists them) or it is empty.
Status write_folder(const std::filesystem::path& folder, const FileSet& files);

// A folder that is removed with its contents at the end of its scope.
class TemporaryFolder {
 public:
  static Expected<TemporaryFolder> make();
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  TemporaryFolder& operator=(TemporaryFolder&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  ~TemporaryFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace mote
