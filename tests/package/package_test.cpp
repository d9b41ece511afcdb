// What `mote compile` writes, as its users meet it: as a CMake project, as an Arduino library, with strict warnings, by
// two compilers, for every core; and what must not be in it: recursion, unbounded stack, constructors, foreign symbols.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <thread>

#include "mote/compiler/base/sha256.h"
#include "tests/cli/program.h"

namespace mote {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Strings = std::vector<std::string>;

struct Form {
  const char *optimize, *feed;
};

Ran compile_package(const std::string& folder, Form form, const std::string& target = "cortex-m4") {
  return run_mote({"compile", keywords(), "--target", target, "--optimize", form.optimize, "--feed", form.feed,
                   "--labels", keywords("labels.txt"), "-o", folder});
}

void add(Strings& to, const Strings& more) { to.insert(to.end(), more.begin(), more.end()); }

// ---- as a project ----

class Project : public testing::TestWithParam<const char*> {};

TEST_P(Project, BuildsWithoutWarningsAndRuns) {
  for (Form form : {Form{"balanced", "whole"}, Form{"ram", "rows"}, Form{"speed", "whole"}}) {
    const Scratch s;
    ASSERT_EQ(compile_package(s / "package", form).exit_code, 0);
    Ran ran =
        run_program({"cmake", "-S", s / "package", "-B", s / "build", std::string("-DCMAKE_CXX_COMPILER=") + GetParam(),
                     "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wconversion -Wshadow -pedantic -Werror"});
    ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
    ran = run_program({"cmake", "--build", s / "build", "-j", "2"});
    ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
    ran = run_program({s / "build/keywords_model_example"});
    EXPECT_EQ(ran.exit_code, 0) << transcript(ran);
    EXPECT_EQ(ran.out.rfind("class ", 0), 0u) << transcript(ran);
  }
}
INSTANTIATE_TEST_SUITE_P(Compilers, Project, testing::Values("g++", "clang++"),
                         [](const auto& info) { return std::string(info.param) == "g++" ? "gcc" : "clang"; });

// Files may be called after keywords, functions and macros of the C library, kernels, or targets of CMake.
TEST(Package, BuildsWhateverTheModelIsCalled) {
  for (const char* name : {"class",   "constexpr", "printf", "INT8_MAX", "int8_t", "NULL",    "linux", "all",
                           "install", "Program",   "Rows",   "dense_s8", "clamp",  "model",   "mote",  "std",
                           "main",    "7th",       "k.v1",   "-",        "a b",    "\xC3\xA4"}) {
    const Scratch s;
    fs::copy_file(keywords(), s / (std::string(name) + ".tflite"));
    const Ran ran =
        run_mote({"compile", s / (std::string(name) + ".tflite"), "--target", "cortex-m4", "-o", s / "p", "--json"});
    ASSERT_EQ(ran.exit_code, 0) << name << transcript(ran);
    const std::string made = json_of(ran)["name"];
    for (const char* file : {".cpp", "_self_test.cpp"}) {
      const Ran built =
          run_program({"g++", "-std=gnu++17", "-fsyntax-only", "-include", "cstdio", "-include", "cstdlib", "-include",
                       "unistd.h", "-I" + (s / "p/src"), s / ("p/src/" + made + file)});
      EXPECT_EQ(built.exit_code, 0) << name << transcript(built);
    }
  }
}

// An application may hold more than one model.
TEST(Package, TwoModelsInOneProgram) {
  const Scratch s;
  for (const char* name : {"first", "second"}) {
    fs::copy_file(keywords(), s / (std::string(name) + ".tflite"));
    const Ran ran = run_mote({"compile", s / (std::string(name) + ".tflite"), "--target", "cortex-m4", "-o", s / name,
                              "--feed", name[0] == 'f' ? "whole" : "rows"});
    ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
  }
  std::filesystem::create_directory(s / "app");
  const std::string project =
      "cmake_minimum_required(VERSION 3.16)\nproject(app CXX)\nadd_subdirectory(../first first)\n"
      "add_subdirectory(../second second)\nadd_executable(app main.cpp)\n"
      "target_link_libraries(app PRIVATE first_model second_model)\n";
  const std::string program =
      "#include \"first_model.h\"\n#include \"second_model.h\"\n"
      "int main() { return first_model::self_test() && second_model::self_test() && first_model::self_test() ? 0 : 1; }\n";
  ASSERT_TRUE(write_file(s / "app/CMakeLists.txt", project.data(), project.size()));
  ASSERT_TRUE(write_file(s / "app/main.cpp", program.data(), program.size()));
  for (const Strings& command : {Strings{"cmake", "-S", s / "app", "-B", s / "build"},
                                 Strings{"cmake", "--build", s / "build", "-j", "2"}, Strings{s / "build/app"}}) {
    const Ran ran = run_program(command);
    ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
  }
}

TEST(Package, ManifestTellsItsFiles) {
  const Scratch s;
  ASSERT_EQ(compile_package(s / "package", {"balanced", "whole"}).exit_code, 0);
  const FileSet files = tree_of(s / "package");
  const Json manifest = Json::parse(files.at("manifest.json"), nullptr, false);
  ASSERT_TRUE(manifest.is_object());
  EXPECT_EQ(manifest["files"].size() + 1, files.size());
  for (const auto& [path, entry] : manifest["files"].items()) {
    ASSERT_TRUE(files.count(path)) << path;
    EXPECT_EQ(entry["bytes"], files.at(path).size()) << path;
    EXPECT_EQ(entry["sha256"], sha256(files.at(path))) << path;
  }
}

TEST(Package, IsAnArduinoLibrary) {
  const Scratch s;
  for (const char* feed : {"whole", "rows"}) {
    ASSERT_EQ(compile_package(s / "package", {"balanced", feed}).exit_code, 0);
    std::istringstream properties(text_of(s / "package/library.properties"));
    std::set<std::string> keys;
    for (std::string line; std::getline(properties, line);) {
      const size_t equals = line.find('=');
      ASSERT_NE(equals, line.npos) << line;
      EXPECT_GT(line.size(), equals + 1) << line;
      EXPECT_TRUE(keys.insert(line.substr(0, equals)).second) << line;
    }
    for (const char* key : {"name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url",
                            "architectures", "includes"})
      EXPECT_TRUE(keys.count(key)) << key;
    EXPECT_TRUE(fs::exists(s / "package/src/keywords_model.h"));
    ASSERT_TRUE(fs::exists(s / "package/examples/keywords_model/keywords_model.ino"));
    // The sketch compiles against the least of an Arduino core.
    const std::string arduino =
        "#pragma once\n#include <stdint.h>\nstruct Port { void begin(long) {} template <class T> void println(T) {} };\n"
        "extern Port Serial;\nvoid delay(unsigned long);\n";
    ASSERT_TRUE(write_file(s / "arduino/Arduino.h", arduino.data(), arduino.size()));
    const Ran ran = run_program({"g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I",
                                 s / "package/src", "-I", s / "arduino", "-include", "Arduino.h", "-x", "c++",
                                 s / "package/examples/keywords_model/keywords_model.ino"});
    EXPECT_EQ(ran.exit_code, 0) << transcript(ran);
  }
}

TEST(Package, InstalledMoteServesOtherProjects) {
  const Scratch s;
  Ran ran = run_program({"cmake", "--install", MOTE_BUILD_DIR, "--prefix", s / "usr"});
  ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
  for (const char* file : {"usr/bin/mote", "usr/lib/mote/libmote_count1.so", "usr/include/mote/device/program.h",
                           "usr/include/mote/ops/conv2d/conv2d.kernel.h", "usr/lib/cmake/mote/mote-config.cmake",
                           "usr/share/man/man1/mote.1"})
    EXPECT_TRUE(fs::exists(s / file)) << file;
  const Strings configure{"cmake",
                          "-S",
                          in_source("tests/package/consumer"),
                          "-B",
                          s / "build",
                          "-DCMAKE_PREFIX_PATH=" + s / "usr",
                          "-DMODELS=" + in_source("models/keywords")};
  ran = run_program(configure);
  ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
  ran = run_program({"cmake", "--build", s / "build", "-j", "2"});
  ASSERT_EQ(ran.exit_code, 0) << transcript(ran);
  ran = run_program({s / "build/consumer", keywords("keywords_input.bin"), s / "output.bin"});
  EXPECT_EQ(ran.exit_code, 0) << transcript(ran);
  EXPECT_EQ(text_of(s / "output.bin"), text_of(keywords("keywords_output.bin")));
  // Nothing changed: nothing is compiled again.
  ASSERT_EQ(run_program(configure).exit_code, 0);
  ran = run_program({"cmake", "--build", s / "build"});
  EXPECT_EQ(ran.out.find("Building CXX"), ran.out.npos) << ran.out;
  // The installed program counts with the installed plugin.
  ran = run_program({s / "usr/bin/mote", "profile", keywords(), "--target", "cortex-m4", "--json"});
  EXPECT_EQ(ran.exit_code, 0) << transcript(ran);
  EXPECT_EQ(json_of(ran)["counter"], "plugin") << transcript(ran);
  // A model that does not fit stops CMake, with the reason.
  Strings refused = configure;
  refused[4] = s / "refused";
  refused.back() = "-DMODELS=" + s / "nowhere";
  ran = run_program(refused);
  EXPECT_NE(ran.exit_code, 0);
  EXPECT_NE(ran.err.find("there is no file"), ran.err.npos) << transcript(ran);
}

// ---- for every core ----

struct Core {
  std::string name;
  Strings gcc, clang;  // the compiler and the flags of the core
  std::string prefix;  // of the binutils
};
void PrintTo(const Core& core, std::ostream* out) { *out << core.name; }

std::vector<Core> all_cores() {
  std::vector<Core> cores;
  std::set<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(in_source("targets"))) files.insert(entry.path());
  for (const fs::path& file : files) {
    const Json j = Json::parse(text_of(file), nullptr, false);
    if (!j.is_object() || !j.contains("toolchain") || j.contains("board")) continue;
    const Json& t = j["toolchain"];
    Core core{
        file.stem().string(), {t["compiler"]}, {"clang++", "--target=" + t["clang_triple"].get<std::string>()}, ""};
    add(core.gcc, t["flags"].get<Strings>());
    add(core.clang, t["clang_flags"].get<Strings>());
    core.prefix = core.gcc[0].substr(0, core.gcc[0].rfind("g++"));
    cores.push_back(core);
  }
  return cores;
}

