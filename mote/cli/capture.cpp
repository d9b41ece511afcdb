// mote capture: what a board prints becomes a recording of a data set.
#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/core.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstring>
#include <ctime>

#include "mote/cli/cli.h"
#include "mote/compiler/base/file_set.h"
#include "mote/data/frame_lines.h"
#include "mote/data/lines.h"
#include "mote/project/data.h"

namespace mote {
namespace {

struct CaptureVerb {
  std::string path = "mote.toml", port = "-", label, group, unit;
  std::vector<std::string> axes;
  int baud = 115200;
  double seconds = 0, rate_hz = 0;
};

// What is captured, for whom.
struct Purpose {
  std::filesystem::path folder;  // of the data set
  std::string group_column;
  Sensor sensor;  // as far as somebody said
};

// ---- where numbers come from ----

constexpr std::array<std::pair<int, speed_t>, 9> kBauds{{{9600, B9600},
                                                         {19200, B19200},
                                                         {38400, B38400},
                                                         {57600, B57600},
                                                         {115200, B115200},
                                                         {230400, B230400},
                                                         {460800, B460800},
                                                         {921600, B921600},
                                                         {1000000, B1000000}}};

class Port {
 public:
  static Expected<Port> open(const std::string& name, int baud) {
    if (name == "-") return Port(STDIN_FILENO, false);
    const int fd = ::open(name.c_str(), O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return Error{Code::io, std::strerror(errno), name};
    Port port(fd, true);
    termios settings{};
    if (::tcgetattr(fd, &settings) != 0) return port;  // a file or a pipe: as it is
    ::cfmakeraw(&settings);
    settings.c_cflag |= CLOCAL | CREAD;
    const auto speed = std::find_if(kBauds.begin(), kBauds.end(), [&](const auto& b) { return b.first == baud; });
    ::cfsetspeed(&settings, speed->second);
    if (::tcsetattr(fd, TCSANOW, &settings) != 0)
      return Error{Code::io, fmt::format("{} baud: {}", baud, std::strerror(errno)), name};
    ::tcflush(fd, TCIFLUSH);
    port.is_line_ = true;
    return port;
  }

  Port(Port&& other) noexcept : fd_(std::exchange(other.fd_, -1)), owns_(other.owns_), is_line_(other.is_line_) {}
  Port(const Port&) = delete;
  ~Port() {
    if (owns_ && fd_ >= 0) ::close(fd_);
  }

  // A serial line, which may be opened in the midst of a line of text.
  bool is_line() const { return is_line_; }

  // What has arrived, waiting up to a tenth of a second; none at the end.
  Expected<std::optional<std::string>> read() const {
    pollfd wait{fd_, POLLIN, 0};
    if (::poll(&wait, 1, 100) <= 0) return std::optional(std::string());
    char bytes[4096];
    const ssize_t n = ::read(fd_, bytes, sizeof bytes);
    if (n > 0) return std::optional(std::string(bytes, static_cast<size_t>(n)));
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return std::optional(std::string());
    if (n == 0 || errno == EIO) return std::optional<std::string>();  // EIO: the other end is gone
    return Error{Code::io, std::strerror(errno), "the port"};
  }

 private:
  Port(int fd, bool owns) : fd_(fd), owns_(owns) {}

  int fd_;
  bool owns_, is_line_ = false;
};

// ---- what a person sees ----

// A line of eighths of a block for the newest values of each axis, the latest to the right.
class Plot {
 public:
  explicit Plot(bool on) : on_(on) {}

