// Runs the `mote` command, and other programs, as a person would.
#pragma once
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mote/compiler/base/file_set.h"

namespace mote {

struct Ran {
  int exit_code = 0;
  int signal = 0;
  std::string out, err;
};

// How a program is run: in a folder, with environment variables changed.
struct Surroundings {
  std::filesystem::path folder;
  std::map<std::string, std::string> environment;
};

Ran run_program(const std::vector<std::string>& arguments, const Surroundings& where = {});
Ran run_mote(std::vector<std::string> arguments, const Surroundings& where = {});

// The whole of what it printed, for a failed expectation.
std::string transcript(const Ran& ran);

// What it printed as JSON; `is_discarded()` where it is none.
nlohmann::json json_of(const Ran& ran);

std::string in_source(const std::string& path);                             // a path inside the repository
bool find_shared(std::filesystem::path& folder, const std::string& below);  // test material beside the checkout

std::string keywords(const std::string& file = "keywords.tflite");

std::string text_of(const std::filesystem::path& path);
FileSet tree_of(const std::filesystem::path& folder);

// A folder that is removed with the test.
struct Scratch {
  Scratch();
  ~Scratch();
  std::string operator/(const std::string& name) const { return (path / name).string(); }
  std::filesystem::path path;
};

}  // namespace mote
