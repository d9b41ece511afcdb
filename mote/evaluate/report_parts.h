// The sections of the page that write_report() makes; empty where there is nothing to show.
#pragma once
#include "mote/evaluate/html.h"
#include "mote/evaluate/report.h"

namespace mote {

// `note`: what the reader has to know, in a line.
std::string make_section(std::string_view title, std::string_view note, const std::string& body);

// A cell of a table: a bar of this share with a value behind it; "-" where it is no number.
std::string draw_bar(double share, double value);

// Figures and what is sure of them.
std::string show_figures(const Report& report);
std::string show_comparison(const Report& report);
std::string show_events(const Report& report);
std::string show_novelty(const Report& report);
std::string show_groups(const Report& report);
std::string show_trials(const Report& report);

// Classes.
std::string show_confusion(const Report& report);
std::string show_classes(const Report& report);
std::string show_curves(const Report& report);

// Windows.
std::string show_numbers(const Report& report);  // of a regression: predicted over true
std::string show_scatter(const Report& report);
std::string show_mistakes(const Report& report);
std::string show_examples(const Report& report);

}  // namespace mote
