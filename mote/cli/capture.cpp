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
#include "mote/data/label_table.h"
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
Expected<Sensor> sensor_of(const CaptureVerb& verb, const Purpose& purpose, const FrameLines& lines, double measured) {
  Sensor sensor = purpose.sensor;
  if (sensor.axes.empty())
    for (size_t i = 0; i < lines.axes(); ++i)
      sensor.axes.push_back({lines.names().empty() ? fmt::format("ch{}", i + 1) : lines.names()[i], verb.unit});
  if (verb.rate_hz > 0) sensor.rate_hz = verb.rate_hz;
  // A clock of the host tells a rate to about a percent; what was promised is taken where that fits.
  else if (sensor.rate_hz <= 0 || (measured > 0 && std::abs(measured / sensor.rate_hz - 1) > 0.02))
    sensor.rate_hz = measured;
  if (sensor.rate_hz > 0) return sensor;
  return malformed("the recording is too short for its rate to be measured (10 frames, half a second); --rate says it");
}

std::string to_csv(const FrameLines& lines, const FrameLines::Timing& timing, const Sensor& sensor) {
  std::string text = "time_s";
  for (const Axis& axis : sensor.axes)
    text += "," + csv_field(axis.unit.empty() ? axis.name : axis.name + " [" + axis.unit + "]");
  text += "\n";
  for (size_t i = 0; i < lines.frames(); ++i) {
    text += fmt::format("{:.6f}", static_cast<double>(timing.steps[i]) / sensor.rate_hz);
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

// Where the recording will go: all of it is checked before anything is recorded.
struct Place {
  std::optional<LabelTable> labels;  // none: the data set has a folder for each class
  std::string group_column;
};

Expected<Place> find_place(const CaptureVerb& verb, const Purpose& purpose) {
  namespace fs = std::filesystem;
  const fs::path list = purpose.folder / "labels.csv";
  std::error_code error;
  Place place{{}, purpose.group_column};
  if (fs::exists(list, error)) {
    auto labels = read_label_table(list);
    if (!labels) return std::move(labels.error()).at(list.string());
    for (const char* known : kGroupColumns)
      if (place.group_column.empty() && labels->find(known)) place.group_column = known;
    if (!labels->find("label")) return malformed(fmt::format("{} has no column \"label\"", list.string()));
    place.labels = *std::move(labels);
  } else if (!fs::exists(purpose.folder, error) || fs::is_empty(purpose.folder, error)) {
    place.labels = LabelTable{.columns = {"file", "label"}, .rows = {}};
  } else if (fs::exists(purpose.folder / "info.labels", error)) {
    return unsupported(
        fmt::format("{} is labelled by info.labels, which mote does not add to; mote data import makes a "
                    "data set with a labels.csv",
                    purpose.folder.string()));
  } else if (!verb.group.empty()) {
    return malformed(
        fmt::format("{} has a folder for each class, which cannot say who was recorded: --group needs a "
                    "labels.csv (mote data split --write makes one)",
                    purpose.folder.string()));
  }
  if (place.group_column.empty()) place.group_column = "group";
  const bool is_new = place.labels && place.labels->rows.empty();
  if (place.labels && (is_new || !verb.group.empty())) place.labels->find_or_add(place.group_column);
  return place;
}

// Writes the recording and says in the data set what it is. Returns its path.
Expected<std::filesystem::path> keep(const CaptureVerb& verb, const Purpose& purpose, Place place,
                                     const std::string& csv) {
  namespace fs = std::filesystem;
  const std::string stem =
      fmt::format("{}_{:%Y%m%d-%H%M%S}", safe_name(verb.label), fmt::localtime(std::time(nullptr)));
  const fs::path below = place.labels ? fs::path() : fs::path(verb.label);
  std::error_code error;
  fs::path file;
  for (int n = 1; file.empty() || fs::exists(purpose.folder / file, error); ++n)
    file = below / (stem + (n > 1 ? fmt::format("-{}", n) : "") + ".csv");
  fs::create_directories((purpose.folder / file).parent_path(), error);
  MOTE_TRY_STATUS(write_file(purpose.folder / file, csv.data(), csv.size()));
  if (!place.labels) return purpose.folder / file;
  LabelTable& labels = *place.labels;
  LabelTable::Row& row = labels.rows.emplace_back();
  row.fields.resize(labels.columns.size());
  row.fields[*labels.find("file")] = file.generic_string();
  row.fields[*labels.find("label")] = verb.label;
  if (!verb.group.empty()) row.fields[*labels.find(place.group_column)] = verb.group;
  const std::string text = write_label_table(labels);
  MOTE_TRY_STATUS(write_file(purpose.folder / "labels.csv", text.data(), text.size()));
  return purpose.folder / file;
}

Expected<Purpose> purpose_of(const CaptureVerb& verb) {
  Purpose purpose;
  if (const std::filesystem::path file = find_project(verb.path); !file.empty()) {
    MOTE_TRY(const Project project, read_project(file));
    purpose.folder = data_path_of(project);
    purpose.group_column = project.section("data").choice("group");
    purpose.sensor = contract_of(project);
  } else {
    purpose.folder = verb.path;
  }
  if (purpose.folder.filename() == "labels.csv") purpose.folder = purpose.folder.parent_path();
  if (!verb.axes.empty()) {
    purpose.sensor.axes.clear();
    for (const std::string& name : verb.axes) purpose.sensor.axes.push_back({name, normal_unit(verb.unit)});
  }
  return purpose;
}

Expected<int> run_capture(const CaptureVerb& verb, bool json) {
  MOTE_TRY(const Purpose purpose, purpose_of(verb));
  MOTE_TRY(Place place, find_place(verb, purpose));
  MOTE_TRY(const FrameLines lines, record(verb, purpose));
  const FrameLines::Timing timing = lines.timing();
  const double measured = timing.rate_hz > 0 ? timing.rate_hz : lines.rate_hz(), promised = purpose.sensor.rate_hz;
  MOTE_TRY(const Sensor sensor, sensor_of(verb, purpose, lines, measured));
  MOTE_TRY(const std::filesystem::path file, keep(verb, purpose, std::move(place), to_csv(lines, timing, sensor)));
  const double stalled_s = static_cast<double>(timing.lost) / sensor.rate_hz;
  if (json) {
    fmt::print("{}", dump({{"file", file.string()},
                           {"label", verb.label},
                           {"group", verb.group},
                           {"frames", lines.frames()},
                           {"rate_hz", sensor.rate_hz},
                           {"measured_rate_hz", measured > 0 ? Json(measured) : Json()},
                           {"axes", names_of(sensor)},
                           {"stalls", timing.stalls},
                           {"stalled_s", stalled_s},
                           {"lines_of_text", lines.lines_of_text()},
                           {"damaged_lines", lines.damaged_lines()}}));
    return 0;
  }
  fmt::print("{}: {} frames of {}, {:.4g} s\n", file.string(), lines.frames(), describe(sensor),
             static_cast<double>(lines.frames()) / sensor.rate_hz);
  if (measured > 0 && promised > 0 && sensor.rate_hz == measured)
    fmt::print("the board sends at {:.5g} Hz, {} says {:.5g} Hz: mend one of them, or [data] mismatch = \"resample\"\n",
               measured, verb.path, promised);
  if (timing.stalls > 0)
    fmt::print("the board stood still {} times, for {:.3g} s in all: these are gaps in the times of the file\n",
               timing.stalls, stalled_s);
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
