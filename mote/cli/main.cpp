#include <fmt/core.h>
#include <unistd.h>

#include "mote/cli/cli.h"
#include "mote/compiler/base/interrupt.h"
#include "mote/project/project.h"

namespace mote {

void add_json(CLI::App& verb, Chosen& chosen) {
  verb.add_flag("--json", chosen.json, "Print JSON for programs instead of text for people");
}

std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

void show_progress(const std::string& text) {
  if (!::isatty(STDERR_FILENO)) return;
  std::string line = text.substr(0, 100);
  fmt::print(stderr, "\r\033[K{}", line);
  std::fflush(stderr);
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows)
    for (size_t i = 0; i < row.size(); ++i) {
      if (i >= widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], row[i].size());
    }
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i)
      i == 0 ? fmt::print("  {:<{}}", row[i], widths[i]) : fmt::print("  {:>{}}", row[i], widths[i]);
    fmt::print("\n");
  }
}

namespace {

constexpr const char* kAbout =
    "mote turns trained models into firmware that is proven: it plans every byte of memory, writes C++17 without\n"
    "dependencies, runs it on an emulated microcontroller and compares every output byte with the definition.\n\n"
    "  mote inspect model.tflite                                what is in a model\n"
    "  mote verify model.tflite --target cortex-m4              prove the firmware, with sizes and instructions\n"
    "  mote compile model.tflite --target cortex-m4 -o model    write the C++ package\n\n"
    "Exit codes: 0 done, 1 the input is at fault, 2 wrong usage, 3 a bug of mote.";

int report(const Error& error, bool json) {
  const bool ours = error.code == Code::internal || error.code == Code::mismatch;
  static constexpr const char* names[] = {"malformed", "unsupported", "does_not_fit", "io", "mismatch", "internal"};
  if (json)
    fmt::print("{}",
               dump({{"error",
                      {{"code", names[static_cast<int>(error.code)]}, {"where", error.where}, {"what", error.what}}}}));
  fmt::print(stderr, "mote: {}\n", error.text());
  if (error.code == Code::internal) fmt::print(stderr, "This is a bug of mote; please report it with the model.\n");
  return ours ? 3 : 1;
}

int run(int argc, char** argv) {
  CLI::App app{kAbout, "mote"};
  app.require_subcommand(1);
  app.set_version_flag("--version", "mote " MOTE_VERSION);
  app.get_formatter()->column_width(34);
  Chosen chosen;
  for (auto add : {add_inspect, add_compile, add_run, add_verify, add_profile, add_conform, add_new, add_check,
                   add_data, add_capture, add_train, add_test, add_calibrate, add_replay, add_targets})
    add(app, chosen);
  std::string topic;
  CLI::App* help = app.add_subcommand("help", "Explain a verb: mote help verify");
  help->add_option("verb", topic, "A verb; or project, for every key of mote.toml");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    fmt::print(stderr, "mote: {}\nRun `mote --help` or `mote VERB --help`.\n", e.what());
    return 2;
  }
  if (help->parsed()) {
    if (topic == "project") {
      fmt::print("{}", write_reference());
      return 0;
    }
    CLI::App* verb = topic.empty() ? &app : nullptr;
    for (CLI::App* known : app.get_subcommands([](CLI::App*) { return true; }))
      if (known->get_name() == topic) verb = known;
    if (!verb) {
      fmt::print(stderr, "mote: there is no verb \"{}\"; see mote --help\n", topic);
      return 2;
    }
    fmt::print("{}", verb->help(verb == &app ? "" : "mote"));
    return 0;
  }
  auto result = chosen.run();
  show_progress("");
  return result ? *result : report(result.error(), chosen.json);
}

}  // namespace
}  // namespace mote

int main(int argc, char** argv) {
  mote::handle_interrupts();
  try {
    return mote::run(argc, argv);
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "mote: out of memory\n");
    return 1;
  } catch (const std::exception& e) {
    fmt::print(stderr, "mote: unexpected: {}\nThis is a bug of mote; please report it with the model.\n", e.what());
    return 3;
  }
}
