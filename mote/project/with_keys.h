// Changes keys of a mote.toml as a person would: everything else, comments too, stays as it is.
#pragma once
#include <map>
#include <string>
#include <string_view>

namespace mote {

// The text of a project with these values, written as TOML, in [section]: in their places, or where there are none
// after the last key of the section, which is added at the end if it is missing. `toml` can be parsed.
std::string with_keys(const std::string& toml, std::string_view section,
                      const std::map<std::string, std::string>& values);

}  // namespace mote
