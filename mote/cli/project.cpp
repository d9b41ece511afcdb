// mote new and mote check: projects, before anything is computed.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "mote/cli/model.h"
#include "mote/compiler/base/file_set.h"
#include "mote/compiler/ir/target.h"
#include "mote/data/check.h"
#include "mote/project/data.h"
#include "mote/project/decision.h"
#include "mote/project/training.h"

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

struct Found {
  Json report;
  std::string text;  // lines for people
  std::vector<std::string> complaints;
  std::vector<std::string> notes;  // what its owner has to know, and may be meant so

  void complain(const Error& error) { complaints.push_back(error.text()); }
};

// The board's memory, less than which a budget has to be.
void check_budget(const Target& target, const Settings& settings, const std::string& kind, Found& found) {
  const std::string key = kind + "_bytes";
  const auto wanted = static_cast<int64_t>(settings.number(key));
  if (const int64_t there = board_bytes(target, kind); there > 0 && wanted > there)
    found.complain(malformed(fmt::format("[target]: {} = {}; {} has {}; set at most that, or 0 for all of it", key,
                                         wanted, target.name, there)));
  if (wanted == 0) return;
  found.report["target"][key] = wanted;
  found.text += fmt::format(", {} bytes of {}", wanted, kind);
}

void check_target(const Project& project, Found& found) {
  const Settings& settings = project.section("target");
  const auto target = find_target(settings.choice("name"));
  if (!target) return found.complain(target.error());
  found.report["target"] = {{"name", (*target)->name}, {"optimize", settings.choice("optimize")}};
  found.text += fmt::format("target   {}, --optimize {}", (*target)->name, settings.choice("optimize"));
  for (const char* kind : {"ram", "flash"}) check_budget(**target, settings, kind, found);
  found.text += "\n";
}

void check_picture(const Signal& signal, Found& found) {
  const int32_t height = signal.samples / signal.width;
  const double rate_hz = signal.rate_hz / signal.samples;
  found.report.update({{"rate_hz", rate_hz}, {"width", signal.width}, {"height", height}, {"axes", signal.axes}});
  found.text += fmt::format("picture  {} x {} pixels, {} {}, {} Hz\n", signal.width, height, signal.axes,
                            signal.axes == 1 ? "channel" : "channels", rate_hz);
}

void check_window(const Project& project, const Signal& signal, Found& found) {
  if (signal.width > 0) return check_picture(signal, found);
  found.report.update({{"rate_hz", signal.rate_hz}, {"samples", signal.samples}, {"axes", signal.axes}});
  found.text += fmt::format("window   {} samples of {} {}, {} Hz\n", signal.samples, signal.axes,
                            signal.axes == 1 ? "axis" : "axes", signal.rate_hz);
  const auto rows = hop_rows_of(project);
  if (!rows) return found.complain(rows.error());
  if (*rows == 0) return;
  const int32_t hop = *hop_of(project);
  found.report["hop"] = {{"samples", hop}, {"rows", *rows}};
  found.text += fmt::format("hop      {} samples, {} rows of {}\n", hop, *rows, hop / *rows);
}

void check_learning(const Project& project, Found& found) {
  const auto features = make_vector_graph(project);
  if (!features) return found.complain(features.error());
  const Status status = check_training(project, features->at(features->outputs[0]).shape.back());
  if (!status) found.complain(status.error());
}

void check_blocks(const Project& project, Found& found) {
  found.report["blocks"] = Json::array();
  for (size_t i = 0; i < project.blocks.size(); ++i) {
    const BlockConfig& block = project.blocks[i];
    const BlockDef& def = *find_block(block.block);
    const Graph graph = *make_block_graph(project, i);  // parse_project has made it before
    const Tensor& t = graph.at(graph.outputs[0]);
    const std::string_view makes = def.makes ? "samples" : "features";
    found.report["blocks"].push_back({{"type", block.block},
                                      {"version", def.version},
                                      {"makes", makes},
                                      {def.makes ? "values" : "features", element_count(t.shape)},
                                      {"shape", t.shape}});
    found.text += fmt::format("block    {} (version {}): {} {}\n", block.block, def.version, element_count(t.shape),
                              def.makes ? "values, for other blocks" : "features");
  }
  if (project.blocks.empty())
    return found.complain(
        malformed("there is no [[block]]: nothing is computed from the samples; docs/BLOCKS.md lists them"));
  if (learns(project)) check_learning(project, found);
  const std::string& model = project.section("model").choice("file");
  if (std::error_code error;
      learns(project) && !model.empty() && !std::filesystem::exists(project.folder / model, error)) {
    found.text += fmt::format("model    none yet: mote train makes {}\n", (project.folder / model).string());
    return;
  }
  if (const auto graph = make_project_graph(project); !graph) found.complain(graph.error());
}

