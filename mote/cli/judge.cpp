#include "mote/cli/judge.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "mote/cli/threads.h"
#include "mote/compiler/base/file_set.h"
#include "mote/compiler/import/labels.h"
#include "mote/compiler/ir/two_classes.h"
#include "mote/compiler/passes/passes.h"
#include "mote/data/lines.h"
#include "mote/evaluate/sound.h"
#include "mote/evaluate/truth.h"

namespace mote {
namespace {

constexpr size_t kShown = 12;  // labels, files

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i ? ", " : "") + names[i];
  return names.size() > kShown ? text + fmt::format(" and {} more", names.size() - kShown) : text;
}

int32_t find_class(const Exam& exam, const std::string& name) {
  const auto at = std::find(exam.classes.begin(), exam.classes.end(), name);
  return at == exam.classes.end() ? -1 : static_cast<int32_t>(at - exam.classes.begin());
}

// Of a label that the model does not know -1, or what [model] other says.
int32_t class_of(const Exam& exam, const std::string& label) {
  const int32_t known = find_class(exam, label);
  return known >= 0 ? known : exam.other;
}

// ---- setting it ----

Status refuse_faults(const std::vector<Fault>& faults, const char* of) {
  if (faults.empty()) return {};
  std::vector<std::string> lines;
  for (const Fault& fault : faults) lines.push_back(fmt::format("{}: {}", fault.file, fault.what));
  return malformed(fmt::format("{} {} are not what [input] says: {}", faults.size(), of, join(lines)));
}

// The recordings of a part, or all.
Expected<Dataset> open_part(const Project& project, const std::string& part) {
  MOTE_TRY(Dataset d, open_data(project));
  MOTE_TRY_STATUS(split_data(project, d));
  std::map<std::string, size_t> counts;
  for (const Item& item : d.items) ++counts[item.split];
  if (part != "all") std::erase_if(d.items, [&](const Item& item) { return item.split != part; });
  if (d.items.empty()) {
    std::string there;
    for (const auto& [name, n] : counts) there += fmt::format("{}{} in {}", there.empty() ? "" : ", ", n, name);
    return malformed(fmt::format(
        "[split]: no recording is in the part \"{}\"; there are {}. A column \"split\" of labels.csv, or [split] with "
        "larger shares, says which are",
        part, there));
  }
  MOTE_TRY_STATUS(refuse_faults(check_data(project, d), "recordings"));
  return d;
}

Expected<std::vector<std::string>> read_classes(const std::string& file) {
  if (file.empty()) return std::vector<std::string>();
  MOTE_TRY(const Bytes text, read_file(file));
  return parse_labels({reinterpret_cast<const char*>(text.data()), text.size()});
}

Expected<int32_t> class_of_key(const Exam& exam, const char* key, const std::string& name) {
  const int32_t found = find_class(exam, name);
  if (found < 0)
    return malformed(fmt::format(
        "[model] {} = {}; {}", key, name,
        exam.classes.empty() ? "the model has no classes" : "the model's classes are " + join(exam.classes)));
  return found;
}

// The keys of [model] that name classes.
Status read_class_keys(Exam& exam) {
  const Settings& model = exam.project.section("model");
  if (const std::string& other = model.choice("other"); !other.empty()) {
    MOTE_TRY(exam.other, class_of_key(exam, "other", other));
  }
  exam.background.assign(exam.classes.size(), false);
  const std::string& names = model.choice("background");
  for (size_t at = 0; at < names.size();) {
    const size_t end = std::min(names.find('\n', at), names.size());
    MOTE_TRY(const int32_t found, class_of_key(exam, "background", names.substr(at, end - at)));
    if (exam.nothing < 0) exam.nothing = found;
    exam.background[static_cast<size_t>(found)] = true;
    at = end + 1;
  }
  return {};
}

