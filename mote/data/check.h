// What is wrong with a data set as a whole: files that break the contract or differ from the others, units and axes
// that are mistaken, copies, and splits that leak.
#pragma once
#include "mote/data/scan.h"

namespace mote {

// Copies, or nearly: the same samples or pixels, or fingerprints that are nearer than unrelated ones come.
struct Copy {
  size_t a = 0, b = 0;  // indices of scans
  bool exact = false;
  double distance = 0;  // share of the fingerprint's bits that differ
};
std::vector<Copy> find_copies(const std::vector<Scan>& scans);

// Files of the same bytes, of which only those of one size are read: fast enough for every verb that needs splits.
std::vector<Copy> find_same_files(const Dataset& dataset);

// What split_by_group keeps together.
std::vector<std::pair<size_t, size_t>> pairs_of(const std::vector<Copy>& copies);

// Fingerprint limits. Unrelated recordings lie at 0.5; those of one word by one speaker seldom below 0.25.
constexpr double kNearRecording = 0.22;
constexpr int kNearPictureBits = 6;  // of 128

// Every file against the data set's contract or, without one, against what most of the files are: rate, axes, units.
// Then, for three axes that may be accelerations, the length of the mean vector (about 1 in g, 9.8 in m/s²) and its
// direction: a file whose mean fits the others only with axes swapped or turned is reported, where the others agree
// with each other.
std::vector<Fault> check_sensors(const std::vector<Scan>& scans, const Dataset& dataset);

// Values beyond full scale, which firmware clips: that of the contract or, where it says none, of the file. More than
// twice as much is an error: the unit or the range is another one.
std::vector<Fault> check_range(const std::vector<Scan>& scans, const Dataset& dataset);

// Labels of times that the recordings do not have.
std::vector<Fault> check_label_times(const std::vector<Scan>& scans, const Dataset& dataset);

// Groups and copies that lie in several splits: what is tested was then learned. Copies with different labels, too.
std::vector<Fault> check_leaks(const Dataset& dataset, const std::vector<Copy>& copies);

// What most files are: the sensor that the most scans have.
Sensor usual_sensor(const std::vector<Scan>& scans);

}  // namespace mote
