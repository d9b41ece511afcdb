#include "fuzz/crash.h"

#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
// Freed memory is kept back for a while, which counts as memory used; a little is enough to find its readers.
extern "C" const char* __asan_default_options() { return "quarantine_size_mb=8:malloc_context_size=12:detect_leaks=1"; }
#endif

namespace mote::fuzz {

AtHand at_hand;

namespace {

const char* program_name = "";

// The process is lost anyway when this runs, so that it may do what a handler else must not.
void on_signal(int number) {
  std::signal(number, SIG_DFL);
  if (number == SIGALRM) fmt::print(stderr, "{}: a mutant took more than {} s\n", program_name, kStuckSeconds);
  save_mutant();
  number == SIGALRM ? _exit(1) : static_cast<void>(std::raise(number));
}

}  // namespace

void save_mutant() {
  const std::string path = at_hand.save_as;
  if (path.empty()) return;
  at_hand.save_as.clear();
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(at_hand.bytes.data()), static_cast<std::streamsize>(at_hand.bytes.size()));
  fmt::print(stderr, "the mutant is saved; to try it again: {} --replay {}\n", program_name, path);
}

void catch_crashes(const char* program) {
  program_name = program;
  static std::array<char, 1 << 16> stack;
  stack_t other{};
  other.ss_sp = stack.data(), other.ss_size = stack.size();
  sigaltstack(&other, nullptr);
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_ONSTACK;
  for (int number : {SIGABRT, SIGALRM}) sigaction(number, &action, nullptr);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_set_death_callback(save_mutant);
#else
  for (int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) sigaction(number, &action, nullptr);
#endif
}

int64_t peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

void forget_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

}  // namespace mote::fuzz