// Takes the score that is a distance out of the classes.
Status take_distance(Exam& exam) {
  const std::string name = distance_score(exam.project);
  if (name.empty() || exam.distance >= 0) return {};
  exam.distance = find_class(exam, name);
  if (exam.distance < 0)
    return malformed(fmt::format("[decision] distance = {}; the model's scores are {}", name, join(exam.classes)));
  exam.classes.erase(exam.classes.begin() + exam.distance);
  return {};
}

// A hop's samples at least are made.
Status check_sound(const Exam& exam, int64_t values) {
  if (exam.hop > exam.signal.samples)
    return malformed(fmt::format("[input] hop = {} s is more than the window of {} s: sound has no pauses",
                                 exam.hop / exam.signal.rate_hz, exam.window_s()));
  if (exam.signal.axes != 1)
    return unsupported(fmt::format("[data] reference: [input] has {} axes; sound of one is judged", exam.signal.axes));
  const bool has_model = !exam.project.section("model").choice("file").empty();
  const int64_t needed = has_model ? exam.hop : exam.signal.samples;
  if (values < needed || values > exam.signal.samples)
    return unsupported(fmt::format(
        "[data] reference: the output is {} values; sound is {}", values,
        has_model
            ? fmt::format("the {} samples of a hop, or more, up to the {} of a window", needed, exam.signal.samples)
            : fmt::format("the {} samples of a window, at the sensor's rate", needed)));
  return {};
}

// The count of names fits that of values, which compile_model() has checked, or there are none.
Status check_outputs(const Exam& exam) {
  const Graph& graph = exam.model.original;
  const int64_t values = element_count(graph.at(graph.outputs[0]).shape);
  if (exam.makes_sound()) return check_sound(exam, values);
  if (values == 1 || !exam.classes.empty()) return {};
  return unsupported(fmt::format(
      "the model gives {} values and names no classes; [model] labels, or --labels, is a file with a name a line",
      values));
}

// The labels of a file that mean nothing to the model. One that tells distances may be asked about what it has not
// learned.
std::vector<std::string> strange_labels(const Exam& exam, const std::string& label,
                                        const std::vector<TimeRange>& ranges) {
  if (exam.distance >= 0 || exam.makes_sound()) return {};
  std::vector<std::string> labels, strange;
  for (const TimeRange& range : ranges) labels.push_back(range.label);
  if (ranges.empty() && !label.empty()) labels.push_back(label);
  double number = 0;
  for (const std::string& each : labels)
    if (exam.classes.empty() ? !parse_number(each, false, number) : class_of(exam, each) < 0) strange.push_back(each);
  return strange;
}

Error refuse_labels(const Exam& exam, const std::map<std::string, size_t>& strange) {
  std::vector<std::string> found;
  for (const auto& [label, files] : strange)
    found.push_back(fmt::format("{} ({} file{})", label, files, files == 1 ? "" : "s"));
  if (exam.classes.empty())
    return malformed(
        fmt::format("the model gives one number and names no classes, but recordings are labelled {}; "
                    "numbers are compared with numbers, and [model] labels names two classes",
                    join(found)));
  return malformed(
      fmt::format("recordings are labelled {}; the model knows {}. Relabel them, or take them for one of "
                  "these: [model] other = \"{}\"",
                  join(found), join(exam.classes), exam.classes.back()));
}

Status check_labels(const Exam& exam) {
  std::map<std::string, size_t> strange;
  for (const Item& item : exam.data.items) {
    std::vector<std::string> labels = strange_labels(exam, item.label, item.ranges);
    std::sort(labels.begin(), labels.end());
    labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
    for (const std::string& label : labels) ++strange[label];
  }
  return strange.empty() ? Status() : refuse_labels(exam, strange);
}

// ---- judging ----

// The chances of two classes by one value: it stands for the second one, above its middle.
std::vector<float> two_scores(const Graph& graph, float value) { return {2 * middle_of(graph) - value, value}; }

