#include "tests/cli/program.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "mote/compiler/base/process.h"

namespace mote {

namespace fs = std::filesystem;

Ran run_program(const std::vector<std::string>& arguments, const Surroundings& where) {
  const Scratch scratch;
  // The shell parts the two streams; an absolute env and sh start even where PATH is trimmed.
  std::vector<std::string> all{"/bin/sh", "-c", "exec \"$@\" >'" + scratch / "out" + "' 2>'" + scratch / "err" + "'",
                               "sh", "/usr/bin/env"};
  for (const auto& [name, value] : where.environment) all.push_back(name + "=" + value);
  all.insert(all.end(), arguments.begin(), arguments.end());
  const auto result = run_process(all, where.folder, 1200);
  Ran ran;
  if (!result) {
    ADD_FAILURE() << result.error().text();
    return {-1, 0, "", ""};
  }
  EXPECT_FALSE(result->timed_out) << arguments[0];
  ran.exit_code = result->exit_code;
  ran.signal = result->signal;
  ran.out = text_of(scratch / "out");
  ran.err = text_of(scratch / "err");
  return ran;
}

Ran run_mote(std::vector<std::string> arguments, const Surroundings& where) {
  arguments.insert(arguments.begin(), MOTE_PROGRAM);
  return run_program(arguments, where);
}

std::string transcript(const Ran& ran) {
  return "exit code " + std::to_string(ran.exit_code) + (ran.signal ? ", signal " + std::to_string(ran.signal) : "") +
         "\n" + ran.out.substr(0, 4000) + "\n" + ran.err.substr(0, 4000);
}

nlohmann::json json_of(const Ran& ran) { return nlohmann::json::parse(ran.out, nullptr, false); }

std::string in_source(const std::string& path) { return std::string(MOTE_SOURCE_DIR) + "/" + path; }

bool find_shared(fs::path& folder, const std::string& below) {
  const char* told = std::getenv("MOTE_SHARED");
  const fs::path shared = told ? fs::path(told) : fs::path(MOTE_SOURCE_DIR) / "../shared";
  folder = shared / below;
  std::error_code ec;
  if (fs::is_directory(folder, ec)) return true;
  folder = folder.lexically_normal();
  return false;
}

std::string keywords(const std::string& file) { return in_source("models/keywords/" + file); }

std::string text_of(const fs::path& path) {
  const auto bytes = read_file(path);
  if (!bytes) return "";
  return std::string(bytes->begin(), bytes->end());
}

FileSet tree_of(const fs::path& folder) {
  FileSet files;
  std::error_code ec;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder, ec))
    if (entry.is_regular_file()) files[fs::relative(entry.path(), folder).string()] = text_of(entry.path());
  return files;
}

Scratch::Scratch() {
  std::string name = (fs::temp_directory_path() / "mote-test-XXXXXX").string();
  if (::mkdtemp(name.data())) path = name;
}

Scratch::~Scratch() {
  std::error_code ec;
  if (!path.empty()) fs::remove_all(path, ec);
}

}  // namespace mote
