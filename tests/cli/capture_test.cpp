// mote capture: from standard input, and over a pseudo-terminal from emulated firmware.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <sstream>

#include "mote/compiler/verify/emulator.h"
#include "tests/cli/program.h"

namespace mote {
namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;

void write(const std::string& path, const std::string& text) {
  ASSERT_TRUE(write_file(path, text.data(), text.size()));
}

void expect_said(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), text.npos) << "not said: " << part << "\nbut: " << text;
}

// With this on its standard input.
Ran capture(const Scratch& s, const std::string& input, Arguments arguments) {
  write(s / "input.txt", input);
  std::string command = "\"$0\" capture \"$@\" < '" + (s / "input.txt") + "'";
  arguments.insert(arguments.begin(), {"sh", "-c", command, MOTE_PROGRAM});
  return run_program(arguments);
}

std::string frames(int n) {
  std::string text;
  for (int i = 0; i < n; ++i) text += std::to_string(i) + "," + std::to_string(-i) + "\n";
  return text;
}

TEST(Capture, MakesADataSet) {
  const Scratch s;
  const std::string set = s / "set";
  for (const char* label : {"up", "down"}) {
    const Ran ran = capture(s, "ready\nx,y\n" + frames(60) + "7,7,7\n",
                            {set, "--label", label, "--group", "anna", "--rate", "50", "--unit", "g", "--json"});
    ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
    const auto j = json_of(ran);
    EXPECT_EQ(j["frames"], 60);
    EXPECT_EQ(j["rate_hz"], 50);
    EXPECT_EQ(j["axes"], (Arguments{"x", "y"}));
    EXPECT_EQ(j["damaged_lines"], 1);
    EXPECT_EQ(j["lines_of_text"], 0) << "\"ready\" could be the name of an axis";
  }
  const Ran listed = run_mote({"data", "list", set, "--json"});
  ASSERT_EQ(listed.exit_code, 0) << transcript(listed);
  const auto files = json_of(listed)["items"];
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0]["label"], "up");
  EXPECT_EQ(files[0]["group"], "anna");
  const std::string csv = text_of(fs::path(set) / files[1]["file"].get<std::string>());
  EXPECT_TRUE(csv.starts_with("time_s,x [g],y [g]\n0.000000,0,0\n0.020000,1,-1\n")) << csv.substr(0, 100);
}

TEST(Capture, FillsAProject) {
  const Scratch s;
  write(s / "mote.toml",
        "[input]\nkind = \"motion\"\nrate_hz = 50\naxes = [\"ax\", \"ay\"]\nunit = \"g\"\nrange = 100\n[data]\ngroup = "
        "\"person\"\n[[block]]\ntype = \"statistics\"\n");
  const Ran ran = capture(s, frames(100), {s.path.string(), "--label", "walk", "--group", "ben"});
  ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
  expect_said(ran.out, "100 frames of 50 Hz, 2 axes: ax [g], ay [g]");
  expect_said(text_of(s / "data/labels.csv"), "file,label,person\nwalk_");
  expect_said(text_of(s / "data/labels.csv"), ",walk,ben\n");
  const Ran checked = run_mote({"check", s.path.string() + "/mote.toml"});
  EXPECT_EQ(checked.exit_code, 0) << transcript(checked);
  const Ran other = capture(s, "1,2,3\n4,5,6\n", {s.path.string(), "--label", "walk"});
  EXPECT_EQ(other.exit_code, 1);
  expect_said(other.err, "0 lines of 2 numbers came, 0 lines of text, 2 damaged ones");
}

TEST(Capture, KeepsTheFormOfADataSet) {
  const Scratch s;
  fs::create_directories(s.path / "set/up");
  write(s / "set/up/a.csv", "x,y\n1,2\n3,4\n");
  const Ran more = capture(s, frames(20), {s / "set", "--label", "down", "--rate", "50"});
  ASSERT_EQ(more.exit_code, 0) << transcript(more);
  EXPECT_TRUE(fs::is_directory(s.path / "set/down"));
  EXPECT_FALSE(fs::exists(s.path / "set/labels.csv"));
  const Ran group = capture(s, frames(20), {s / "set", "--label", "down", "--rate", "50", "--group", "ben"});
  EXPECT_EQ(group.exit_code, 1);
  expect_said(group.err, "--group needs a labels.csv");
  write(s / "set/labels.csv", "split,file,label\ntrain,up/a.csv,up");
  ASSERT_EQ(capture(s, frames(20), {s / "set", "--label", "a, b", "--rate", "50"}).exit_code, 0);
  expect_said(text_of(s / "set/labels.csv"), "split,file,label\ntrain,up/a.csv,up\n,a__b_");
  expect_said(text_of(s / "set/labels.csv"), ".csv,\"a, b\"\n");
}