const Strings kStrict{"-std=c++17",        "-ffreestanding",      "-fno-exceptions", "-fno-rtti",
                      "-ffp-contract=off", "-ffunction-sections", "-fdata-sections", "-Wall",
                      "-Wextra",           "-Wconversion",        "-Wvla",           "-Werror"};

// Compiles every source below `root`, objects into `objects`; two at a time. What the compiler said goes to
// `complaints`.
Strings compile_all(const Strings& compiler, const std::string& root, const Strings& sources, const fs::path& objects,
                    std::string& complaints) {
  fs::create_directories(objects);
  Strings made(sources.size()), said(sources.size());
  auto work = [&](size_t first) {
    for (size_t i = first; i < sources.size(); i += 2) {
      std::string name = sources[i];
      std::replace(name.begin(), name.end(), '/', '-');
      made[i] = (objects / (name + ".o")).string();
      Strings command = compiler;
      add(command, {"-I", root, "-c", root + "/" + sources[i], "-o", made[i]});
      const Ran ran = run_program(command);
      if (ran.exit_code != 0) said[i] = sources[i] + "\n" + transcript(ran);
    }
  };
  std::thread other(work, 1);
  work(0);
  other.join();
  for (const std::string& text : said) complaints += text;
  return made;
}

Strings cpp_files(const fs::path& root) {
  Strings names;
  for (const auto& [path, text] : tree_of(root))
    if (path.size() > 4 && path.substr(path.size() - 4) == ".cpp" && path.find("_test.cpp") == path.npos)
      names.push_back(path);
  return names;
}

