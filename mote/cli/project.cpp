// mote new and mote check: projects, before anything is computed.
#include <fmt/core.h>

#include "mote/cli/cli.h"
#include "mote/compiler/base/file_set.h"
#include "mote/compiler/ir/target.h"
#include "mote/project/project.h"

namespace mote {
namespace {

struct NewOptions {
  std::string kind, folder;
};

Expected<int> run_new(const NewOptions& o, bool json) {
  const std::filesystem::path folder(o.folder), file = folder / "mote.toml";
  if (std::filesystem::exists(file))
    return Error{Code::io, "is there already; mote new never writes over a project", file.string()};
  MOTE_TRY(const std::string text,
           write_template(o.kind, std::filesystem::weakly_canonical(folder).filename().string()));
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Error{Code::io, error.message(), folder.string()};
  MOTE_TRY_STATUS(write_file(file, text.data(), text.size()));
  if (json) fmt::print("{}", dump({{"file", file.string()}, {"kind", o.kind}}));
  else
    fmt::print("{} is a project of the kind {}. Put recordings into {}, then: mote check {}\n", file.string(), o.kind,
               (folder / "data").string(), file.string());
  return 0;
}

// What no single key shows: files that have to be there, a target that exists, a model that takes the features.
Status check_whole(const Project& project) {
  MOTE_TRY_STATUS(find_target(project.section("target").choice("name")));
  if (!project.blocks.empty()) MOTE_TRY_STATUS(make_project_graph(project));
  if (!project.section("model").choice("file").empty()) return {};  // it has learned already
  const auto data = project.folder / project.section("data").choice("path");
  if (!std::filesystem::exists(data))
    return Error{Code::io, "is not there; [data] path says where the recordings are, relative to the project",
                 data.string()};
  return {};
}

Json describe(const Project& project, const Signal& signal) {
  Json j{{"rate_hz", signal.rate_hz}, {"samples", signal.samples}, {"axes", signal.axes}, {"blocks", Json::array()}};
  for (const BlockConfig& block : project.blocks)
    if (const auto graph = make_feature_graph(signal, {&block, 1})) {
      const Tensor& t = graph->at(graph->outputs[0]);
      j["blocks"].push_back({{"type", block.block},
                             {"version", find_block(block.block)->version},
                             {"features", element_count(t.shape)},
                             {"shape", t.shape}});
    }
  return j;
}

Expected<int> run_check(const std::string& file, bool json) {
  MOTE_TRY(const Project project, read_project(file));
  MOTE_TRY(const Signal signal, signal_of(project));
  MOTE_TRY_STATUS(check_whole(project));
  const Json j = describe(project, signal);
  if (json) {
    fmt::print("{}", dump(j));
    return 0;
  }
  fmt::print("window   {} samples of {} {}, {} Hz\n", signal.samples, signal.axes, signal.axes == 1 ? "axis" : "axes",
             signal.rate_hz);
  for (const Json& block : j["blocks"])
    fmt::print("block    {} (version {}): {} features\n", block["type"].get<std::string>(), block["version"].get<int>(),
               block["features"].get<int64_t>());
  fmt::print("nothing is wrong with {}\n", file);
  return 0;
}

}  // namespace

void add_new(CLI::App& app, Chosen& chosen) {
  auto o = std::make_shared<NewOptions>();
  CLI::App* verb = app.add_subcommand(
      "new", "Write the mote.toml of a new project, every key with its comment\n  mote new audio doorbell");
  verb->add_option("kind", o->kind, "What is measured: audio, motion, vibration, ecg, image or sensor")->required();
  verb->add_option("folder", o->folder, "The project's folder; it is made if need be")->required();
  add_json(*verb, chosen);
  verb->callback([&chosen, o] { chosen.run = [&chosen, o] { return run_new(*o, chosen.json); }; });
}

void add_check(CLI::App& app, Chosen& chosen) {
  auto file = std::make_shared<std::string>("mote.toml");
  CLI::App* verb = app.add_subcommand(
      "check", "Say all that is wrong with a project, before any work: keys, values, blocks, files, target");
  verb->add_option("file", *file, "The project: its mote.toml or its folder")->capture_default_str();
  add_json(*verb, chosen);
  verb->callback([&chosen, file] { chosen.run = [&chosen, file] { return run_check(*file, chosen.json); }; });
}

}  // namespace mote