std::vector<float> scores_of(const Exam& exam, const Bytes& bytes) {
  const Graph& graph = exam.model.original;
  std::vector<float> scores = real_values(graph.at(graph.outputs[0]), bytes);
  if (exam.distance >= 0) scores.erase(scores.begin() + exam.distance);
  return exam.classes.size() == 2 && scores.size() == 1 ? two_scores(graph, scores[0]) : scores;
}

float distance_of(const Exam& exam, const Bytes& bytes) {
  const Graph& graph = exam.model.original;
  return real_values(graph.at(graph.outputs[0]), bytes)[static_cast<size_t>(exam.distance)];
}

// What is true of the window that begins at `begin_s`.
JudgedWindow describe_window(const Exam& exam, const Item& item, const std::vector<TimeRange>& ranges, double begin_s) {
  JudgedWindow window{item.file, item.group, begin_s};
  const auto label = label_of_window(item.label, ranges, begin_s, begin_s + exam.window_s());
  if (!label) return window;
  if (exam.classes.empty()) parse_number(*label, false, window.target);
  else window.label = label->empty() ? exam.nothing : class_of(exam, *label);
  if (!exam.classes.empty() && window.label < 0) window.new_label = *label;
  return window;
}

// Where the windows of a recording begin; at least one.
std::vector<size_t> window_begins(const Exam& exam, size_t frames) {
  std::vector<size_t> begins{0};
  const auto window = static_cast<size_t>(exam.signal.samples), hop = static_cast<size_t>(exam.hop);
  while (begins.back() + hop + window <= frames) begins.push_back(begins.back() + hop);
  return begins;
}

// Changes of the greatest score in one recording against what happened in it.
EventFigures judge_changes(const Exam& exam, const Results& results, const Take& take) {
  std::vector<TimedLabel> decisions;
  for (size_t i = 0; i < results.windows.size(); ++i)
    decisions.push_back({results.windows[i].begin_s + exam.window_s(), decide(results.scores_of(i))});
  return match_events(find_alarms(decisions, exam.background), events_of(exam, take), duration_of(exam, take),
                      exam.window_s());
}

// Sound that is made of a recording, and where its first value belongs: before the first of the recording's, where that
// is negative.
struct MadeSound {
  std::vector<float> values;
  int64_t begin = 0;
};

// What the outputs of all windows say about a hop at last, and the first one about all of its window.
MadeSound make_sound(const Exam& exam, const Plan& plan, PlanRunner& runner, const Recording& recording) {
  MadeSound made;
  const Graph& graph = exam.model.original;
  const auto hop = static_cast<size_t>(exam.hop) * static_cast<size_t>(exam.signal.axes);
  run_windows(exam, plan, runner, recording, [&](double, const Bytes& output) {
    const std::vector<float> values = real_values(graph.at(graph.outputs[0]), output);
    const size_t fresh = made.values.empty() ? values.size() : hop;
    made.values.insert(made.values.end(), values.end() - static_cast<ptrdiff_t>(fresh), values.end());
  });
  const double delay = exam.project.section("model").number("delay") * exam.signal.rate_hz;
  made.begin =
      (exam.signal.samples - std::llround(delay)) * exam.signal.axes - element_count(graph.at(graph.outputs[0]).shape);
  return made;
}

// The part of a signal that lies within another one, which begins at `begin` of it.
std::span<const float> part_of(std::span<const float> values, int64_t begin, int64_t end) {
  return values.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
}

// SI-SDR of a recording and of what is made of it, over the time for which there is both.
Status compare_sound(const MadeSound& made, const Recording& recording, const Recording& reference,
                     JudgedWindow& window, float& after) {
  if (recording.values.size() != reference.values.size())
    return malformed(
        fmt::format("is {} samples long, its reference {}", recording.values.size(), reference.values.size()));
  const int64_t begin = std::max<int64_t>(made.begin, 0),
                end = std::min(made.begin + std::ssize(made.values), std::ssize(recording.values));
  if (end <= begin) return malformed("is shorter than [model] delay");
  const auto right = part_of(reference.values, begin, end);
  window.target = si_sdr(part_of(recording.values, begin, end), right);
  after = static_cast<float>(si_sdr(part_of(made.values, begin - made.begin, end - made.begin), right));
  if (std::isnan(window.target)) return malformed("has a silent reference, to which nothing is near");
  return {};
}

