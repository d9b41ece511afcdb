// mote_fuzz: mutants of small models through the compiler, a given number of them, the same ones for the same seed.
//
// A mutant fails the run where it crashes the compiler, is refused without a message, makes the compiler contradict
// itself, computes something else as a plan than by definition, or takes more than 1 s of CPU time or 512 MB. It is
// saved, and `mote_fuzz --replay FILE` tries it again.
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/check.h"
#include "fuzz/crash.h"
#include "fuzz/mutate.h"
#include "fuzz/seeds.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
constexpr double kSlowdown = 5;  // of the sanitizers; a build without them tries what was slow again: see --save
#else
constexpr double kSlowdown = 1;
#endif

namespace mote::fuzz {
namespace {

constexpr double kMaxSeconds = 1;
constexpr int64_t kMaxMegabytes = 512;

struct Settings {
  int64_t rounds = 1000, first = 0;
  uint64_t seed = 1;
  double time_limit = 0;
  std::vector<std::string> seeds, replay;
  std::string save = "fuzz-failures";
  bool write = false, keep_going = false, verbose = false;
};

Bytes read_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path);
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

struct Totals {
  int64_t rounds = 0, failed = 0, emitted = 0, without_message = 0, slow = 0;
  std::array<int64_t, 6> reached{};
  double slowest = 0, seconds = 0;
  std::string slowest_name;
  int64_t peak = 0;
};

class Run {
 public:
  explicit Run(const Settings& settings) : settings_(settings) { base_ = peak_megabytes(); }

  void check(Bytes bytes, const std::string& name, uint64_t choice, bool all) {
    at_hand = {std::move(bytes), settings_.replay.empty() ? settings_.save + "/" + name + ".tflite" : ""};
    alarm(kStuckSeconds);
    Outcome outcome = check_model(at_hand.bytes, choice, all);
    alarm(0);
    ++totals_.rounds;
    for (int i = 0; i <= static_cast<int>(outcome.reached); ++i) ++totals_.reached[static_cast<size_t>(i)];
    totals_.emitted += outcome.emitted;
    totals_.seconds += outcome.seconds;
    if (outcome.seconds > totals_.slowest) totals_.slowest = outcome.seconds, totals_.slowest_name = name;
    if (outcome.reached < Reached::planned && outcome.refusal.empty()) ++totals_.without_message;
    if (outcome.fault.empty() && outcome.seconds > kMaxSeconds * kSlowdown)
      outcome.fault = fmt::format("it took {:.2f} s of CPU time", outcome.seconds);
    const int64_t peak = peak_megabytes();
    totals_.peak = std::max(totals_.peak, peak - base_);
    if (peak - base_ > kMaxMegabytes) {
      if (outcome.fault.empty()) outcome.fault = fmt::format("it took {} MB of memory", peak - base_);
      forget_peak();
    }
    if (settings_.verbose)
      fmt::print("{}: {} {:.3f} s {} {}\n", name, static_cast<int>(outcome.reached), outcome.seconds, outcome.refusal,
                 outcome.fault);
    if (!outcome.fault.empty()) {
      ++totals_.failed;
      fmt::print("FAILED {}: {}\n", name, outcome.fault);
    }
    if (settings_.replay.empty() && (settings_.write || !outcome.fault.empty())) save_mutant();
    at_hand.save_as.clear();
  }

  bool failed() const { return totals_.failed > 0 && !settings_.keep_going; }

  int report() const {
    const Totals& t = totals_;
    auto share = [&](Reached r) {
      const int64_t n = t.reached[static_cast<size_t>(r)];
      return fmt::format("{} ({:.1f} %)", n,
                         100.0 * static_cast<double>(n) / static_cast<double>(std::max<int64_t>(t.rounds, 1)));
    };
    fmt::print("{} models: verified {}, imported {}, reached the planner {}, planned {}, run {}, emitted {}\n",
               t.rounds, share(Reached::verified), share(Reached::imported), share(Reached::planner),
               share(Reached::planned), share(Reached::run), t.emitted);
    fmt::print(
        "refused without a message {}; slowest {:.3f} s ({}), {:.3f} ms on average; memory {} MB at most; failed {}\n",
        t.without_message, t.slowest, t.slowest_name,
        1e3 * t.seconds / static_cast<double>(std::max<int64_t>(t.rounds, 1)), t.peak, t.failed);
    if (t.rounds >= 1000 && settings_.replay.empty() && settings_.seeds.empty()) {
      if (t.reached[1] * 10 < t.rounds * 3) return fmt::print("FAILED: fewer than 30 % pass the verifier\n"), 1;
      if (t.reached[3] * 10 < t.rounds) return fmt::print("FAILED: fewer than 10 % reach the planner\n"), 1;
    }
    return t.failed > 0 || t.without_message > 0;
  }