// The project's graph with the names of its classes, or none, which has been said.
std::optional<Graph> find_model(const Project& project, Found& found) {
  auto graph = make_project_graph(project);
  if (!graph) return std::nullopt;  // said with the blocks
  auto labels = find_labels(label_file(project), *graph);
  if (!labels) return found.complain(labels.error()), std::nullopt;
  graph->labels = std::move(*labels);
  return std::move(*graph);
}

void check_other(const Project& project, const std::vector<std::string>& classes, Found& found) {
  const std::string& other = project.section("model").choice("other");
  if (other.empty() || classes.empty() || std::find(classes.begin(), classes.end(), other) != classes.end()) return;
  found.complain(malformed(fmt::format("[model] other = \"{}\": the model has no such class; it knows {}", other,
                                       fmt::join(classes, ", "))));
}

void check_decision(const Project& project, Found& found) {
  const std::optional<Graph> graph = find_model(project, found);
  if (!graph) return;
  check_other(project, graph->labels, found);
  const auto found_plan = find_decision(project, *graph);
  if (!found_plan) return found.complain(found_plan.error());
  const std::optional<DecisionPlan>& plan = *found_plan;
  if (!plan) return;
  const int32_t bytes = state_bytes(plan->rule.params);
  const auto events = std::count_if(plan->rule.classes.begin(), plan->rule.classes.end(),
                                    [](const DecideClass& c) { return c.is_event != 0; });
  found.report["decision"] = {
      {"hop_s", seconds_per_window(project)}, {"event_classes", events}, {"state_bytes", bytes}};
  found.text += fmt::format("decision every {} s, {} of {} classes are events, {} bytes of state\n",
                            seconds_per_window(project), events, plan->rule.classes.size(), bytes);
}

// ---- recordings ----

constexpr size_t kShownFaults = 20;

// The classes that data and model know.
std::vector<std::string> known_classes(const Project& project, const Dataset& d, const std::vector<Scan>& scans) {
  std::set<std::string> names;
  for (const Item& item : d.items) {
    names.insert(item.label);
    for (const TimeRange& r : item.ranges) names.insert(r.label);
  }
  for (const Scan& s : scans)
    for (const auto& [label, frames] : s.label_frames) names.insert(label);
  names.erase("");
  if (labels_of(project) == Labels::ordinary) names.insert({"normal", "anomaly"});
  if (const auto graph = make_project_graph(project))
    if (const auto labels = find_labels(label_file(project), *graph)) names.insert(labels->begin(), labels->end());
  return {names.begin(), names.end()};
}

// [model] background, other and [learn] normal name classes. The first of the background may be only what is outside of
// labelled ranges.
void check_classes(const Project& project, const Dataset& d, const std::vector<Scan>& scans, Found& found) {
  const std::vector<std::string> known = known_classes(project, d, scans);
  const std::vector<std::string_view> names(known.begin(), known.end());
  auto check = [&](const char* key, const std::string& name) {
    if (name.empty() || known.empty() || std::binary_search(known.begin(), known.end(), name)) return;
    const auto nearest = find_nearest(name, names);
    found.complain(malformed(fmt::format("{} = \"{}\": no recording has this label; {}", key, name,
                                         nearest ? fmt::format("did you mean \"{}\"?", *nearest)
                                                 : fmt::format("there are {}", fmt::join(names, ", ")))));
  };
  check("[model] other", project.section("model").choice("other"));
  if (labels_of(project) == Labels::ordinary) check("[learn] normal", project.section("learn").choice("normal"));
  const bool ranged =
      std::any_of(d.items.begin(), d.items.end(), [](const Item& item) { return !item.ranges.empty(); });
  const std::vector<std::string> background = lines_of(project.section("model").choice("background"));
  for (size_t i = ranged ? 1 : 0; i < background.size(); ++i) check("[model] background", background[i]);
}

