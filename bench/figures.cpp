// What models take on the emulated cores: arena, flash, stack and instructions, held to the recorded figures. Fails
// where one of them grew by more than 1 %, where one is not recorded, and where a model could not be measured. --record
// writes the new figures, with the commit they were measured at.
//
// All but the arena depends on the compiler; where it is not the one of the record, only the arena is held.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "mote/compiler/base/file_set.h"
#include "mote/compiler/base/process.h"

namespace mote {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr double kAllowedGrowth = 0.01;
constexpr double kProfileSeconds = 600;

struct Figure {
  const char* name;
  bool any_compiler;  // does not depend on it
};
constexpr Figure kHeld[] = {{"arena_bytes", true},   {"code_bytes", false},  {"weights_bytes", false},
                            {"tables_bytes", false}, {"stack_bytes", false}, {"instructions", false}};

struct Model {
  std::string name;
  fs::path path;
  uintmax_t bytes() const {
    std::error_code ec;
    return fs::file_size(path, ec);
  }
};

struct Job {
  Model model;
  std::string target, optimize, feed;
  int hop = 0;
  Json figures = {};           // what was measured, or that it does not fit
  std::string complaint = {};  // why there are no figures
  std::string key() const {
    return fmt::format("{} {} {} {}", model.name, target, optimize, hop ? fmt::format("stream {}", hop) : feed);
  }
};

// Our own models, which every checkout has, and those of `shared` that are there; `missing` gets the others.
std::vector<Model> find_models(const fs::path& stand_ins, const fs::path& shared, std::vector<Model>& missing) {
  std::vector<Model> found{{"keywords", "models/keywords/keywords.tflite"}};
  for (const char* name : {"kws", "vww", "ic", "ad", "sww"})
    found.push_back({fmt::format("standin-{}", name), stand_ins / fmt::format("{}.tflite", name)});
  for (const auto& [name, file] : std::initializer_list<std::pair<const char*, const char*>>{
           {"mlperf-kws", "mlperf-tiny/keyword_spotting/kws_ref_model.tflite"},
           {"mlperf-vww", "mlperf-tiny/visual_wake_words/vww_96_int8.tflite"},
           {"mlperf-ic", "mlperf-tiny/image_classification/pretrainedResnet_quant.tflite"},
           {"mlperf-ad", "mlperf-tiny/anomaly_detection/ad01_int8.tflite"},
           {"mlperf-sww", "mlperf-tiny/streaming_wakeword/str_ww_ref_model.tflite"},
           {"person-detect", "tflm/models/person_detect.tflite"},
           {"mcunet-vww", "tinyengine/vww.tflite"},
           {"mcunet-detection", "tinyengine/detection.tflite"},
           {"mcunetv2-large", "tinyengine/mcunetv2_large.tflite"}}) {
    const Model model{name, shared / "models" / file};
    (fs::exists(model.path) ? found : missing).push_back(model);
  }
  return found;
}

std::vector<Job> list_jobs(const std::vector<Model>& models) {
  std::vector<Job> jobs;
  for (const Model& model : models) {
    for (const char* target :
         {"cortex-m0", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55", "rv32imc"})
      for (const char* optimize : {"ram", "balanced", "speed"}) jobs.push_back({model, target, optimize, "whole"});
    jobs.push_back({model, "cortex-m4", "ram", "rows"});
    if (model.name.ends_with("-sww")) jobs.push_back({model, "cortex-m4", "speed", "rows", 1});
  }
  return jobs;
}

Json take_figures(const Json& profile, bool slides) {
  const Json &ram = profile["ram"], &flash = profile["flash"];
  return {{"arena_bytes", ram["arena_bytes"]},
          {"code_bytes", flash["code_bytes"]},
          {"weights_bytes", flash["weights_bytes"]},
          {"tables_bytes", flash["tables_bytes"]},
          {"flash_bytes", flash["total_bytes"]},
          {"stack_bytes", ram["stack_bytes"]},
          {"instructions", profile[slides ? "instructions_per_hop" : "instructions"]},
          {"macs", profile["macs"]},
          {"compiler", profile["compiler"]}};
}

bool does_not_fit(const Job& job) { return job.figures.contains("does_not_fit"); }

// The linker's own words: "region `code' overflowed by 1234 bytes".
std::string find_overflow(const std::string& output) {
  const size_t begin = output.find("region `"), end = output.find('\n', begin);
  if (begin == output.npos || output.find("overflowed by", begin) > end) return "";
  return output.substr(begin, end - begin);
}

void measure(Job& job, const std::string& program) {
  std::vector<std::string> arguments{program,      "profile",    job.model.path.string(), "--target", job.target,
                                     "--optimize", job.optimize, "--no-cycles",           "--json"};
  if (job.hop) arguments.insert(arguments.end(), {"--stream", std::to_string(job.hop)});
  else arguments.insert(arguments.end(), {"--feed", job.feed});
  const auto ran = run_process(arguments, {}, kProfileSeconds);
  if (!ran) {
    job.complaint = ran.error().text();
    return;
  }
  // Only standard output is JSON, and without an error there is no other output.
  const Json profile = Json::parse(ran->output, nullptr, false);
  if (ran->exit_code == 0 && profile.is_object() && profile.contains("instructions"))
    job.figures = take_figures(profile, job.hop > 0);
  else if (const std::string overflow = find_overflow(ran->output); !overflow.empty())
    job.figures = {{"does_not_fit", overflow}};
  else job.complaint = first_lines(ran->output, 8);
}

// The largest models first, so that the last one does not run alone for long.
void measure_all(std::vector<Job>& jobs, const std::string& program) {
  std::vector<Job*> order;
  for (Job& job : jobs) order.push_back(&job);
  std::stable_sort(order.begin(), order.end(),
                   [](const Job* a, const Job* b) { return a->model.bytes() > b->model.bytes(); });
  std::atomic<size_t> next = 0;
  auto work = [&] {
    for (size_t i = next++; i < order.size(); i = next++) measure(*order[i], program);
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < std::max(2u, std::thread::hardware_concurrency()); ++i) threads.emplace_back(work);
  work();
  for (std::thread& t : threads) t.join();
}

double growth(const Json& now, const Json& before, const char* name) {
  const auto value = now[name].get<double>(), old = before[name].get<double>();
  return old > 0 ? (value - old) / old : value > 0 ? 1 : 0;
}

// "1234 (+0.5 %)"; nothing to compare with where `before` lacks the figure.
std::string print_change(const Json& now, const Json& before, const char* name) {
  const auto value = now[name].get<int64_t>();
  if (!before.contains(name) || before[name] == now[name]) return std::to_string(value);
  return fmt::format("{} ({:+.1f} %)", value, 100 * growth(now, before, name));
}

struct Verdict {
  std::string text;
  bool failed = false;
};

Verdict judge(const Job& job, const Json& before, bool same_compiler) {
  if (!job.complaint.empty()) return {"FAILED: " + job.complaint, true};
  if (!before.is_object()) return {"NOT RECORDED", true};
  if (does_not_fit(job)) return {"does not fit", !before.contains("does_not_fit")};
  if (before.contains("does_not_fit")) return {"fits now: to be recorded", true};
  std::string grown;
  for (const Figure& figure : kHeld) {
    if (!figure.any_compiler && !same_compiler) continue;
    if (!before.contains(figure.name)) return {fmt::format("NOT RECORDED: {}", figure.name), true};
    if (growth(job.figures, before, figure.name) > kAllowedGrowth) grown += fmt::format(" {}", figure.name);
  }
  return {grown.empty() ? "" : "GREW:" + grown, !grown.empty()};
}

void print_row(const Job& job, const Json& before, bool same_compiler, const std::string& verdict) {
  fmt::print("{:<44}", job.key());
  if (job.complaint.empty() && !does_not_fit(job))
    for (const Figure& figure : kHeld)
      fmt::print(" {:>20}", print_change(job.figures, figure.any_compiler || same_compiler ? before : Json::object(),
                                         figure.name));
  if (does_not_fit(job)) fmt::print(" {}", job.figures["does_not_fit"].get<std::string>());
  fmt::print(" {}\n", verdict);
}

// How many jobs failed.
int report(const std::vector<Job>& jobs, const Json& recorded) {
  int failed = 0;
  bool other_compiler = false;
  fmt::print("\n{:<44}", "model, core, optimize, feed");
  for (const Figure& figure : kHeld) fmt::print(" {:>20}", figure.name);
  fmt::print("\n");
  for (const Job& job : jobs) {
    const Json before = recorded.value(job.key(), Json());
    const bool same_compiler = job.figures.contains("compiler") && before.is_object() &&
                               before.value("compiler", "") == job.figures["compiler"];
    other_compiler |= before.contains("compiler") && job.figures.contains("compiler") && !same_compiler;
    const Verdict verdict = judge(job, before, same_compiler);
    print_row(job, before.is_object() ? before : Json::object(), same_compiler, verdict.text);
    failed += verdict.failed;
  }
  if (other_compiler) fmt::print("\nThe compiler is not the one of the record: only the arena was compared.\n");
  fmt::print("\n{} measured, {} failed (a figure may grow by 1 %)\n", jobs.size(), failed);
  return failed;
}

// The commit that is checked out, and whether it was changed since.
Expected<std::string> current_commit() {
  MOTE_TRY(const fs::path git, find_program("git", "git"));
  MOTE_TRY(const ProcessResult ran,
           run_process({git.string(), "describe", "--always", "--dirty", "--exclude", "*", "--abbrev=12"}, {}, 20));
  if (ran.exit_code != 0) return Error{Code::io, first_lines(ran.output, 3), "git describe"};
  return first_lines(ran.output, 1);
}

// One line per job, so that a change is easy to read.
Status record(const std::vector<Job>& jobs, const std::string& commit, const std::string& path) {
  std::string text = fmt::format("{{\n\"commit\": {},\n\"figures\": {{", Json(commit).dump());
  for (const Job& job : jobs)
    text += fmt::format("{}\n  {}: {}", &job == jobs.data() ? "" : ",", Json(job.key()).dump(), job.figures.dump());
  text += "\n}}\n";
  MOTE_TRY_STATUS(write_file(path, text.data(), text.size()));
  fmt::print("recorded in {}, at commit {}\n", path, commit);
  return {};
}

Expected<Json> read_record(const std::string& path) {
  MOTE_TRY(const Bytes text, read_file(path));
  const Json j = Json::parse(text.begin(), text.end(), nullptr, false);
  if (!j.is_object() || !j.contains("figures") || !j["figures"].is_object())
    return Error{Code::malformed, "has no recorded figures", path};
  return j["figures"];
}

int fail(const Error& error) {
  fmt::print(stderr, "{}\n", error.text());
  return 1;
}

int run(int argc, char** argv) {
  CLI::App app{"Measures models on the emulated cores and compares with recorded figures"};
  std::string program = "build/mote", path = "bench/recorded.json", shared = "../shared", only;
  std::string stand_ins = "build/stand_ins";
  bool write = false;
  app.add_option("--program", program, "The mote to measure with")->capture_default_str();
  app.add_option("--recorded", path, "The recorded figures")->capture_default_str();
  app.add_option("--stand-ins", stand_ins, "Where the networks of bench/stand_ins.py are")->capture_default_str();
  app.add_option("--shared", shared, "Where the public models are")->capture_default_str();
  auto* some = app.add_option("--only", only, "Measure only where this is part of \"model core optimize feed\"");
  app.add_flag("--record", write, "Record the new figures; all models have to be there")->excludes(some);
  CLI11_PARSE(app, argc, argv);

  std::vector<Model> missing;
  std::vector<Job> jobs = list_jobs(find_models(stand_ins, shared, missing));
  std::erase_if(jobs, [&](const Job& job) { return job.key().find(only) == std::string::npos; });
  for (const Model& model : missing) fmt::print("NOT MEASURED: {} (there is no {})\n", model.name, model.path.string());
  if (write && !missing.empty()) return fail({Code::io, "the record has figures of all models", path});
  if (jobs.empty()) return fail({Code::io, "nothing to measure", only});

  Expected<Json> recorded = read_record(path);
  if (!recorded && !write) return fail(recorded.error());
  const Expected<std::string> commit = current_commit();
  if (!commit && write) return fail(commit.error());
  measure_all(jobs, fs::absolute(program).string());
  const int failed = report(jobs, recorded ? *recorded : Json::object());
  if (!write) return failed ? 1 : 0;
  for (const Job& job : jobs)
    if (!job.complaint.empty()) return fail({Code::io, "nothing is recorded, because measuring failed", job.key()});
  const Status status = record(jobs, *commit, path);
  return status ? 0 : fail(status.error());
}

}  // namespace
}  // namespace mote

int main(int argc, char** argv) { return mote::run(argc, argv); }
