// The usual step between the times of a recording's frames, in constant memory.
#pragma once
#include <cstdint>
#include <map>

namespace mote {

class StepTimes {
 public:
  void add(double step_s);  // what is not above 0 is no step

  // One by the mean of all steps but gaps; 0: there are none. A gap is longer than one and a half times the median, and
  // lies beyond what the steps scatter anyway: 4 deviations, as told by the median absolute one. So neither lost frames
  // nor jitter move the mean, and whole milliseconds do not round it.
  double rate_hz() const;

 private:
  struct Bin {
    int64_t count = 0;
    double sum = 0;
    double mean() const { return sum / static_cast<double>(count); }
  };

  std::map<int, Bin> bins_;  // of steps that are equal to 0.1 %
  int64_t count_ = 0;
};

}  // namespace mote
