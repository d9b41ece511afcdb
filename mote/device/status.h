// How the functions of a compiled model report.
#pragma once
#include <stdint.h>

namespace mote {

enum class [[nodiscard]] Rc : uint8_t{
    ok,         // done: the outputs are there
    more,       // steps are left: call step() again
    wants_row,  // the next row of the input is wanted: call put_row() or push_row()
    misuse,     // put_row() or push_row() while no row is wanted; nothing was done
};

}  // namespace mote
