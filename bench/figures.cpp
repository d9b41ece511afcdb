// What models take on the emulated cores: a table of arena, flash, stack and instructions, compared with the recorded
// figures. Fails where instructions or arena grew by more than 1 %. --record writes the new figures.
//
// Instructions and flash depend on the compiler; where it is not the one of the record, only the arena is compared.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "mote/compiler/base/file_set.h"
#include "mote/compiler/verify/process.h"

namespace mote {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr double kAllowedGrowth = 0.01;

struct Model {
  std::string name;
  fs::path path;
};

struct Job {
  Model model;
  std::string target;
  const char *optimize, *feed;
  Json figures;
  std::string complaint;
  std::string key() const { return fmt::format("{} {} {} {}", model.name, target, optimize, feed); }
};

std::vector<Model> find_models(const fs::path& shared) {
  std::vector<Model> all{{"keywords", "models/keywords/keywords.tflite"}};
  const fs::path tiny = shared / "models/mlperf-tiny";
  for (const auto& [name, file] : std::initializer_list<std::pair<const char*, const char*>>{
           {"mlperf-ad", "anomaly_detection/ad01_int8.tflite"},
           {"mlperf-ic", "image_classification/pretrainedResnet_quant.tflite"},
           {"mlperf-kws", "keyword_spotting/kws_ref_model.tflite"},
           {"mlperf-sww", "streaming_wakeword/str_ww_ref_model.tflite"},
           {"mlperf-vww", "visual_wake_words/vww_96_int8.tflite"}}) {
    if (fs::exists(tiny / file)) all.push_back({name, tiny / file});
    else fmt::print("NOT MEASURED: {} (there is no {})\n", name, (tiny / file).string());
  }
  return all;
}

std::vector<Job> list_jobs(const std::vector<Model>& models) {
  std::vector<Job> jobs;
  for (const Model& model : models) {
    for (const char* target :
         {"cortex-m0", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55", "rv32imc"})
      jobs.push_back({model, target, "balanced", "whole", {}, ""});
    jobs.push_back({model, "cortex-m4", "ram", "rows", {}, ""});
    jobs.push_back({model, "cortex-m4", "speed", "whole", {}, ""});
  }
  return jobs;
}

void measure(Job& job, const std::string& program) {
  // Only standard output is JSON; the shell drops nothing else, there being no other output without an error.
  const auto ran = run_process({program, "profile", job.model.path.string(), "--target", job.target, "--optimize",
                                job.optimize, "--feed", job.feed, "--json"},
                               {}, 600);
  if (!ran) {
    job.complaint = ran.error().text();
    return;
  }
  const Json j = Json::parse(ran->output, nullptr, false);
  if (ran->exit_code != 0 || !j.is_object() || !j.contains("instructions")) {
    job.complaint = first_lines(ran->output, 8);
    return;
  }
  job.figures = {{"arena_bytes", j["ram"]["arena_bytes"]},
                 {"flash_bytes", j["flash"]["total_bytes"]},
                 {"stack_bytes", j["ram"]["stack_bytes"]},
                 {"instructions", j["instructions"]},
                 {"macs", j["macs"]},
                 {"compiler", j["compiler"]}};
}

void measure_all(std::vector<Job>& jobs, const std::string& program) {
  std::atomic<size_t> next = 0;
  auto work = [&] {
    for (size_t i = next++; i < jobs.size(); i = next++) measure(jobs[i], program);
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < std::max(2u, std::thread::hardware_concurrency()); ++i) threads.emplace_back(work);
  work();
  for (std::thread& t : threads) t.join();
}

// "1234 (+0.5 %)"
std::string print_change(const Json& now, const Json& before, const char* key) {
  const auto value = now[key].get<int64_t>();
  if (!before.is_object() || !before.contains(key)) return fmt::format("{} (new)", value);
  const auto old = before[key].get<int64_t>();
  if (old == value) return std::to_string(value);
  return fmt::format("{} ({:+.1f} %)", value,
                     old ? 100.0 * static_cast<double>(value - old) / static_cast<double>(old) : 100.0);
}

bool has_grown(const Json& now, const Json& before, const char* key) {
  return before.is_object() && before.contains(key) &&
         static_cast<double>(now[key].get<int64_t>()) >
             static_cast<double>(before[key].get<int64_t>()) * (1 + kAllowedGrowth);
}

int report(const std::vector<Job>& jobs, const Json& recorded) {
  int grown = 0, failed = 0;
  bool other_compiler = false;
  fmt::print("\n{:<11} {:<11} {:<9} {:<6} {:>18} {:>19} {:>16} {:>23} {:>6}\n", "model", "core", "optimize", "feed",
             "arena", "flash", "stack", "instructions", "/MAC");
  for (const Job& job : jobs) {
    if (!job.complaint.empty()) {
      fmt::print("{:<11} {:<11} {:<9} {:<6} FAILED: {}\n", job.model.name, job.target, job.optimize, job.feed,
                 job.complaint);
      ++failed;
      continue;
    }
    const Json before = recorded.value(job.key(), Json());
    const bool same_compiler = before.is_object() && before.value("compiler", "") == job.figures["compiler"];
    const Json comparable = same_compiler ? before : Json();
    other_compiler |= before.is_object() && !same_compiler;
    const bool grew =
        has_grown(job.figures, before, "arena_bytes") || has_grown(job.figures, comparable, "instructions");
    grown += grew;
    const auto macs = job.figures["macs"].get<int64_t>();
    fmt::print("{:<11} {:<11} {:<9} {:<6} {:>18} {:>19} {:>16} {:>23} {:>6} {}\n", job.model.name, job.target,
               job.optimize, job.feed, print_change(job.figures, before, "arena_bytes"),
               print_change(job.figures, comparable, "flash_bytes"),
               print_change(job.figures, comparable, "stack_bytes"),
               print_change(job.figures, comparable, "instructions"),
               macs ? fmt::format("{:.2f}", static_cast<double>(job.figures["instructions"].get<int64_t>()) /
                                                static_cast<double>(macs))
                    : "-",
               grew ? "<- GREW" : "");
  }
  if (other_compiler)
    fmt::print("\nThe compiler is not the one of the record: of those figures only the arena was compared.\n");
  fmt::print("\n{} figures, {} grew by more than 1 %, {} failed\n", jobs.size(), grown, failed);
  return grown || failed ? 1 : 0;
}

int run(int argc, char** argv) {
  CLI::App app{"Measures models on the emulated cores and compares with recorded figures"};
  std::string program = "build/mote", record = "bench/recorded.json", shared = "../shared";
  bool write = false;
  app.add_option("--program", program, "The mote to measure with")->capture_default_str();
  app.add_option("--recorded", record, "The recorded figures")->capture_default_str();
  app.add_option("--shared", shared, "Where the public models are")->capture_default_str();
  app.add_flag("--record", write, "Record the new figures");
  CLI11_PARSE(app, argc, argv);

  std::vector<Job> jobs = list_jobs(find_models(shared));
  measure_all(jobs, fs::absolute(program).string());
  Json recorded = Json::object();
  if (auto text = read_file(record)) {
    recorded = Json::parse(text->begin(), text->end(), nullptr, false);
    if (!recorded.is_object()) {
      fmt::print(stderr, "{} is not a JSON object\n", record);
      return 1;
    }
  }
  const int result = report(jobs, recorded);
  if (!write) return result;
  for (const Job& job : jobs) {
    if (!job.complaint.empty()) return 1;
    recorded[job.key()] = job.figures;
  }
  // One line per figure, in the order of the keys, so that a change is easy to read.
  std::string text = "{\n";
  std::map<std::string, Json> sorted;
  for (const auto& [key, figures] : recorded.items()) sorted[key] = figures;
  for (const auto& [key, figures] : sorted)
    text += fmt::format("{}  {}: {}", text.size() > 2 ? ",\n" : "", Json(key).dump(), figures.dump());
  text += "\n}\n";
  if (Status status = write_file(record, text.data(), text.size()); !status) {
    fmt::print(stderr, "{}\n", status.error().text());
    return 1;
  }
  fmt::print("recorded in {}\n", record);
  return 0;
}

}  // namespace
}  // namespace mote

int main(int argc, char** argv) { return mote::run(argc, argv); }