  void draw(const FrameLines& lines, const std::vector<std::string>& names, double seconds) {
    const auto now = std::chrono::steady_clock::now();
    if (!on_ || lines.frames() == 0 || now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    if (drawn_ > 0) fmt::print(stderr, "\033[{}A", drawn_);
    const double rate = lines.rate_hz();
    fmt::print(stderr, "\033[K{:.1f} s, {} frames{}, Ctrl-C ends it\n", seconds, lines.frames(),
               rate > 0 ? fmt::format(", {:.4g} Hz", rate) : "");
    for (size_t axis = 0; axis < std::min(lines.axes(), kMostDrawn); ++axis) draw_axis(lines, names, axis);
    drawn_ = 1 + std::min(lines.axes(), kMostDrawn);
    std::fflush(stderr);
  }

 private:
  static constexpr size_t kColumns = 60, kMostDrawn = 8;

  static void draw_axis(const FrameLines& lines, const std::vector<std::string>& names, size_t axis) {
    static constexpr const char* kBlocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const size_t shown = std::min(lines.frames(), kColumns), first = lines.frames() - shown;
    float low = INFINITY, high = -INFINITY;
    auto value = [&](size_t i) { return lines.values()[(first + i) * lines.axes() + axis]; };
    for (size_t i = 0; i < shown; ++i) low = std::min(low, value(i)), high = std::max(high, value(i));
    std::string bars;
    for (size_t i = 0; i < shown; ++i)
      bars += kBlocks[high > low ? std::min(7, static_cast<int>((value(i) - low) / (high - low) * 8)) : 0];
    fmt::print(stderr, "\033[K{:>12} {} {:.4g} to {:.4g}\n",
               axis < names.size() ? names[axis].substr(0, 12) : fmt::format("ch{}", axis + 1), bars, low, high);
  }

  bool on_;
  size_t drawn_ = 0;
  std::chrono::steady_clock::time_point last_{};
};

// Ctrl-C ends the recording, which is kept.
volatile std::sig_atomic_t stopped = 0;
class StopOnInterrupt {
 public:
  StopOnInterrupt() {
    stopped = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { stopped = 1; };
    ::sigaction(SIGINT, &action, &before_);
  }
  ~StopOnInterrupt() { ::sigaction(SIGINT, &before_, nullptr); }

