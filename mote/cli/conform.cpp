// Runs a folder of cases with known outputs: model.tflite, input_I.bin, output_I.bin and case.json in each.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "mote/cli/model.h"

namespace mote {
namespace {

namespace fs = std::filesystem;

struct ConformVerb {
  ModelOptions model;  // model.path: the suite
  std::string filter;
};

enum class Verdict { pass, wrong, refused, error };
constexpr const char* kVerdicts[] = {"pass", "wrong", "refused", "error"};

struct CaseResult {
  std::string name;
  std::vector<std::string> ops;
  Verdict verdict = Verdict::error;
  std::string why;
};

bool is_close(DType type, std::span<const uint8_t> want, std::span<const uint8_t> got) {
  if (want.size() != got.size()) return false;
  if (type != DType::float32) return std::equal(want.begin(), want.end(), got.begin());
  const auto w = view_as<float>(want), g = view_as<float>(got);
  for (size_t i = 0; i < w.size(); ++i)
    if (!(std::fabs(w[i] - g[i]) <= 1e-5f * std::fabs(w[i]) + 1e-6f) && !(std::isnan(w[i]) && std::isnan(g[i])) &&
        w[i] != g[i])
      return false;
  return true;
}

Expected<Verdict> judge(const ConformVerb& v, const fs::path& folder, const Json& info, std::string& why) {
  ModelOptions options = v.model;
  options.path = (folder / "model.tflite").string();
  auto model = compile_model(options);
  if (!model) {
    why = model.error().text();
    return model.error().code == Code::unsupported || model.error().code == Code::does_not_fit ? Verdict::refused
                                                                                               : Verdict::error;
  }
  if (!fs::exists(folder / "output_0.bin")) {
    why = "it has no outputs to compare with";
    return Verdict::error;
  }
  const int64_t steps = info.contains("steps") && info["steps"].is_number_integer() ? info["steps"].get<int64_t>()
                        : info.contains("steps")                                    ? 0
                                                                                    : 1;
  if (steps < 1 || steps > 100000) {
    why = "its number of steps is not a whole number from 1 to 100000";
    return Verdict::error;
  }
  std::vector<std::string> files;
  for (size_t i = 0; i < model->original.inputs.size(); ++i)
    files.push_back((folder / fmt::format("input_{}.bin", i)).string());
  MOTE_TRY(const auto inputs, read_inputs("", model->original, files, steps));
  MOTE_TRY(const auto outputs, run_model(*model, options, inputs));
  for (size_t i = 0; i < model->original.outputs.size(); ++i) {
    MOTE_TRY(const Bytes want, read_file(folder / fmt::format("output_{}.bin", i)));
    Bytes got;
    for (const auto& step : outputs) got.insert(got.end(), step[i].begin(), step[i].end());
    const DType type = model->original.at(model->original.outputs[i]).type;
    if (is_close(type, want, got)) continue;
    size_t at = 0;
    while (at < want.size() && at < got.size() && want[at] == got[at]) ++at;
    why = fmt::format("output {} ({} bytes, {} expected) differs first at byte {}", i, got.size(), want.size(), at);
    return Verdict::wrong;
  }
  return Verdict::pass;
}

CaseResult run_one(const ConformVerb& v, const fs::path& folder) {
  CaseResult result;
  result.name = folder.filename().string();
  Json info = Json::object();
  if (auto text = read_file(folder / "case.json")) info = Json::parse(text->begin(), text->end(), nullptr, false);
  if (info.is_discarded() || !info.is_object()) {
    result.why = "case.json is not a JSON object";
    return result;
  }
  if (info.contains("op") && info["op"].is_string()) result.ops.push_back(info["op"]);
  if (info.contains("ops") && info["ops"].is_array())
    for (const Json& op : info["ops"])
      if (op.is_string()) result.ops.push_back(op);
  auto verdict = judge(v, folder, info, result.why);
  if (verdict) result.verdict = *verdict;
  else result.why = verdict.error().text();
  return result;
}

using Counts = std::array<int, 4>;

Json to_json(const Counts& counts) {
  Json j;
  for (size_t i = 0; i < 4; ++i) j[kVerdicts[i]] = counts[i];
  return j;
}

Expected<std::vector<fs::path>> find_cases(const ConformVerb& v) {
  std::error_code ec;
  if (!fs::is_directory(v.model.path, ec)) return Error{Code::io, "is not a folder of cases", v.model.path};
  std::vector<fs::path> folders;
  if (fs::exists(fs::path(v.model.path) / "case.json")) folders.push_back(fs::path(v.model.path));
  for (const auto& entry : fs::recursive_directory_iterator(v.model.path, ec))
    if (entry.path().filename() == "case.json" && fs::exists(entry.path().parent_path() / "model.tflite") &&
        entry.path().parent_path() != fs::path(v.model.path))
      folders.push_back(entry.path().parent_path());
  std::erase_if(folders, [&](const fs::path& p) { return p.filename().string().find(v.filter) == std::string::npos; });
  std::sort(folders.begin(), folders.end());
  if (folders.empty())
    return Error{Code::malformed, "holds no cases (folders with model.tflite and case.json) that match the filter",
                 v.model.path};
  return folders;
}

Expected<int> conform(ConformVerb v, bool json) {
  MOTE_TRY(v.model, complete(v.model));
  MOTE_TRY(const auto folders, find_cases(v));
  std::map<std::string, Counts> by_op;
  Counts total{};
  Json cases = Json::array();
  for (size_t i = 0; i < folders.size(); ++i) {
    show_progress(fmt::format("{}/{} {}", i + 1, folders.size(), folders[i].filename().string()));
    const CaseResult r = run_one(v, folders[i]);
    const auto verdict = static_cast<size_t>(r.verdict);
    ++total[verdict];
    for (const std::string& op : r.ops) ++by_op[op][verdict];
    cases.push_back({{"case", r.name}, {"verdict", kVerdicts[verdict]}, {"why", r.why}});
    if (!json && r.verdict != Verdict::pass) {
      show_progress("");
      fmt::print("{:<8} {}: {}\n", kVerdicts[verdict], r.name, r.why.substr(0, r.why.find('\n')));
    }
  }
  show_progress("");
  if (json) {
    Json j{{"suite", v.model.path},
           {"target", v.model.target.empty() ? "host" : v.model.target},
           {"optimize", v.model.optimize},
           {"total", to_json(total)}};
    add_feed(j, v.model, nullptr);
    for (const auto& [op, counts] : by_op) j["ops"][op] = to_json(counts);
    j["cases"] = std::move(cases);
    fmt::print("{}", dump(j));
  } else {
    fmt::print("\n{:<32} {:>6} {:>6} {:>8} {:>6}\n", "op", "pass", "wrong", "refused", "error");
    for (const auto& [op, c] : by_op) fmt::print("{:<32} {:>6} {:>6} {:>8} {:>6}\n", op, c[0], c[1], c[2], c[3]);
    fmt::print("{:<32} {:>6} {:>6} {:>8} {:>6}\n", "total (cases)", total[0], total[1], total[2], total[3]);
  }
  return total[1] + total[3] > 0 ? 1 : 0;
}

}  // namespace

void add_conform(CLI::App& app, Chosen& chosen) {
  CLI::App* verb = app.add_subcommand(
      "conform", "Run a folder of cases with known outputs; count pass, wrong, refused, error per op");
  auto v = std::make_shared<ConformVerb>();
  add_model_options(*verb, v->model);
  verb->get_option("model")->description(
      "The suite: a folder of folders with model.tflite, input_I.bin, output_I.bin, case.json");
  verb->add_option("--filter", v->filter, "Only cases whose folder's name contains this");
  add_json(*verb, chosen);
  verb->footer(
      "Integer outputs have to agree byte for byte, floats within 1e-5 relative + 1e-6 absolute.\n"
      "Exit code 0: nothing wrong (refusals are allowed); 1: something is.");
  verb->callback([&chosen, v] { chosen.run = [&chosen, v] { return conform(*v, chosen.json); }; });
}

}  // namespace mote
