// Runs other programs: finds them on PATH, captures what they print, ends them when their time is up.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "mote/compiler/base/expected.h"

namespace mote {

struct ProcessResult {
  int exit_code = 0;       // where it ended by itself
  int signal = 0;          // the signal that ended it, or 0
  bool timed_out = false;  // it was ended with all its children, because its time was up
  std::string output;      // standard output and standard error, in the order written
};

// The program of that name on PATH, or an error that tells which Debian package has it and how to install it.
Expected<std::filesystem::path> find_program(const std::string& name, const std::string& package);

// Runs `arguments` (the program first) in `folder`, with an empty standard input.
Expected<ProcessResult> run_process(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
                                    double timeout_s);

// The first `lines` lines of a program's output, for an error text.
std::string first_lines(const std::string& text, int lines);

}  // namespace mote