// Recordings one after another, through one plan.
class Judge {
 public:
  Judge(const Exam& exam, const Plan& plan, const Disturb& disturb)
      : exam_(exam), plan_(plan), disturb_(disturb), runner_(plan) {}

  Expected<Answers> judge(const Item& item, Rng rng) {
    MOTE_TRY(Take take, read_take(exam_, item));
    if (disturb_) disturb_(take, rng);
    if (exam_.makes_sound()) return judge_sound(take, item);
    scores_.clear();
    Answers answers{run(take, item), {}};
    if (has_known_events(exam_, item, take))
      answers.events[answers.results.windows[0].group_name()] = judge_events(answers.results, take);
    return answers;
  }

 private:
  const std::optional<DecisionPlan>& decision() const { return exam_.model.decision; }

  EventFigures judge_events(const Results& results, const Take& take) const {
    if (!decision()) return judge_changes(exam_, results, take);
    return judge_rule(decision()->rule, {make_stream(exam_, take, scores_)}, timing_of(exam_));
  }

  Expected<Answers> judge_sound(const Take& take, const Item& item) {
    JudgedWindow window{item.file, item.group};
    float after = NAN;
    if (const auto at = exam_.references.find(item.file); at != exam_.references.end()) {
      MOTE_TRY(const Recording reference, read_recording(exam_.project, exam_.data.root / at->second));
      const MadeSound made = make_sound(exam_, plan_, runner_, take.recording);
      Status status = compare_sound(made, take.recording, reference, window, after);
      if (!status) return std::move(status.error()).at(item.file);
    }
    return Answers{{{}, {window}, {after}, true}, {}};
  }

  Results run(const Take& take, const Item& item) {
    Results results{exam_.classes, {}, {}};
    run_windows(exam_, plan_, runner_, take.recording, [&](double begin_s, const Bytes& output) {
      results.windows.push_back(describe_window(exam_, item, take.ranges, begin_s));
      results.windows.back().is_padded = take.recording.frames() < static_cast<size_t>(exam_.signal.samples);
      if (exam_.distance >= 0) results.windows.back().distance = distance_of(exam_, output);
      if (decision()) add_scores(output, scores_);
      const std::vector<float> scores = scores_of(exam_, output);
      results.scores.insert(results.scores.end(), scores.begin(), scores.end());
    });
    return results;
  }

  const Exam& exam_;
  const Plan& plan_;
  const Disturb& disturb_;
  PlanRunner runner_;
  std::vector<int8_t> scores_;  // of a recording, where something is decided of them
};

}  // namespace

Expected<size_t> count_recordings(const Project& project, const std::string& part) {
  MOTE_TRY(Dataset d, open_data(project));
  MOTE_TRY_STATUS(split_data(project, d));
  return std::count_if(d.items.begin(), d.items.end(), [&](const Item& item) { return item.split == part; });
}

Expected<Exam> open_exam(Project project, const std::string& part) {
  Exam exam;
  exam.project = std::move(project), exam.part = part;
  MOTE_TRY(exam.signal, signal_of(exam.project));
  MOTE_TRY(exam.hop, period_of(exam.project));
  MOTE_TRY(exam.data, open_part(exam.project, part));
  return exam;
}

