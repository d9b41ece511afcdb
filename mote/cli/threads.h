// Work that is the same for many things.
#pragma once
#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace mote {

// Calls job(i, is_first) for all i below count, on all cores; each makes a job for itself, and one of them is the
// first. What a job throws is thrown here, once all of them have stopped.
template <class MakeJob>
void run_in_threads(size_t count, MakeJob make_job) {
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr thrown;
  auto work = [&](bool is_first) {
    try {
      auto job = make_job();
      for (size_t i; (i = next++) < count;) job(i, is_first);
    } catch (...) {
      next = count;
      const std::lock_guard lock(mutex);
      if (!thrown) thrown = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> others;
    const size_t cores = std::max(1u, std::thread::hardware_concurrency());
    for (size_t i = 1; i < std::min(cores, count); ++i) others.emplace_back(work, false);
    work(true);
  }
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace mote
