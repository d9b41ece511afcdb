// What has to be undone when the user interrupts mote: programs it started, folders it is filling.
#pragma once
#include <sys/types.h>

#include <filesystem>

namespace mote {

// SIGINT, SIGTERM and SIGHUP end the child (with all it started), remove the folders noted here, and end mote.
void handle_interrupts();

void remove_on_interrupt(const std::filesystem::path& folder);
void keep_on_interrupt(const std::filesystem::path& folder);

// Process groups to end; from any thread.
void end_on_interrupt(pid_t group);
void forget_group(pid_t group);

// Notes a folder for the length of a scope.
class InterruptCleanup {
 public:
  explicit InterruptCleanup(std::filesystem::path folder) : folder_(std::move(folder)) { remove_on_interrupt(folder_); }
  ~InterruptCleanup() { keep_on_interrupt(folder_); }
  InterruptCleanup(const InterruptCleanup&) = delete;
  InterruptCleanup& operator=(const InterruptCleanup&) = delete;

 private:
  std::filesystem::path folder_;
};

}  // namespace mote
