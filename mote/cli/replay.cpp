// mote replay: what a device did, done again on the host.
#include "mote/compiler/verify/replay.h"

#include <fmt/core.h>

#include "mote/cli/model.h"
#include "mote/compiler/ir/two_classes.h"

namespace mote {
namespace {

struct ReplayVerb {
  std::string dump;
  ModelOptions model;
};

// The model whose firmware `mote compile` would write: where a budget needs it, found by building it.
Expected<CompiledModel> compile_as_built(const ModelOptions& options, const std::string& build) {
  MOTE_TRY(CompiledModel model, compile_model(options));
  if (!model.decision || !model.decision->recorder)
    return Error{Code::malformed, "[recorder] signal is 0: firmware of this project keeps nothing", options.path};
  const bool is_limited = options.flash_bytes || !model.target->board.name.empty();
  if (model.firmware.build != build && is_limited && compiler_version(*model.target))
    MOTE_TRY_STATUS(build_model(model, options));
  if (model.firmware.build != build)
    return Error{
        Code::malformed,
        fmt::format("the dump is of build {}; {} compiles to build {}. Give replay the project, the options and "
                    "the mote that made the firmware",
                    build, options.path, model.firmware.build)};
  return model;
}

std::string class_name(const Graph& graph, int32_t c) {
  if (c < 0) return "none";
  return score_names(graph)[static_cast<size_t>(c)];
}

std::string describe(const Graph& graph, const Decision& d) {
  const Quant& quant = graph.at(graph.outputs[0]).quant;
  return fmt::format("event {}, best {}{} at {:.3g}", class_name(graph, d.event), class_name(graph, d.best),
                     d.unknown ? " (unknown)" : "", quant.scale_at(0) * static_cast<float>(d.score - quant.zero_at(0)));
}

Json to_json(const Graph& graph, const Decision& d) {
  return {{"event", d.event == kNoClass ? Json() : Json(class_name(graph, d.event))},
          {"best", class_name(graph, d.best)},
          {"score", d.score},
          {"unknown", d.unknown != 0},
          {"active", d.active == kNoClass ? Json() : Json(class_name(graph, d.active))},
          {"held", d.held},
          {"count", d.count},
          {"rate", d.rate}};
}

Json to_json(const Graph& graph, const ReplayedHop& hop) {
  Json j{{"hop", hop.hop},
         {"right", hop.wrong.empty()},
         {"window_kept", hop.has_samples},
         {"decision", to_json(graph, hop.made)},
         {"scores", hop.scores}};
  if (hop.has_samples) j["right_scores"] = hop.right_scores;
  if (!hop.wrong.empty()) j["first_wrong"] = hop.wrong, j["right_decision"] = to_json(graph, hop.right);
  return j;
}

void print_hop(const Graph& graph, const ReplayedHop& hop) {
  const std::string made = describe(graph, hop.made), right = describe(graph, hop.right);
  if (hop.wrong.empty())
    fmt::print("  hop {}: {}; right{}\n", hop.hop, made,
               hop.has_samples ? "" : " for its scores, whose window is no longer kept");
  else
    fmt::print("  hop {}: {}; WRONG, first in {}; {}\n", hop.hop, made, hop.wrong,
               hop.made == hop.right ? "the decision is right all the same" : "right is " + right);
}

Expected<int> replay_dump(ReplayVerb v, bool json) {
  v.model.path = project_file(v.model.path);
  MOTE_TRY(const ModelOptions options, complete(v.model));
  if (lacks_target(options, "replay")) return 2;
  MOTE_TRY(const Bytes bytes, read_file(v.dump));
  auto build = read_dump_build(bytes);
  if (!build) return std::move(build.error()).at(v.dump);
  MOTE_TRY(const CompiledModel model, compile_as_built(options, *build));
  const auto kept = read_dump(bytes, *model.decision, model.plan.calls.size());
  if (!kept) return Error(kept.error()).at(v.dump);
  const Replay all = replay(model.original, model.plan, *model.decision, *kept);
  if (json) {
    Json j{{"dump", v.dump}, {"build", *build}, {"decisions_made", kept->hops}, {"right", all.is_right()}};
    j["hops"] = Json::array();
    for (const ReplayedHop& hop : all.hops) j["hops"].push_back(to_json(model.original, hop));
    fmt::print("{}", dump(j));
    return all.is_right() ? 0 : 1;
  }
  fmt::print("build {} of {}\n{} decisions made, {} kept, {} samples\n", *build, options.path, kept->hops,
             kept->records.size(), kept->samples.size() / static_cast<size_t>(bytes_of(model.decision->samples)));
  for (const ReplayedHop& hop : all.hops) print_hop(model.original, hop);
  fmt::print("{}\n", kept->records.empty() ? "nothing had been decided"
                     : all.is_right()      ? "the device did what it should have, bit for bit"
                                           : "the device did NOT do what it should have");
  return all.is_right() ? 0 : 1;
}

}  // namespace

void add_replay(CLI::App& app, Chosen& chosen) {
  CLI::App* verb = app.add_subcommand(
      "replay", "Do again on the host what a device did, by the dump of its recorder, and say what went wrong first");
  auto v = std::make_shared<ReplayVerb>();
  verb->add_option("dump", v->dump, "What write_dump() of the firmware handed out")->required();
  v->model.path = "mote.toml";
  add_model_options(*verb, v->model);
  verb->get_option("model")->required(false)->capture_default_str();
  add_json(*verb, chosen);
  verb->footer(
      "The options have to be those that the firmware was compiled with; another build is refused. Exit code 1: the device\n"
      "did something else than it should have. docs/RECORDER.md has the format.");
  verb->callback([&chosen, v] { chosen.run = [&chosen, v] { return replay_dump(*v, chosen.json); }; });
}

}  // namespace mote