// What the values of all recordings tell. Values of another scale are no recordings of this sensor; all else that mote
// data check finds may be meant so, or is refused when it is used.
void check_values(const Project& project, const Dataset& d, Found& found) {
  const std::vector<Scan> scans = scan_data(project, d);
  check_classes(project, d, scans, found);
  std::vector<Fault> faults;
  auto take = [&](const std::vector<Fault>& more) { faults.insert(faults.end(), more.begin(), more.end()); };
  for (const Scan& s : scans) take(s.faults);
  take(check_label_times(scans, d));
  std::vector<Copy> copies = find_copies(scans);
  std::erase_if(copies, [&](const Copy& c) { return d.items[c.a].split == d.items[c.b].split; });
  take(check_leaks(d, copies));
  auto text_of = [](const Fault& f) {
    return fmt::format("{}: {}{}", f.file, f.time_s >= 0 ? fmt::format("at {:.3f} s: ", f.time_s) : "", f.what);
  };
  for (const Fault& f : check_range(scans, d))
    (f.level == Fault::error ? found.complaints : found.notes).push_back(text_of(f));
  for (const Fault& f : faults) found.notes.push_back(text_of(f));
  double longest_s = 0;
  size_t no_rate = 0;
  const double rate_hz = project.section("input").number("rate_hz"),
               window_s = project.section("input").number("window");
  for (const Scan& s : scans) {
    if (s.is_picture) return;
    no_rate += s.sensor.rate_hz == 0;
    longest_s = std::max(longest_s, s.duration_s > 0 ? s.duration_s : static_cast<double>(s.frames) / rate_hz);
  }
  if (longest_s < window_s - 0.5 / rate_hz)
    found.notes.push_back(fmt::format("[input] window = {} s is longer than every recording; the longest has {:.6g} s",
                                      window_s, longest_s));
  if (no_rate > 0)
    found.notes.push_back(fmt::format(
        "the rate of {} of {} recordings is not known; it is taken to be {} Hz. A sensor.json in {} says it", no_rate,
        scans.size(), rate_hz, d.root.string()));
}

void check_recordings(const Project& project, Found& found) {
  const std::filesystem::path path = data_path_of(project);
  if (const auto parts = parts_of(project); !parts) return found.complain(parts.error());
  if (!std::filesystem::exists(path) && !project.section("model").choice("file").empty()) {
    found.text += fmt::format("data     none: {} is not there; the model has learned already\n", path.string());
    return;
  }
  auto d = open_data(project);
  if (!d) return found.complain(std::move(d.error()).at("[data]"));
  found.report["data"] = {{"path", path.string()}, {"files", d->items.size()}, {"group_column", d->group_column}};
  found.text += fmt::format("data     {}: {} files, from {}{}\n", path.string(), d->items.size(), d->origin,
                            d->group_column.empty() ? "" : "; groups by " + d->group_column);
  std::vector<Fault> faults = check_data(project, *d);
  if (const auto references = references_of(project, *d); !references) found.complain(references.error());
  else
    for (Fault& fault : check_references(project, *d, *references)) faults.push_back(std::move(fault));
  for (size_t i = 0; i < std::min(faults.size(), kShownFaults); ++i)
    found.complaints.push_back(
        fmt::format("{}: {}", d->path_of({faults[i].file, "", "", "", {}}).string(), faults[i].what));
  if (faults.size() > kShownFaults)
    found.complaints.push_back(fmt::format("and {} more files", faults.size() - kShownFaults));
  if (const Status split = split_data(project, *d); !split) return found.complain(split.error());
  std::map<std::string, size_t> counts;
  for (const Item& item : d->items) ++counts[item.split];
  found.report["split"] = counts;
  found.text += "split   ";
  for (const auto& [name, n] : counts) found.text += fmt::format(" {} {}", name, n);
  found.text += " files\n";
  if (faults.empty()) check_values(project, *d, found);
}

Expected<int> run_check(const std::string& file, bool json) {
  MOTE_TRY(const Project project, read_project(file));
  MOTE_TRY(const Signal signal, signal_of(project));
  Found found;
  check_window(project, signal, found);
  check_blocks(project, found);
  check_decision(project, found);
  check_recordings(project, found);
  check_target(project, found);
  if (!found.complaints.empty()) {
    std::string all;
    const size_t shown = std::min(found.complaints.size(), 2 * kShownFaults);
    for (size_t i = 0; i < shown; ++i) all += (all.empty() ? "" : "\n") + found.complaints[i];
    if (shown < found.complaints.size()) all += fmt::format("\nand {} more", found.complaints.size() - shown);
    return malformed(all);
  }
  if (json) {
    found.report["notes"] = found.notes;
    fmt::print("{}", dump(found.report));
    return 0;
  }
  for (size_t i = 0; i < std::min(found.notes.size(), kShownFaults); ++i)
    found.text += fmt::format("note     {}\n", found.notes[i]);
  if (found.notes.size() > kShownFaults)
    found.text += fmt::format("note     and {} more: mote data check {}\n", found.notes.size() - kShownFaults, file);
  fmt::print("{}{}\n", found.text,
             found.notes.empty() ? fmt::format("nothing is wrong with {}", file)
                                 : fmt::format("nothing keeps {} from being used; the notes may be meant so", file));
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
