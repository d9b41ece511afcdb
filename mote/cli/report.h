// The page of `mote test --html`: gathers what windows look like from their recordings.
#pragma once
#include "mote/cli/judge.h"
#include "mote/evaluate/report.h"

namespace mote {

// A report of a verdict, with pictures of windows and their features on a plane. The rest of it is left to the caller.
Expected<Report> picture_verdict(const Exam& exam, Verdict verdict);

}  // namespace mote
