// The reference of all sensor blocks, written from their schemas: docs/BLOCKS.md.
#pragma once
#include <string>

namespace mote {

std::string write_block_pages();

}  // namespace mote
