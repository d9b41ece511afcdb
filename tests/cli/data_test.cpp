// mote data: what it prints, what it writes, how it ends; and fetching from a server of ours.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "mote/compiler/base/sha256.h"
#include "tests/cli/program.h"

extern char** environ;

namespace mote {
namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;

void write(const fs::path& path, const std::string& text) { ASSERT_TRUE(write_file(path, text.data(), text.size())); }

// Two people, two labels, 50 Hz; `swap` gives one file two frames less in the middle.
void write_set(const Scratch& s, bool gap = false) {
  std::string labels = "file,label,subject\n";
  for (int person = 0; person < 10; ++person)
    for (const char* label : {"walk", "run"}) {
      std::string text = "time_s,ax [g],ay [g],az [g]\n";
      for (int i = 0; i < 200; ++i) {
        if (gap && person == 3 && (i == 100 || i == 101)) continue;
        const double phase = 0.37 * i * (label[0] == 'r' ? 2 : 1) + person * person;
        text += std::to_string(0.02 * i) + "," +
                std::to_string(0.2 * std::sin(phase) + 0.01 * ((i * 7919 + person) % 13)) + "," +
                std::to_string(0.1 * std::cos(1.3 * phase)) + "," + std::to_string(1 + 0.1 * std::sin(0.7 * phase)) +
                "\n";
      }
      const std::string file = std::string(label) + std::to_string(person) + ".csv";
      write(s / file, text);
      labels += file + "," + label + ",p" + std::to_string(person) + "\n";
    }
  write(s / "labels.csv", labels);
}

TEST(DataCli, HelpOfEachVerb) {
  for (const char* verb : {"list", "stats", "check", "split", "import", "export", "get"}) {
    const Ran ran = run_mote({"data", verb, "--help"});
    EXPECT_EQ(ran.exit_code, 0) << transcript(ran);
    EXPECT_NE(ran.out.find("Example: mote data " + std::string(verb)), ran.out.npos) << ran.out;
    EXPECT_NE(ran.out.find("--json"), ran.out.npos);
  }
  EXPECT_EQ(run_mote({"data"}).exit_code, 2);
  EXPECT_EQ(run_mote({"data", "guess"}).exit_code, 2);
}

TEST(DataCli, ListsAndCounts) {
  const Scratch s;
  write_set(s);
  const Ran list = run_mote({"data", "list", s.path.string()});
  EXPECT_EQ(list.exit_code, 0) << transcript(list);
  EXPECT_NE(list.out.find("50 Hz, 3 axes: ax [g], ay [g], az [g]"), list.out.npos) << list.out;
  EXPECT_NE(list.out.find("column \"time_s\", s"), list.out.npos) << list.out;
  const auto stats = json_of(run_mote({"data", "stats", s.path.string(), "--json"}));
  EXPECT_EQ(stats["files"], 20);
  EXPECT_NEAR(stats["labels"]["walk"]["seconds"].get<double>(), 40, 1e-6);
  EXPECT_NEAR(stats["sensor"]["axes"][2]["mean"].get<double>(), 1, 0.02);
}

TEST(DataCli, ChecksAndSplits) {
  const Scratch s;
  write_set(s);
  const Ran good = run_mote({"data", "check", s.path.string()});
  EXPECT_EQ(good.exit_code, 0) << transcript(good);
  const Ran split =
      run_mote({"data", "split", s.path.string(), "--part", "train=4", "--part", "test=1", "--write", "--json"});
  ASSERT_EQ(split.exit_code, 0) << transcript(split);
  EXPECT_EQ(json_of(split)["splits"]["test"]["walk"], 2);
  EXPECT_EQ(json_of(split)["splits"]["train"]["run"], 8);
  std::string labels = text_of(s / "labels.csv");
  labels.replace(labels.find(",train"), 6, ",test");
  write(s / "labels.csv", labels);
  const Ran leak = run_mote({"data", "check", s.path.string()});
  EXPECT_EQ(leak.exit_code, 1);
  EXPECT_NE(leak.out.find("is in several splits: test, train"), leak.out.npos) << leak.out;
  EXPECT_EQ(run_mote({"data", "split", s.path.string(), "--part", "train"}).exit_code, 1);
}

TEST(DataCli, SplitsKeepLabelsCsv) {
  const Scratch s;
  write_set(s);
  std::string labels = text_of(s / "labels.csv");
  for (size_t at = 0; (at = labels.find('\n', at)) != labels.npos; at += 7)
    labels.insert(at, at < 25 ? ",count" : ",7 + 8");
  write(s / "labels.csv", labels);
  ASSERT_EQ(run_mote({"data", "split", s.path.string(), "--leave-one-out", "--write"}).exit_code, 0);
  const std::string after = text_of(s / "labels.csv");
  EXPECT_TRUE(after.starts_with("file,label,subject,count,split\nwalk0.csv,walk,p0,7 + 8,p0\n")) << after;
  const Ran folds = run_mote({"data", "split", s.path.string(), "--folds", "3"});
  EXPECT_EQ(folds.exit_code, 1);
  EXPECT_NE(folds.err.find("--again"), folds.err.npos) << folds.err;
  const Ran many = run_mote({"data", "split", s.path.string(), "--folds", "11", "--again"});
  EXPECT_NE(many.err.find("there are 10 groups"), many.err.npos) << many.err;
}

TEST(DataCli, RefusesGapsOrFillsThem) {
  const Scratch s;
  write_set(s, true);
  const Ran check = run_mote({"data", "check", s.path.string()});
  EXPECT_EQ(check.exit_code, 1);
  EXPECT_NE(check.out.find("walk3.csv: at 1.980 s: a gap of 0.06 s"), check.out.npos) << check.out;
  const Ran refused = run_mote({"data", "import", s.path.string(), "-o", s / "out"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("walk3.csv: at 1.980 s: a gap"), refused.err.npos) << refused.err;
  EXPECT_FALSE(fs::exists(s / "out"));
  const Ran filled = run_mote(
      {"data", "import", s.path.string(), "--resample", "--to-rate", "62.5", "--to-unit", "m/s2", "-o", s / "out"});
  ASSERT_EQ(filled.exit_code, 0) << transcript(filled);
  const auto stats = json_of(run_mote({"data", "stats", s / "out", "--json", "--rate", "62.5"}));
  EXPECT_EQ(stats["contract"]["axes"][0]["unit"], "m/s2");
  EXPECT_NEAR(stats["sensor"]["axes"][2]["mean"].get<double>(), 9.80665, 0.2);
  EXPECT_EQ(
      run_mote({"data", "export", s / "out", "--rate", "62.5", "--format", "edge-impulse", "-o", s / "ei"}).exit_code,
      0);
  EXPECT_TRUE(fs::exists(s / "ei/info.labels"));
}

// ---- fetching ----

class Server {
 public:
  Server(const Scratch& s, int bytes) {
    const std::string script = in_source("tests/cli/range_server.py"), port = s / "port", size = std::to_string(bytes);
    std::vector<char*> argv;
    for (const std::string& a : {std::string("python3"), script, port, size}) argv.push_back(::strdup(a.c_str()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, (s / "requests").c_str(), O_WRONLY | O_CREAT, 0600);
    EXPECT_EQ(posix_spawnp(&pid_, "python3", &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    for (char* a : argv) ::free(a);
    for (int i = 0; i < 600 && !fs::exists(port); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    address_ = "http://127.0.0.1:" + text_of(port);
  }
  ~Server() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  std::string address() const { return address_; }

 private:
  pid_t pid_ = 0;
  std::string address_;
};

TEST(DataCli, GetsChecksAndResumes) {
  const Scratch s;
  std::string data;
  for (int i = 0; i < 100000; ++i) data += static_cast<char>(i);
  const Server server(s, 100000);
  auto manifest = [&](const std::string& path, const std::string& hash) {
    write(s / "m.json", R"({"name":"Bytes","licence":"CC0 1.0","citation":"Nobody, 2020","files":[{"url":")" +
                            server.address() + path + R"(","path":"d/bytes.bin","sha256":")" + hash +
                            R"(","bytes":100000}]})");
    return Arguments{"data", "get", s / "m.json", "-o", s / "out", "--accept-licence"};
  };
  const std::string hash = sha256(data), file = s / "out/d/bytes.bin";

  Arguments unaccepted = manifest("/a", hash);
  unaccepted.pop_back();
  const Ran asked = run_mote(unaccepted);
  EXPECT_EQ(asked.exit_code, 1);
  EXPECT_NE(asked.err.find("licence   CC0 1.0"), asked.err.npos) << asked.err;
  EXPECT_NE(asked.err.find("Nobody, 2020"), asked.err.npos);
  EXPECT_FALSE(fs::exists(s / "out"));

  EXPECT_EQ(run_mote(manifest("/a", hash)).exit_code, 0);
  EXPECT_EQ(text_of(file), data);
  fs::remove(file);

  write(file + ".part", data.substr(0, 30000));  // broken off; the server continues
  const Ran resumed = run_mote(manifest("/b", hash));
  EXPECT_EQ(resumed.exit_code, 0) << transcript(resumed);
  EXPECT_EQ(text_of(file), data);
  EXPECT_NE(text_of(s / "requests").find("GET /b bytes=30000-"), std::string::npos) << text_of(s / "requests");
  fs::remove(file);

  write(file + ".part", data.substr(0, 30000));  // this server gives the whole only
  EXPECT_EQ(run_mote(manifest("/whole", hash)).exit_code, 0);
  EXPECT_EQ(text_of(file), data);
  fs::remove(file);

  const Ran wrong = run_mote(manifest("/c", std::string(64, '0')));
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_NE(wrong.err.find("the manifest says 0000"), wrong.err.npos) << wrong.err;
  EXPECT_FALSE(fs::exists(file) || fs::exists(file + ".part"));

  const Ran none = run_mote(manifest("/none", hash));
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_NE(none.err.find("404"), none.err.npos) << none.err;
}

TEST(DataCli, RefusesManifests) {
  const Scratch s;
  const std::string digest(64, 'a');
  const std::pair<std::string, const char*> cases[] = {
      {"[]", "not a JSON object"},
      {R"({"name":"x","citation":"y","files":[]})", "\"licence\" is missing"},
      {R"({"name":"x","licence":"l","citation":"y","files":[{"url":"file:///etc/passwd","path":"p","sha256":")" +
           digest + R"("}]})",
       "neither https nor http"},
      {R"({"name":"x","licence":"l","citation":"y","files":[{"url":"http://a","path":"../p","sha256":")" + digest +
           R"("}]})",
       "leaves the folder"},
      {R"({"name":"x","licence":"l","citation":"y","files":[{"url":"http://a","path":"p","sha256":"12"}]})",
       "64 hexadecimal digits"}};
  for (const auto& [text, says] : cases) {
    write(s / "m.json", text);
    const Ran ran = run_mote({"data", "get", s / "m.json", "-o", s / "out", "--accept-licence"});
    EXPECT_EQ(ran.exit_code, 1);
    EXPECT_NE(ran.err.find(says), ran.err.npos) << transcript(ran);
  }
}