Expected<Exam> set_exam(ModelOptions options, const std::string& part) {
  options.target = "host";  // whatever the project is for: the bits are the same
  MOTE_TRY(Project project, read_project(options.path));
  if (project.section("model").choice("file").empty() && project.section("data").choice("reference").empty())
    return Error{Code::malformed, "[model] file: is empty; there is no model to test", options.path};
  MOTE_TRY(options, complete(options));
  options.ram_bytes.reset(), options.flash_bytes.reset();  // of another machine
  MOTE_TRY(Exam exam, open_exam(std::move(project), part));
  MOTE_TRY(exam.references, references_of(exam.project, exam.data));
  MOTE_TRY_STATUS(refuse_faults(check_references(exam.project, exam.data, exam.references), "references"));
  MOTE_TRY(exam.classes, read_classes(options.labels));
  MOTE_TRY(exam.model, compile_model(options));
  MOTE_TRY_STATUS(take_model(exam));
  return exam;
}

Status take_model(Exam& exam) {
  if (exam.classes.empty() && !exam.makes_sound()) exam.classes = exam.model.original.labels;
  MOTE_TRY_STATUS(check_outputs(exam));
  MOTE_TRY_STATUS(take_distance(exam));
  MOTE_TRY_STATUS(read_class_keys(exam));
  return check_labels(exam);
}

Expected<Answers> judge(const Exam& exam, const Plan& plan, const Disturb& disturb, const std::string& doing, Rng rng) {
  const std::vector<Item>& items = exam.data.items;
  std::vector<Rng> rngs;  // of the recordings: which thread takes one does not matter
  for (size_t i = 0; i < items.size(); ++i) rngs.emplace_back(rng.next());
  std::vector<Expected<Answers>> of_items(items.size(), Answers{});
  const auto start = std::chrono::steady_clock::now();
  run_in_threads(items.size(), [&] {
    return [&, one = std::make_unique<Judge>(exam, plan, disturb)](size_t i, bool shows) {
      if (shows && !doing.empty() && std::chrono::steady_clock::now() - start > std::chrono::seconds(2))
        show_progress(fmt::format("{}: {} of {} recordings", doing, i, items.size()));
      of_items[i] = one->judge(items[i], rngs[i]);
    };
  });
  show_progress("");
  Answers answers{{exam.classes, {}, {}, exam.makes_sound()}, {}};
  for (Expected<Answers>& each : of_items) {
    if (!each) return std::move(each.error());
    append(*each, answers);
  }
  return answers;
}

void append(const Answers& from, Answers& to) {
  to.results.classes = from.results.classes;
  to.results.windows.insert(to.results.windows.end(), from.results.windows.begin(), from.results.windows.end());
  to.results.scores.insert(to.results.scores.end(), from.results.scores.begin(), from.results.scores.end());
  for (const auto& [group, events] : from.events) add(to.events[group], events);
}

void run_windows(const Exam& exam, const Plan& plan, PlanRunner& runner, const Recording& recording,
                 const std::function<void(double, const Bytes&)>& each) {
  const size_t hop_bytes = sizeof(int16_t) * static_cast<size_t>(exam.hop) * static_cast<size_t>(exam.signal.axes);
  for (size_t begin : window_begins(exam, recording.frames())) {
    const Bytes window = window_samples(exam, recording, begin);
    const bool slides = plan.stream.hop > 0 && begin > 0;
    const auto outputs = slides ? runner.run_hop(std::span(window).last(hop_bytes)) : runner.run({window});
    each(static_cast<double>(begin) / exam.signal.rate_hz, outputs[0]);
  }
}

Expected<Take> read_take(const Exam& exam, const Item& item) {
  Take take;
  MOTE_TRY(take.recording, read_recording(exam, item));
  take.ranges = ranges_of(exam, item, take.recording);
  std::map<std::string, size_t> strange;
  for (const std::string& label : strange_labels(exam, item.label, take.ranges)) strange[label] = 1;
  if (!strange.empty()) return refuse_labels(exam, strange).at(item.file);
  return take;
}

bool is_background(const Exam& exam, const Item& item) {
  const int32_t label = class_of(exam, item.label);
  return label >= 0 && exam.background[static_cast<size_t>(label)];
}

bool has_known_events(const Exam& exam, const Item& item, const Take& take) {
  const bool is_new = exam.distance >= 0 && !item.label.empty() && class_of(exam, item.label) < 0;
  return exam.nothing >= 0 && (!take.ranges.empty() || is_background(exam, item) || is_new);
}

