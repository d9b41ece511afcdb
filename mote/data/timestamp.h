// Points in time, as files write them.
#pragma once
#include <optional>
#include <string_view>

namespace mote {

// ISO 8601 date and time, "2020-03-09 10:14:33.25" (or with a comma) or "2020-03-09T10:14:33+01:00", in seconds since
// 1970 (UTC where there is no zone). None: it is no such text.
std::optional<double> parse_iso_time(std::string_view text);

// The same, or a time of day alone, "10:14:33.25", in seconds since midnight.
std::optional<double> parse_time_text(std::string_view text);

}  // namespace mote