// Undefined symbols of all objects that none of them defines: helpers of the compiler's library may be among them,
// nothing of a C++ runtime.
std::set<std::string> foreign_symbols(const std::string& nm, const Strings& objects) {
  std::set<std::string> defined, undefined;
  Strings command{nm, "-g"};
  add(command, objects);
  std::istringstream lines(run_program(command).out);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    Strings w;
    for (std::string word; words >> word;) w.push_back(word);
    if (w.size() == 2 && w[0] == "U") undefined.insert(w[1]);
    if (w.size() == 3) defined.insert(w[2]);
  }
  for (const std::string& name : defined) undefined.erase(name);
  return undefined;
}

bool is_helper(const std::string& symbol) {
  static const std::set<std::string> memory{"memcpy", "memset", "memmove", "memcmp"};
  if (symbol.rfind("__cxa", 0) == 0 || symbol.rfind("__dso", 0) == 0 || symbol.rfind("__gxx", 0) == 0) return false;
  return memory.count(symbol) || symbol.rfind("__", 0) == 0;
}

void expect_no_constructors(const std::string& readelf, const Strings& objects) {
  Strings command{readelf, "-SW"};
  add(command, objects);
  const Ran ran = run_program(command);
  EXPECT_EQ(ran.exit_code, 0) << transcript(ran);
  for (const char* section : {".init_array", ".ctors", ".preinit_array", ".fini_array", ".tbss", ".tdata"})
    EXPECT_EQ(ran.out.find(section), ran.out.npos) << section;
}