 private:
  struct sigaction before_ {};
};

// ---- recording ----

std::vector<std::string> names_of(const Sensor& sensor) {
  std::vector<std::string> names;
  for (const Axis& axis : sensor.axes) names.push_back(axis.name);
  return names;
}

Expected<FrameLines> record(const CaptureVerb& verb, const Purpose& purpose) {
  MOTE_TRY(const Port port, Port::open(verb.port, verb.baud));
  const StopOnInterrupt guard;
  FrameLines lines(purpose.sensor.axes.size(), !port.is_line());
  Plot plot(::isatty(STDERR_FILENO) != 0);
  std::optional<std::chrono::steady_clock::time_point> begin;  // when the first frame came
  const auto opened = std::chrono::steady_clock::now();
  for (bool at_end = false; !at_end && !stopped;) {
    MOTE_TRY(const std::optional<std::string> text, port.read());
    const auto now = std::chrono::steady_clock::now();
    const double time_s = std::chrono::duration<double>(now - opened).count();
    if (text) lines.take(*text, time_s);
    else lines.finish(), at_end = true;
    if (!begin && lines.frames() > 0) begin = now;
    const double seconds = begin ? std::chrono::duration<double>(now - *begin).count() : 0;
    plot.draw(lines, lines.names().empty() ? names_of(purpose.sensor) : lines.names(), seconds);
    if (verb.seconds > 0 && begin && seconds >= verb.seconds) break;
    if (!begin && time_s > 10)
      return Error{
          Code::io,
          fmt::format("no line of {}numbers came within 10 s ({} lines of text, {} damaged); a line is numbers "
                      "between commas, semicolons, tabs or blanks, one for each axis. Is {} baud right?",
                      purpose.sensor.axes.empty() ? "" : fmt::format("{} ", purpose.sensor.axes.size()),
                      lines.lines_of_text(), lines.damaged_lines(), verb.baud),
          verb.port};
  }
  if (lines.frames() > 1) return lines;
  return Error{
      Code::io,
      fmt::format("{} lines of {}numbers came, {} lines of text, {} damaged ones; there is nothing to be kept",
                  lines.frames(), purpose.sensor.axes.empty() ? "" : fmt::format("{} ", purpose.sensor.axes.size()),
                  lines.lines_of_text(), lines.damaged_lines()),
      verb.port};
}

// ---- keeping it ----

// The sensor of what was recorded: as the data set says, or else as the board and the user do.
Expected<Sensor> sensor_of(const CaptureVerb& verb, const Purpose& purpose, const FrameLines& lines) {
  Sensor sensor = purpose.sensor;
  if (sensor.axes.empty())
    for (size_t i = 0; i < lines.axes(); ++i)
      sensor.axes.push_back({lines.names().empty() ? fmt::format("ch{}", i + 1) : lines.names()[i], verb.unit});
  const double measured = lines.rate_hz();
  if (verb.rate_hz > 0) sensor.rate_hz = verb.rate_hz;
  // A clock of the host tells a rate to about a percent; what was promised is taken where that fits.
  else if (sensor.rate_hz <= 0 || (measured > 0 && std::abs(measured / sensor.rate_hz - 1) > 0.02))
    sensor.rate_hz = measured;
  if (sensor.rate_hz > 0) return sensor;
  return malformed("the recording is too short for its rate to be measured (10 frames, half a second); --rate says it");
}

std::string to_csv(const FrameLines& lines, const Sensor& sensor) {
  std::string text = "time_s";
  for (const Axis& axis : sensor.axes)
    text += "," + csv_field(axis.unit.empty() ? axis.name : axis.name + " [" + axis.unit + "]");
  text += "\n";
  for (size_t i = 0; i < lines.frames(); ++i) {
    text += fmt::format("{:.6f}", static_cast<double>(i) / sensor.rate_hz);
    for (size_t axis = 0; axis < lines.axes(); ++axis)
      text += fmt::format(",{}", lines.values()[i * lines.axes() + axis]);
    text += "\n";
  }
  return text;
}

std::string safe_name(const std::string& label) {
  std::string name;
  for (char c : label) name += std::isalnum(static_cast<unsigned char>(c)) || c == '-' ? c : '_';
  return name.empty() ? "recording" : name;
}

// A line more for a labels.csv, each column as its header names it.
Expected<std::string> labels_line(const std::string& labels, const std::string& file, const CaptureVerb& verb,
                                  const Purpose& purpose) {
  std::vector<std::string_view> columns;
  std::string unquoted;
  MOTE_TRY_STATUS(
      split_fields(std::string_view(labels).substr(0, labels.find_first_of("\r\n")), ',', columns, unquoted));
  const std::string group = purpose.group_column.empty() ? "group" : purpose.group_column;
  std::string line;
  bool has_group = false;
  for (size_t i = 0; i < columns.size(); ++i) {
    const std::string_view column = trim(columns[i]);
    has_group |= column == group;
    const std::string& value = column == "file"    ? file
                               : column == "label" ? verb.label
                               : column == group   ? verb.group
                                                   : "";
    line += (i > 0 ? "," : "") + csv_field(value);
  }
  if (!verb.group.empty() && !has_group)
    return malformed(fmt::format("labels.csv has no column \"{}\" for --group {}", group, verb.group));
  return (labels.ends_with("\n") ? "" : "\n") + line + "\n";
}

// Writes the recording and says in the data set what it is. Returns its path.
Expected<std::filesystem::path> keep(const CaptureVerb& verb, const Purpose& purpose, const std::string& csv) {
  namespace fs = std::filesystem;
  const fs::path list = purpose.folder / "labels.csv";
  std::error_code error;
  const bool has_list = fs::exists(list, error),
             is_new = !fs::exists(purpose.folder, error) || fs::is_empty(purpose.folder, error);
  const bool lists = has_list || is_new;
  if (!lists && !verb.group.empty())
    return malformed(
        fmt::format("{} has a folder for each class, which cannot say who was recorded: --group needs a "
                    "labels.csv (mote data export makes one)",
                    purpose.folder.string()));
  const std::string stem =
      fmt::format("{}_{:%Y%m%d-%H%M%S}", safe_name(verb.label), fmt::localtime(std::time(nullptr)));
  const fs::path below = lists ? fs::path() : fs::path(verb.label);
  fs::path file;
  for (int n = 1; file.empty() || fs::exists(purpose.folder / file, error); ++n)
    file = below / (stem + (n > 1 ? fmt::format("-{}", n) : "") + ".csv");
  fs::create_directories((purpose.folder / file).parent_path(), error);
  std::string text = "file,label," + csv_field(purpose.group_column.empty() ? "group" : purpose.group_column) + "\n";
  if (has_list) {
    MOTE_TRY(const Bytes bytes, read_file(list.string()));
    text.assign(bytes.begin(), bytes.end());
  }
  if (lists) {
    MOTE_TRY(const std::string line, labels_line(text, file.generic_string(), verb, purpose));
    text += line;
  }
  MOTE_TRY_STATUS(write_file(purpose.folder / file, csv.data(), csv.size()));
  if (lists) MOTE_TRY_STATUS(write_file(list, text.data(), text.size()));
  return purpose.folder / file;
}

Expected<Purpose> purpose_of(const CaptureVerb& verb) {
  Purpose purpose;
  std::filesystem::path path = verb.path;
  if (std::filesystem::is_directory(path) && std::filesystem::exists(path / "mote.toml")) path /= "mote.toml";
  if (is_project(path)) {
    MOTE_TRY(const Project project, read_project(path));
    purpose.folder = data_path_of(project);
    if (purpose.folder.filename() == "labels.csv") purpose.folder = purpose.folder.parent_path();
    purpose.group_column = project.section("data").choice("group");
    purpose.sensor = contract_of(project);
  } else {
    purpose.folder = path;
  }
  if (!verb.axes.empty()) {
    purpose.sensor.axes.clear();
    for (const std::string& name : verb.axes) purpose.sensor.axes.push_back({name, normal_unit(verb.unit)});
  }
  return purpose;
}

Expected<int> run_capture(const CaptureVerb& verb, bool json) {
  MOTE_TRY(const Purpose purpose, purpose_of(verb));
  MOTE_TRY(const FrameLines lines, record(verb, purpose));
  MOTE_TRY(const Sensor sensor, sensor_of(verb, purpose, lines));
  MOTE_TRY(const std::filesystem::path file, keep(verb, purpose, to_csv(lines, sensor)));
  const double measured = lines.rate_hz(), promised = purpose.sensor.rate_hz;
  if (json) {
    fmt::print("{}", dump({{"file", file.string()},
                           {"label", verb.label},
                           {"group", verb.group},
                           {"frames", lines.frames()},
                           {"rate_hz", sensor.rate_hz},
                           {"measured_rate_hz", measured > 0 ? Json(measured) : Json()},
                           {"axes", names_of(sensor)},
                           {"lines_of_text", lines.lines_of_text()},
                           {"damaged_lines", lines.damaged_lines()}}));
    return 0;
  }
  fmt::print("{}: {} frames of {}, {:.4g} s\n", file.string(), lines.frames(), describe(sensor),
             static_cast<double>(lines.frames()) / sensor.rate_hz);
  if (measured > 0 && promised > 0 && sensor.rate_hz == measured)
    fmt::print("the board sends at {:.5g} Hz, {} says {:.5g} Hz: mend one of them, or [data] mismatch = \"resample\"\n",
               measured, verb.path, promised);
  if (lines.damaged_lines() > 0)
    fmt::print("{} lines were damaged and are missing: a slower baud rate or shorter lines may help\n",
               lines.damaged_lines());
  return 0;
}

}  // namespace

void add_capture(CLI::App& app, Chosen& chosen) {
  auto v = std::make_shared<CaptureVerb>();
  CLI::App* verb = app.add_subcommand(
      "capture",
      "Record what a board prints into a data set: a line of numbers for each moment, at a rate that is measured");
  verb->add_option("data", v->path, "A project (mote.toml or its folder), or the folder of a data set")
      ->capture_default_str();
  verb->add_option("--port", v->port, "The serial port, or - for standard input")->capture_default_str();
  std::vector<int> bauds;
  for (const auto& [baud, speed] : kBauds) bauds.push_back(baud);
  verb->add_option("--baud", v->baud, "Bits a second of the port")->check(CLI::IsMember(bauds))->capture_default_str();
  verb->add_option("--label", v->label, "What is recorded: its class")->required()->check([](const std::string& label) {
    return label.empty() || label.find_first_of("/\\\n\r") != label.npos || label[0] == '.'
               ? "is a word without slashes"
               : "";
  });
  verb->add_option("--group", v->group, "Who or what is recorded: a person, a machine, a day");
  verb->add_option("--seconds", v->seconds, "How long; 0: until Ctrl-C, or the end of the input")
      ->check(CLI::Range(0.0, 864000.0))
      ->capture_default_str();
  verb->add_option("--axes", v->axes, "Names of the numbers of a line, else as the project or the board says")
      ->delimiter(',');
  verb->add_option("--unit", v->unit, "Of all axes, where no project says it");
  verb->add_option("--rate", v->rate_hz, "Lines a second, instead of what is measured")->check(CLI::Range(0.0001, 1e6));
  add_json(*verb, chosen);
  verb->footer(
      "A board prints \"%f,%f,%f\\n\" for each sample; a line of names (ax,ay,az) may come first, other text is passed over.\n"
      "Example: mote capture walk --port /dev/ttyACM0 --label stairs --group anna --seconds 20");
  verb->callback([&chosen, v] { chosen.run = [&chosen, v] { return run_capture(*v, chosen.json); }; });
}

}  // namespace mote