 private:
  const Settings& settings_;
  Totals totals_;
  int64_t base_ = 0;
};

std::vector<std::string> files_under(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> inside;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
      if (entry.path().extension() == ".tflite") inside.push_back(entry.path().string());
    std::sort(inside.begin(), inside.end());
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

// The ten seeds that come with mote, or those named.
std::vector<Seed> gather_seeds(const Settings& settings) {
  std::vector<Seed> seeds;
  if (settings.seeds.empty()) {
    seeds = make_seeds();
    seeds.push_back({"keywords", read_bytes(MOTE_SOURCE_DIR "/models/keywords/keywords.tflite")});
  }
  for (const std::string& path : files_under(settings.seeds))
    seeds.push_back({std::filesystem::path(path).stem().string(), read_bytes(path)});
  return seeds;
}

int fuzz(const Settings& settings) {
  const std::vector<Seed> seeds = gather_seeds(settings);
  Run run(settings);
  std::vector<std::pair<std::string, std::unique_ptr<tflite::ModelT>>> models;
  for (const Seed& seed : seeds) {
    run.check(seed.bytes, seed.name, 1, true);
    if (auto model = unpack(seed.bytes)) models.emplace_back(seed.name, std::move(model));
  }
  if (settings.seeds.empty() && settings.first == 0)
    for (const Seed& large : make_large_models()) run.check(large.bytes, large.name, 1, false);
  if (models.empty()) return fmt::print("there is no model to start from\n"), 1;
  const auto start = std::chrono::steady_clock::now();
  for (int64_t i = settings.first; i < settings.first + settings.rounds && !run.failed(); ++i) {
    const uint64_t number = settings.seed * 1'000'003 + static_cast<uint64_t>(i);
    const auto& [name, model] = models[static_cast<size_t>(i) % models.size()];
    Rng rng(number);
    run.check(mutate(*model, rng), fmt::format("{}-{}-{}", name, settings.seed, i), number, false);
    if (settings.time_limit > 0 &&
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() > settings.time_limit)
      break;
#if defined(__SANITIZE_ADDRESS__)
    if (i % 5000 == 4999 && __lsan_do_recoverable_leak_check())
      return fmt::print("FAILED: memory leaked in the rounds up to {}\n", i), 1;
#endif
  }
  return run.report();
}

int replay(const Settings& settings) {
  Run run(settings);
  for (const std::string& path : files_under(settings.replay)) {
    Bytes bytes = read_bytes(path);
    for (uint64_t choice = 0; choice < 4; ++choice) run.check(bytes, path, choice, true);
  }
  return run.report();
}

}  // namespace
}  // namespace mote::fuzz

int main(int argc, char** argv) {
  mote::fuzz::Settings s;
  CLI::App app("Mutants of .tflite models through mote's importer, passes, planner and kernels");
  app.add_option("--rounds", s.rounds, "How many mutants")->capture_default_str();
  app.add_option("--first", s.first, "The number of the first one")->capture_default_str();
  app.add_option("--seed", s.seed, "Other mutants for other numbers")->capture_default_str();
  app.add_option("--seeds", s.seeds, "Models to start from, or folders of them; without: mote's own ten");
  app.add_option("--time-limit", s.time_limit, "Stop after so many seconds");
  app.add_option("--save", s.save, "The folder for models that fail")->capture_default_str();
  app.add_option("--replay", s.replay, "Check these models, or folders of them, as they are");
  app.add_flag("--write", s.write, "Save every model, not only those that fail");
  app.add_flag("--keep-going", s.keep_going, "Go on after a failure");
  app.add_flag("--verbose", s.verbose, "A line for each model");
  CLI11_PARSE(app, argc, argv);
  mote::fuzz::catch_crashes("mote_fuzz");
  try {
    return s.replay.empty() ? mote::fuzz::fuzz(s) : mote::fuzz::replay(s);
  } catch (const std::exception& e) {
    fmt::print(stderr, "mote_fuzz: {}\n", e.what());
    return 1;
  }
}