TEST(Capture, AddsToAnyLabelsCsv) {
  const Scratch s;
  fs::create_directories(s.path / "set");
  write(s / "set/a.csv", "x,y\n1,2\n3,4\n");
  write(s / "set/labels.csv", "\xEF\xBB\xBFnote;file;label;subject\r\nwet;a.csv;up;anna\r\n");
  const Ran ran = capture(s, frames(20), {s / "set", "--label", "down", "--rate", "50", "--group", "ben"});
  ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
  const std::string labels = text_of(s / "set/labels.csv");
  EXPECT_TRUE(labels.starts_with("\xEF\xBB\xBFnote;file;label;subject\r\nwet;a.csv;up;anna\r\n;down_")) << labels;
  EXPECT_TRUE(labels.ends_with(".csv;down;ben\r\n")) << labels;
  EXPECT_EQ(json_of(run_mote({"data", "list", s / "set", "--json"}))["items"][1]["group"], "ben");
  write(s / "set/labels.csv", "name,label\na.csv,up\n");
  const Ran broken = capture(s, "no numbers\n", {s / "set", "--label", "down"});
  expect_said(broken.err, "names no column \"file\"");
}

TEST(Capture, SaysWhatKeepsItFromRecording) {
  const Scratch s;
  const auto complaint = [&](const std::string& input, Arguments more) {
    more.insert(more.begin(), s / "set");
    const Ran ran = capture(s, input, more);
    EXPECT_NE(ran.exit_code, 0) << transcript(ran);
    EXPECT_FALSE(fs::exists(s.path / "set")) << "nothing is left of it";
    return ran.err;
  };
  expect_said(complaint("hello\nworld of text\n", {"--label", "a"}), "0 lines of numbers came");
  expect_said(complaint(frames(20), {"--label", "a"}), "--rate says it");
  expect_said(complaint(frames(20), {"--label", "../a"}), "without slashes");
  expect_said(complaint(frames(20), {}), "--label");
  expect_said(complaint("", {"--label", "a", "--port", s / "no_port"}), "No such file");
}

// The numbers of a CSV behind its header.
std::vector<std::vector<double>> numbers_of(const std::string& file) {
  std::istringstream text(text_of(file));
  std::vector<std::vector<double>> rows;
  std::string line;
  for (std::getline(text, line); std::getline(text, line);) {
    rows.emplace_back();
    std::istringstream fields(line);
    for (std::string field; std::getline(fields, field, ',');) rows.back().push_back(std::stod(field));
  }
  return rows;
}

// QEMU, whose board's serial line is a pseudo-terminal.
class Emulated {
 public:
  explicit Emulated(const fs::path& elf) {
    int out[2];
    if (::pipe(out) != 0) return;
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(out[1], 1), ::dup2(out[1], 2);
      ::execlp("qemu-system-arm", "qemu-system-arm", "-machine", "mps2-an386", "-nodefaults", "-display", "none",
               "-monitor", "none", "-serial", "pty", "-semihosting", "-kernel", elf.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(out[1]);
    std::string said;
    for (char c; said.find(" (label") == said.npos && ::read(out[0], &c, 1) == 1;) said += c;
    ::close(out[0]);
    if (const size_t begin = said.find("/dev/"); begin != said.npos)
      port_ = said.substr(begin, said.find(' ', begin) - begin);
  }
  ~Emulated() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  const std::string& port() const { return port_; }

 private:
  pid_t child_ = -1;
  std::string port_;
};

TEST(Capture, ListensToABoard) {
  auto target = find_target("cortex-m4");
  ASSERT_TRUE(target);
  const auto compiler = compiler_version(**target), emulator = emulator_version(**target);
  if (!compiler || !emulator) {
    const std::string why = !compiler ? compiler.error().text() : emulator.error().text();
    if (std::getenv("CI") != nullptr) FAIL() << why;
    GTEST_SKIP() << why;
  }
  const Scratch s;
  auto elf = build_elf(**target, {{"print.cpp", text_of(in_source("tests/device/print_samples.cpp"))}}, {"-O2", {}, {}},
                       s.path / "build");
  ASSERT_TRUE(elf) << elf.error().text();
  const Emulated board(elf->path);
  ASSERT_FALSE(board.port().empty());
  const Ran ran = run_mote(
      {"capture", s / "set", "--port", board.port(), "--label", "ramp", "--unit", "g", "--seconds", "2", "--json"});
  ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
  const auto j = json_of(ran);
  // A second of the emulator is one of the clock only where nothing else runs; rates of given times are in
  // mote/data/frame_lines_test.cpp.
  EXPECT_GT(j["frames"], 20);
  EXPECT_GT(j["rate_hz"], 20);
  EXPECT_LT(j["rate_hz"], 500);
  const auto recorded = numbers_of(j["file"]);
  for (size_t i = 1; i < recorded.size(); ++i) {
    EXPECT_NEAR(recorded[i][1] - recorded[i - 1][1], recorded[i][1] == -0.25 ? -0.49 : 0.01, 1e-4) << "none is missing";
    EXPECT_EQ(recorded[i][3], 1);
  }
}

}  // namespace
}  // namespace mote