// ---- real recordings ----

TEST(DataCli, RealDataSets) {
  fs::path shared;
  if (!find_shared(shared, "data")) GTEST_SKIP() << shared << " is not there";
  struct Expectation {
    const char *folder, *says;
    int exit_code;
  };
  const Expectation expected[] = {
      {"kws-fsdd", "1200 files, from labels.csv; groups by speaker", 0},
      {"vibration-fan", "do not say their rate: --rate HZ", 0},
      {"vibration-pump-skab", "other/1.csv: at 10.000 s: a gap of 2 s", 1},
      {"ecg-mitbih/record_wav", "12 files", 0},
      {"kws-speech-commands", "wav/_silence_/1915.wav: is nearly", 1},  // cut from one recording of noise
      {"retail-grocery", "0 errors", 0}};
  for (const Expectation& e : expected) {
    const Ran ran = run_mote({"data", "check", (shared / e.folder).string()});
    EXPECT_EQ(ran.exit_code, e.exit_code) << e.folder << transcript(ran);
    EXPECT_NE(ran.out.find(e.says), ran.out.npos) << e.folder << ran.out;
  }
  const Scratch s;
  EXPECT_EQ(run_mote({"data", "import", (shared / "kws-fsdd").string(), "-o", s / "out"}).exit_code, 0);
  EXPECT_EQ(text_of(s / "out/wav/0_george_00.wav"), text_of(shared / "kws-fsdd/wav/0_george_00.wav"));
}

}  // namespace
}  // namespace mote