// Each line of a .su file: place:function <tab> bytes <tab> kind.
void expect_bounded_stack(const fs::path& objects, int64_t most) {
  int functions = 0;
  for (const auto& [path, text] : tree_of(objects)) {
    if (fs::path(path).extension() != ".su") continue;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line); ++functions) {
      const size_t tab = line.find('\t'), next = line.find('\t', tab + 1);
      ASSERT_NE(next, line.npos) << line;
      EXPECT_EQ(line.substr(next + 1), "static") << line;
      EXPECT_LE(std::stoll(line.substr(tab + 1)), most) << line;
    }
  }
  EXPECT_GT(functions, 5);
}

// The calls that the compiler wrote down (-fcallgraph-info), through names; a cycle is a recursion.
void expect_no_recursion(const fs::path& objects) {
  std::map<std::string, std::set<std::string>> calls;
  for (const auto& [path, text] : tree_of(objects)) {
    if (fs::path(path).extension() != ".ci") continue;
    std::istringstream lines(text);
    auto quoted_after = [](const std::string& line, const std::string& key) {
      const size_t at = line.find(key + ": \"");
      if (at == line.npos) return std::string();
      const size_t begin = at + key.size() + 3;
      return line.substr(begin, line.find('"', begin) - begin);
    };
    for (std::string line; std::getline(lines, line);)
      if (line.rfind("edge:", 0) == 0) calls[quoted_after(line, "sourcename")].insert(quoted_after(line, "targetname"));
  }
  EXPECT_GT(calls.size(), 5u);
  std::map<std::string, int> state;  // 1: being walked, 2: done
  std::function<void(const std::string&)> walk = [&](const std::string& name) {
    if (name.empty() || name == "__indirect_call") return;
    EXPECT_NE(state[name], 1) << "recursion through " << name;
    if (state[name] != 0) return;
    state[name] = 1;
    for (const std::string& callee : calls[name]) walk(callee);
    state[name] = 2;
  };
  const auto all = calls;
  for (const auto& [name, callees] : all) walk(name);
}

// All sources below `root` by both compilers for one core, and what the objects may not hold.
void check_sources(const Core& core, const std::string& root, const Strings& sources, const std::string& flag,
                   const fs::path& scratch) {
  Strings gcc = core.gcc;
  add(gcc, kStrict);
  setenv("CCACHE_DISABLE", "1", 1);  // where a compiler is ccache: it keeps no callgraphs
  add(gcc, {flag, "-fstack-usage", "-fcallgraph-info"});
  std::string complaints;
  const Strings objects = compile_all(gcc, root, sources, scratch / "gcc", complaints);
  ASSERT_EQ(complaints, "") << core.name;
  for (const std::string& symbol : foreign_symbols(core.prefix + "nm", objects))
    EXPECT_TRUE(is_helper(symbol)) << symbol;
  expect_no_constructors(core.prefix + "readelf", objects);
  expect_bounded_stack(scratch / "gcc", 512);
  expect_no_recursion(scratch / "gcc");

  Strings clang = core.clang;
  add(clang, kStrict);
  add(clang, {flag});
  const Strings others = compile_all(clang, root, sources, scratch / "clang", complaints);
  ASSERT_EQ(complaints, "") << core.name;
  for (const std::string& symbol : foreign_symbols(core.prefix + "nm", others))
    EXPECT_TRUE(is_helper(symbol)) << symbol << " (clang)";
  expect_no_constructors(core.prefix + "readelf", others);
}

class OnCore : public testing::TestWithParam<Core> {};

TEST_P(OnCore, PackageIsFreestanding) {
  for (Form form : {Form{"ram", "rows"}, Form{"speed", "whole"}}) {
    const Scratch s;
    ASSERT_EQ(compile_package(s / "package", form, GetParam().name).exit_code, 0);
    const std::string root = s / "package/src";
    check_sources(GetParam(), root, cpp_files(root), form.optimize == std::string("ram") ? "-Os" : "-O3", s.path);
  }
}

// Those that the model above does not use, too.
TEST_P(OnCore, AllKernelsAreFreestanding) {
  Strings sources;
  for (const std::string& path : cpp_files(in_source("mote")))
    if (path.rfind("device/", 0) == 0 || path.find(".kernel.cpp") != path.npos) sources.push_back("mote/" + path);
  EXPECT_GT(sources.size(), 15u);
  const Scratch s;
  check_sources(GetParam(), in_source("."), sources, "-O2", s.path);
}

INSTANTIATE_TEST_SUITE_P(Cores, OnCore, testing::ValuesIn(all_cores()), [](const auto& info) {
  std::string name = info.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace mote
