#include "mote/compiler/base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

extern char** environ;

#include "mote/compiler/base/interrupt.h"

namespace mote {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

Error process_error(const std::string& what, const std::string& program, int error) {
  return {Code::io, what + ": " + std::strerror(error), program};
}

// Starts the program as the leader of a process group of its own, with its output in `pipe_end`.
int spawn(const std::vector<std::string>& arguments, const fs::path& folder, int pipe_end, pid_t& pid) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe_end, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipe_end, STDERR_FILENO);
  if (!folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  const int error = posix_spawn(&pid, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return error;
}

// Reads until the other end closes. False: the time was up first.
bool read_until(int pipe_end, Clock::time_point deadline, std::string& output) {
  char buffer[65536];
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{pipe_end, POLLIN, 0};
    const int ready = poll(&waiting, 1, static_cast<int>(std::min<int64_t>(left, 1000)));
    if (ready < 0 && errno != EINTR) return true;
    if (ready <= 0) continue;
    const ssize_t bytes = read(pipe_end, buffer, sizeof buffer);
    if (bytes == 0 || (bytes < 0 && errno != EINTR)) return true;
    if (bytes > 0) output.append(buffer, static_cast<size_t>(bytes));
  }
}

}  // namespace

Expected<fs::path> find_program(const std::string& name, const std::string& package) {
  const char* variable = std::getenv("PATH");
  const std::string path = variable ? variable : "/usr/local/bin:/usr/bin:/bin";
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find(':', begin), path.size());
    const fs::path candidate = fs::path(path.substr(begin, end - begin)) / name;
    std::error_code ec;
    if (fs::is_regular_file(candidate, ec) && access(candidate.c_str(), X_OK) == 0) return fs::absolute(candidate, ec);
    begin = end + 1;
  }
  return Error{Code::io, "the program " + name + " was not found on PATH; Debian and Ubuntu have it in the package " +
                             package + ": apt-get install " + package};
}

Expected<ProcessResult> run_process(const std::vector<std::string>& arguments, const fs::path& folder,
                                    double timeout_s) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return process_error("a pipe cannot be made", arguments[0], errno);
  pid_t pid = 0;
  const int error = spawn(arguments, folder, ends[1], pid);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    return process_error("cannot be started", arguments[0], error);
  }
  end_on_interrupt(pid);
  ProcessResult result;
  const auto limit = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(timeout_s));
  result.timed_out = !read_until(ends[0], Clock::now() + limit, result.output);
  close(ends[0]);
  if (result.timed_out) kill(-pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
  forget_group(pid);
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  return result;
}

std::string first_lines(const std::string& text, int lines) {
  size_t end = 0;
  for (int line = 0; line < lines && end < text.size(); ++line)
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
  std::string head = text.substr(0, end);
  while (!head.empty() && head.back() == '\n') head.pop_back();
  return head;
}

}  // namespace mote