std::vector<Event> events_of(const Exam& exam, const Take& take) {
  std::vector<Event> events;
  for (const TimeRange& range : take.ranges)
    if (const int32_t label = class_of(exam, range.label); label >= 0 && !exam.background[static_cast<size_t>(label)])
      events.push_back({range.begin_s, range.end_s, label});
  return events;
}

double duration_of(const Exam& exam, const Take& take) {
  return static_cast<double>(take.recording.frames()) / exam.signal.rate_hz;
}

ScoredStream make_stream(const Exam& exam, const Take& take, std::vector<int8_t> scores) {
  ScoredStream stream{std::move(scores), duration_of(exam, take), events_of(exam, take)};
  const Graph& graph = exam.model.original;
  if (element_count(graph.at(graph.outputs[0]).shape) == 1)  // which is that of the second of two classes
    for (Event& event : stream.events) event.label = 0;
  if (exam.distance >= 0)  // which no class has
    for (Event& event : stream.events) event.label += event.label >= exam.distance;
  return stream;
}

void add_scores(const Bytes& output, std::vector<int8_t>& scores) {
  const auto added = view_as<int8_t>(std::span(output));
  scores.insert(scores.end(), added.begin(), added.end());
}

Timing timing_of(const Exam& exam) { return {exam.window_s(), exam.hop / exam.signal.rate_hz, exam.window_s()}; }

std::vector<TimeRange> ranges_of(const Exam& exam, const Item& item, const Recording& recording) {
  if (!item.ranges.empty() || !item.label.empty()) return item.ranges;
  return ranges_of_frames(recording.labels, exam.signal.rate_hz);
}

Expected<Recording> read_recording(const Exam& exam, const Item& item) {
  return read_recording(exam.project, exam.data.path_of(item));
}

Bytes window_samples(const Exam& exam, const Recording& recording, size_t begin) {
  const auto axes = static_cast<size_t>(exam.signal.axes);
  const size_t values = static_cast<size_t>(exam.signal.samples) * axes;
  const auto rest = std::span(recording.values).subspan(std::min(begin * axes, recording.values.size()));
  Bytes samples = to_samples(exam.signal, rest.first(std::min(values, rest.size())));
  samples.resize(values * sample_bytes(exam.signal));
  return samples;
}

std::vector<float> real_values(const Tensor& t, const Bytes& bytes) {
  const auto n = static_cast<size_t>(element_count(t.shape));
  const size_t channels = std::max<size_t>(t.quant.scale.size(), 1);
  std::vector<float> values;
  for (size_t i = 0; i < n; ++i) {
    const size_t channel = i % channels;  // of the last dimension, where there are several scales
    auto real = [&](int64_t q) {
      if (!t.quant.is_set()) return static_cast<float>(q);
      return t.quant.scale_at(channel) * static_cast<float>(q - t.quant.zero_at(channel));
    };
    switch (t.type) {
      case DType::float32: values.push_back(view_as<float>(std::span(bytes))[i]); break;
      case DType::int8: values.push_back(real(static_cast<int8_t>(bytes[i]))); break;
      case DType::int16: values.push_back(real(view_as<int16_t>(std::span(bytes))[i])); break;
      case DType::int32: values.push_back(real(view_as<int32_t>(std::span(bytes))[i])); break;
      case DType::int64: values.push_back(real(view_as<int64_t>(std::span(bytes))[i])); break;
      case DType::uint8:
      case DType::boolean: values.push_back(real(bytes[i])); break;
    }
  }
  return values;
}

Expected<Plan> plan_on_host(Graph graph, int32_t hop_rows) {
  MOTE_TRY_STATUS(run_passes(graph, {}));
  return make_plan(std::move(graph), {Optimize::balanced, Feed::whole, {}, host_costs(), hop_rows, {}});
}

}  // namespace mote
