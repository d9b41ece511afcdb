// Runs the model of a project over the recordings of one part of its data: window by window, in the arithmetic of the
// device, each window beside what is true of it.
#pragma once
#include <functional>
#include <map>

#include "mote/calibrate/calibrate.h"
#include "mote/cli/model.h"
#include "mote/cli/recordings.h"
#include "mote/compiler/plan/run.h"
#include "mote/evaluate/disturb.h"
#include "mote/evaluate/events.h"
#include "mote/evaluate/results.h"
#include "mote/project/data.h"

namespace mote {

// What is asked of whom.
struct Exam {
  Project project;
  Signal signal;
  int32_t hop = 0;  // samples from a window to the next; more than those of a window, where the device pauses
  std::string part;
  size_t folds = 0;  // of a cross-validation: how many models were trained; 0: the project's own is judged
  Dataset data;      // the recordings of the part alone
  CompiledModel model;
  std::vector<std::string> classes;  // empty: a regression
  int32_t other = -1;                // the class that labels count as which the model does not know
  int32_t nothing = -1;              // the class of windows in which nothing happens
  std::vector<bool> background;      // by class: whether it is no event
  // Of a model whose output is sound, by file: the sound that it should have been, below data.root.
  std::map<std::string, std::string> references;
  int32_t distance = -1;  // the score that is no class, but a distance from all that was learned

  double window_s() const { return signal.samples / signal.rate_hz; }
  bool makes_sound() const { return !references.empty(); }
};

// The recordings of a part, or of "all", without a model.
Expected<Exam> open_exam(Project project, const std::string& part);

// How many recordings there are in a part.
Expected<size_t> count_recordings(const Project& project, const std::string& part);

// Refuses projects without a model, parts without recordings, recordings that [input] does not want, labels that the
// model does not know, and models whose outputs have no meaning here.
Expected<Exam> set_exam(ModelOptions options, const std::string& part);

// Fills in what follows from exam.model, whose classes are its labels where none are given.
Status take_model(Exam& exam);

struct Answers {
  Results results;  // of all windows
  // By group: of recordings with ranges, or of background alone, where there is a background. Alarms are what
  // [decision] tells hop by hop, on the device too; without one, each change of the greatest score.
  std::map<std::string, EventFigures> events;
};

// Adds the answers about other recordings.
void append(const Answers& from, Answers& to);

// What happens to a recording before the device gets it; called from several threads.
using Disturb = std::function<void(Take&, Rng&)>;

// All recordings of the exam, several at a time. `plan`: that of exam.model, or one of a changed model. `doing`: for
// people who wait; empty: they are told elsewhere.
Expected<Answers> judge(const Exam& exam, const Plan& plan, const Disturb& disturb, const std::string& doing,
                        Rng rng = Rng(0));

// Runs a plan over the windows of a recording: `each` is told when one begins, and what the plan's first output is.
void run_windows(const Exam& exam, const Plan& plan, PlanRunner& runner, const Recording& recording,
                 const std::function<void(double begin_s, const Bytes& output)>& each);

// A recording and what is true of it, by its labels or those of its frames. Refuses labels that the model does not
// know.
Expected<Take> read_take(const Exam& exam, const Item& item);

// A recording, without labels in time, of a class that is no event.
bool is_background(const Exam& exam, const Item& item);

// Whether a recording says when there is something and when nothing: by ranges, or since it is background alone.
bool has_known_events(const Exam& exam, const Item& item, const Take& take);

// The ranges of classes that are events.
std::vector<Event> events_of(const Exam& exam, const Take& take);

double duration_of(const Exam& exam, const Take& take);

// What a decision is judged on: the scores of a take's windows, and its events as indices of scores.
ScoredStream make_stream(const Exam& exam, const Take& take, std::vector<int8_t> scores);

// Adds those of a window: the first output of the plan, where that is int8.
void add_scores(const Bytes& output, std::vector<int8_t>& scores);

// When decisions are made, and how late an alarm may be: a window.
Timing timing_of(const Exam& exam);

// What is labelled in time: by the data set, or by the frames themselves.
std::vector<TimeRange> ranges_of(const Exam& exam, const Item& item, const Recording& recording);

// A recording as [input] wants it.
Expected<Recording> read_recording(const Exam& exam, const Item& item);

// The samples of a window as the firmware gets them: int16, or the bytes of a picture, with zeros behind the end of the
// recording.
Bytes window_samples(const Exam& exam, const Recording& recording, size_t begin);

// Real values of a tensor.
std::vector<float> real_values(const Tensor& tensor, const Bytes& bytes);

// How the host runs a graph, and where hop_rows is not 0, one whose window slides by so many rows.
Expected<Plan> plan_on_host(Graph graph, int32_t hop_rows);

}  // namespace mote
