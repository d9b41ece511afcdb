// A signal handler may call little, so the folders lie in fixed arrays and /bin/rm removes them.
#include "mote/compiler/base/interrupt.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <string>

namespace mote {
namespace {

constexpr int kMostFolders = 8;
constexpr size_t kLongestPath = 512;

char folders[kMostFolders][kLongestPath];
std::atomic<pid_t> groups[16];

// Puts `to` in the place of a `from`, if there is one.
void replace_group(pid_t from, pid_t to) {
  for (auto& group : groups) {
    pid_t found = from;
    if (group.compare_exchange_strong(found, to)) return;
  }
}

void end(int number) {
  for (const auto& group : groups)
    if (const pid_t id = group.load(); id > 0) ::kill(-id, SIGKILL);
  for (const char* folder : folders) {
    if (!*folder) continue;
    if (const pid_t child = ::fork(); child == 0) {
      ::execl("/bin/rm", "rm", "-rf", "--", folder, static_cast<char*>(nullptr));
      ::_exit(1);
    } else if (child > 0) {
      ::waitpid(child, nullptr, 0);
    }
  }
  ::_exit(128 + number);
}

}  // namespace

void handle_interrupts() {
  struct sigaction action = {};
  action.sa_handler = end;
  for (int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(number, &action, nullptr);
}

void remove_on_interrupt(const std::filesystem::path& folder) {
  const std::string text = folder.string();
  if (text.size() >= kLongestPath) return;
  for (auto& slot : folders)
    if (!*slot) {
      std::memcpy(slot, text.c_str(), text.size() + 1);
      return;
    }
}

void keep_on_interrupt(const std::filesystem::path& folder) {
  for (auto& slot : folders)
    if (folder.string() == slot) *slot = 0;
}

void end_on_interrupt(pid_t group) { replace_group(0, group); }
void forget_group(pid_t group) { replace_group(group, 0); }

}  // namespace mote
