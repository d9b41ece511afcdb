// VWW and IC: the host sends pixels, 0 to 255, where the tensor has -128 to 127.
#include "classifier.h"

int8_t value_of(uint8_t byte) { return static_cast<int8_t>(byte - 128); }
