// Work that is the same for many things.
#pragma once
#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace mote {

// Calls job(i, is_first) for all i below count, on all cores; each makes a job for itself, and one of them is the
// first.
template <class MakeJob>
void run_in_threads(size_t count, MakeJob make_job) {
  std::atomic<size_t> next = 0;
  auto work = [&](bool is_first) {
    auto job = make_job();
    for (size_t i; (i = next++) < count;) job(i, is_first);
  };
  std::vector<std::thread> others;
  const size_t cores = std::max(1u, std::thread::hardware_concurrency());
  for (size_t i = 1; i < std::min(cores, count); ++i) others.emplace_back(work, false);
  work(true);
  for (std::thread& thread : others) thread.join();
}

}  // namespace mote
