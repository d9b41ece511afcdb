// What the verbs of the `mote` command share. Each verb is a file; it registers itself with the command line and
// returns an exit code: 0 done, 1 the input is at fault, 2 wrong usage, 3 a bug of ours.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "mote/compiler/base/expected.h"

namespace mote {

using Json = nlohmann::ordered_json;
using Verb = std::function<Expected<int>()>;

// Set by the verb that the command line chose.
struct Chosen {
  Verb run;
  bool json = false;
};

void add_inspect(CLI::App& app, Chosen& chosen);
void add_compile(CLI::App& app, Chosen& chosen);
void add_run(CLI::App& app, Chosen& chosen);
void add_verify(CLI::App& app, Chosen& chosen);
void add_profile(CLI::App& app, Chosen& chosen);
void add_conform(CLI::App& app, Chosen& chosen);
void add_new(CLI::App& app, Chosen& chosen);
void add_check(CLI::App& app, Chosen& chosen);
void add_data(CLI::App& app, Chosen& chosen);
void add_capture(CLI::App& app, Chosen& chosen);
void add_train(CLI::App& app, Chosen& chosen);
void add_test(CLI::App& app, Chosen& chosen);
void add_calibrate(CLI::App& app, Chosen& chosen);
void add_replay(CLI::App& app, Chosen& chosen);
void add_targets(CLI::App& app, Chosen& chosen);

// --json for a verb.
void add_json(CLI::App& verb, Chosen& chosen);

// Text that comes from files is printed with whatever bytes it has.
std::string dump(const Json& json);

// A line on a terminal that the next one overwrites; nothing where standard error is not a terminal.
void show_progress(const std::string& text);

// Rows of text in columns; the first is flush left, the others right.
void print_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace mote
