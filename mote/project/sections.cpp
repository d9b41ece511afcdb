// The sections of mote.toml and their keys.
#include "mote/project/project.h"

namespace mote {
namespace {

using S = Setting;

constexpr S kProject[] = {
    {"name", S::text, "", 0, 0, "", "", "What firmware and reports are called; empty: the folder's name"}};

constexpr S kData[] = {
    {"path", S::text, "", 0, 0, "data", "", "A folder of recordings, or a labels.csv"},
    {"group", S::text, "", 0, 0, "", "",
     "The column of labels.csv that says who or what was recorded; no group is in two splits; empty: the first that is "
     "there of subject, speaker, machine, day and the like"},
    {"columns", S::texts, "", 0, 0, "", "", "Of CSV: the axes, by name or number; empty: all columns that are left"},
    {"ignore", S::texts, "", 0, 0, "", "", "Of CSV: columns that are no axes"},
    {"time_column", S::text, "", 0, 0, "", "", "Of CSV: the column of times, or none; empty: as found"},
    {"label_column", S::text, "", 0, 0, "", "", "Of CSV: the column of labels of each frame, or none; empty: as found"},
    {"reference", S::text, "", 0, 0, "", "",
     "The column of labels.csv that names for a recording the one that it should have been: the clean sound of a noisy "
     "one. The model's output then is sound, and mote test says how much nearer to that it is than the recording"},
    {"mismatch", S::choice, "", 0, 0, "refuse", "refuse resample",
     "What to do with files of another rate, unit or order of axes than [input] says: refuse them, or convert them"}};

constexpr S kSplit[] = {
    {"use", S::choice, "", 0, 0, "auto", "auto column groups",
     "column: as labels.csv or the folders say, of every file; groups: anew, whole groups in shares of every label; "
     "auto: as they say, and by groups the files of which they say nothing"},
    {"validation", S::number, "", 0, 0.5, "0.2", "", "Share of the files that choose between trained models"},
    {"test", S::number, "", 0, 0.5, "0.2", "", "Share of the files that only the last judgement looks at"}};

constexpr S kInput[] = {
    {"kind", S::choice, "", 0, 0, "sensor", "audio motion vibration ecg image sensor", "What is measured"},
    {"rate_hz", S::number, "Hz", 0.0001, 1e6, "100", "", "Samples a second, of each axis"},
    {"axes", S::texts, "", 0, 0, "x", "", "Their names, in the order in which they arrive"},
    {"unit", S::text, "", 0, 0, "", "", "Of all axes: g, m/s2, mV, ...; empty: a share of full scale, as for audio"},
    {"range", S::number, "", 1e-9, 1e9, "1", "", "Full scale, in the unit: 2 for an accelerometer set to 2 g"},
    {"ranges", S::texts, "", 0, 0, "", "",
     "Full scale of each axis, where they measure different things: [0.1, 500]; features are then of shares of it"},
    {"window", S::number, "s", 0.0001, 3600, "1", "", "How much of the signal a decision looks at"},
    {"hop", S::number, "s", 0, 3600, "0", "",
     "How far the window moves from decision to decision; less than a window: only what is new is computed; 0: windows "
     "that have nothing to do with each other"},
    {"width", S::integer, "pixels", 0, 32767, "0", "",
     "Of the pictures of a camera, which come rate_hz times a second row by row, with the axes grey, or red, green and "
     "blue; range, unit, window and hop are those of other kinds"},
    {"height", S::integer, "pixels", 0, 32767, "0", "", "Of these pictures"}};

constexpr S kModel[] = {
    {"file", S::text, "", 0, 0, "", "",
     "A trained model whose input is the features: a .tflite, what mote train has written, or the trees of XGBoost (JSON) "
     "or LightGBM (text); empty: none yet"},
    {"base_score", S::text, "", 0, 0, "", "",
     "Of trees that XGBoost dumped, which do not say it: what their sum begins with, a logarithm of chances of logistic "
     "ones"},
    {"outputs", S::integer, "", 0, 1000, "0", "",
     "Of the same: how many scores they make, a tree of each round for each"},
    {"features", S::choice, "", 0, 0, "quantised", "quantised float32",
     "What the features are where no model is named: whole numbers with their scales, or float32 in their units"},
    {"delay", S::number, "s", 0, 60, "0", "",
     "Of a model whose output is sound: how far behind the newest sample its newest one is"},
    {"labels", S::text, "", 0, 0, "", "", "A file with the name of each class, one a line; empty: those in the model"},
    {"other", S::text, "", 0, 0, "", "",
     "The class that recordings belong to whose labels the model does not know; empty: mote test refuses them"},
    {"background", S::texts, "", 0, 0, "", "",
     "Classes that are no events: the first is what happens outside of labelled ranges of time, and with them mote "
     "test counts false alarms and missed events; [decision] tells none of them"}};

constexpr S kLearn[] = {
    {"method", S::choice, "", 0, 0, "none", "none tree forest boosted logistic linear prototypes clusters gaussians",
     "What mote train does; clusters and gaussians learn what is ordinary and tell anomalies; linear predicts a number"},
    {"pca", S::integer, "", 0, 1000, "0", "",
     "Principal components of the standardised features, from which the method learns instead of them; 0: none"},
    {"whiten", S::flag, "", 0, 0, "false", "", "Of pca: each component counts alike, however much it varies"},
    {"predict", S::choice, "", 0, 0, "class", "class number", "Of trees: labels are names, or numbers"},
    {"normal", S::text, "", 0, 0, "", "",
     "Of clusters and gaussians: the label of what is ordinary, which alone they learn; empty: all that is there"},
    {"ordinary", S::number, "", 0.5, 1, "0.99", "",
     "Of clusters and gaussians: the share of what was learned that is no anomaly, or of distance, that is known"},
    {"trees", S::integer, "", 1, 1000, "10", "", "Of a forest; the rounds of boosted trees"},
    {"depth", S::integer, "", 1, 30, "6", "", "Of each tree, at most"},
    {"min_leaf", S::integer, "windows", 1, 1e6, "1", "", "In each leaf of tree and forest, at least"},
    {"rate", S::number, "", 0.001, 1, "0.3", "", "Of boosted trees: how far each step goes"},
    {"ridge", S::number, "", 0, 1e6, "0.001", "", "Of logistic and linear: what large weights cost"},
    {"balanced", S::flag, "", 0, 0, "false", "", "Of logistic: every class counts alike, however many windows it has"},
    {"clusters", S::integer, "", 0, 1000, "4", "",
     "How many; of prototypes those of each class, 0: every window is a prototype"},
    {"neighbours", S::integer, "", 1, 127, "3", "", "Of prototypes: how many of the nearest vote"},
    {"components", S::integer, "", 1, 100, "1", "", "Of gaussians; one is the distance of Mahalanobis"},
    {"covariances", S::choice, "", 0, 0, "full", "full diagonal",
     "Of gaussians: of all pairs of features, or a deviation of each"},
    {"distance", S::choice, "", 0, 0, "none", "none clusters gaussians",
     "Of methods that tell classes apart: a last score, called distance, says how far a window is from clusters of, or "
     "gaussians over, all that is learned, and [decision] calls unknown what is too far. Distances are squares; 0.5 is "
     "that which `ordinary` of the windows do not exceed"},
    {"seed", S::integer, "", 0, 4294967295.0, "1", "", "Of all that is drawn"}};

constexpr S kDecision[] = {
    {"threshold", S::number, "", 0, 1e9, "0", "",
     "A smoothed score of at least this begins an event, in the unit of the scores: 0.7 of a probability; 0: nothing "
     "is decided"},
    {"thresholds", S::texts, "", 0, 0, "", "", "Those of some classes, if they are others: \"yes 0.8\""},
    {"hysteresis", S::number, "", 0, 1e9, "0", "", "How far below its threshold a score may fall until an event ends"},
    {"average", S::integer, "hops", 1, 255, "1", "", "The score is the mean of so many; 1: as it is"},
    {"newest", S::number, "", 0.004, 1, "1", "",
     "Exponential smoothing of these means: the weight of the newest, in steps of 1 / 256; 1: none"},
    {"votes", S::integer, "hops", 1, 32, "1", "",
     "Debounce: so many of the last `voters` hops are above the threshold"},
    {"voters", S::integer, "hops", 1, 32, "1", "", "See votes"},
    {"duration", S::number, "s", 0, 3600, "0", "", "An event has lasted so long when it is told"},
    {"refractory", S::number, "s", 0, 3600, "0", "", "So long after an event there is none of the same class"},
    {"rate_time", S::number, "s", 0, 86400, "60", "", "The rate is the events of this long"},
    {"rate_most", S::integer, "", 0, 255, "0", "", "And at most so many, each of which takes RAM; 0: no rate"},
    {"margin", S::number, "", 0, 1e9, "0", "",
     "Unknown is what is not ahead of the second best class by this, in the unit of the scores"},
    {"distance", S::text, "", 0, 0, "", "",
     "The score that is no class, but a distance from all that was learned; empty: that of [learn] distance, if it makes "
     "one"},
    {"distance_limit", S::number, "", 0, 1e9, "0", "",
     "Unknown is also what is farther away than this; 0: 0.5 of the distance of [learn]"}};

constexpr S kRecorder[] = {
    {"signal", S::number, "s", 0, 3600, "0", "",
     "How much of the newest signal firmware keeps in RAM for mote replay; a window and a hop: the newest decision's "
     "window is there at any time; of a camera the time of so many pictures; 0: there is no recorder"},
    {"decisions", S::integer, "", 1, 1000, "1", "", "How many of the newest decisions, with what they were made from"},
    {"ops", S::flag, "", 0, 0, "true", "",
     "A checksum of what each op has made for them, so that mote replay says which op went wrong"}};

constexpr S kTarget[] = {
    {"name", S::text, "", 0, 0, "cortex-m4", "", "A core or a board: mote targets lists them"},
    {"optimize", S::choice, "", 0, 0, "balanced", "ram balanced speed", "What matters most"},
    {"ram_bytes", S::integer, "bytes", 0, 4294967295.0, "0", "", "At most this much for the arena; 0: no limit"},
    {"flash_bytes", S::integer, "bytes", 0, 4294967295.0, "0", "", "At most this much for all of it; 0: no limit"},
    {"latency_ms", S::number, "ms", 0, 3600000, "0", "",
     "At most this long for a decision, as predicted for a board; 0: as long as a hop"}};

constexpr Section kSections[] = {
    {"project", "What it is called.", kProject},
    {"data", "Where the recordings are.", kData},
    {"split", "Which of them train, choose and judge.", kSplit},
    {"input", "The sensor: what the firmware is handed, and what a recording has to be.", kInput},
    {"model", "What turns features into scores.", kModel},
    {"learn", "How mote train makes a model of features, which [model] file names.", kLearn},
    {"decision", "What becomes of the scores, hop by hop: events that firmware and reports are about.", kDecision},
    {"recorder", "What firmware that decides remembers of its last hops.", kRecorder},
    {"target", "Where it runs, and what it has to fit.", kTarget}};

constexpr S kBlock[] = {
    {"type", S::text, "", 0, 0, "", "", "Which block it is"},
    {"name", S::text, "", 0, 0, "", "", "What other blocks call it; empty: as its type"},
    {"input", S::text, "", 0, 0, "samples", "",
     "Whose samples it takes: the sensor's (samples), or those that the block of this name makes"},
    {"int8_low", S::number, "", -1e9, 0, "0", "",
     "Features become int8, of which this is the least value; both 0: they stay what they are"},
    {"int8_high", S::number, "", 0, 1e9, "0", "", "The greatest value of these; features beyond saturate"}};

}  // namespace

const std::string_view kProjectKinds[6] = {"audio", "motion", "vibration", "ecg", "image", "sensor"};

std::span<const Section> project_sections() { return kSections; }
std::span<const Setting> block_keys() { return kBlock; }

}  // namespace mote
