// Frames that arrive as text, a line each, as a printf on a board writes them: "0.12,-0.98,3" or "0.12 -0.98 3".
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mote {

class FrameLines {
 public:
  // `axes`: how many numbers a line has; 0: as many as the first two lines of numbers have. The first line that arrives
  // may be the end of one: `whole_begin` says that it is not.
  FrameLines(size_t axes, bool whole_begin) : axes_(axes), drop_line_(!whole_begin) {}

  // Text that arrived at that time, in seconds of any clock; lines may be cut anywhere.
  void take(std::string_view text, double time_s);

  // What is left behind the last end of a line, at the end.
  void finish();

  size_t axes() const { return axes_; }
  size_t frames() const { return axes_ > 0 ? values_.size() / axes_ : 0; }
  const std::vector<float>& values() const { return values_; }      // frame by frame
  const std::vector<std::string>& names() const { return names_; }  // of a line of names before the numbers; or empty

  // Lines that held something else: text of the board, and numbers that were too few, too many or no numbers.
  size_t lines_of_text() const { return text_; }
  size_t damaged_lines() const { return damaged_; }

  // Frames a second: the slope of the line through (time of arrival, number of the frame) with the least squares, so
  // that frames that arrive in bundles do no harm; damaged lines count as frames, for they took their time. 0: fewer
  // than 10 frames, or less than half a second.
  double rate_hz() const;

  // When the frames were taken, in steps of the board's clock. Damaged lines are steps without a frame; so is the time
  // in which the board stalled: nothing came for much longer than usual (a tenth of a second, and 4 times what 19 of 20
  // pauses last), and what came then was late by as much for good. Frames that are only delivered late are no stall.
  struct Timing {
    double rate_hz = 0;          // without stalls; 0: as of rate_hz()
    std::vector<int64_t> steps;  // of each frame, from 0
    int64_t stalls = 0, lost = 0;
  };
  Timing timing() const;

 private:
  std::vector<size_t> find_pauses() const;
  double rate_between(const std::vector<size_t>& pauses) const;
  int64_t lost_at(size_t pause, double rate_hz) const;

  struct Arrival {
    double time_s = 0;
    int64_t step = 0;
  };

  void take_line(std::string_view line, double time_s);
  void take_frame(double time_s);

  size_t axes_;
  bool drop_line_;
  std::string rest_;
  std::vector<float> fields_, values_, first_;
  std::vector<std::string> names_;
  size_t text_ = 0, damaged_ = 0;
  std::vector<Arrival> arrivals_;  // of the frames
  // Sums over frames: of n, t, t^2, k, t k, with t from the first one.
  double begin_s_ = 0, last_s_ = 0, n_ = 0, t_ = 0, tt_ = 0, k_ = 0, tk_ = 0;
};

}  // namespace mote
