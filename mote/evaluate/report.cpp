#include "mote/evaluate/report.h"

#include "mote/evaluate/report_parts.h"

namespace mote {
namespace {

constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --page: #f4f5f7; --card: #fff; --ink: #1b2030; --soft: #667; --line: #e2e4ea;
  --blue: #0072b2; --bad: #c8401c; --right: 0, 114, 178; --wrong: 213, 94, 0; }
@media (prefers-color-scheme: dark) { :root { --page: #14161c; --card: #1d2029; --ink: #e6e8ee; --soft: #9aa1b1;
  --line: #333845; --blue: #56b4e9; --bad: #ff8a5c; --right: 86, 180, 233; --wrong: 255, 138, 92; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 60px; display: grid; gap: 18px;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 540px), 1fr)); }
header, .wide { grid-column: 1 / -1; }
h1 { margin: 0 0 4px; font-size: 30px; } h2 { margin: 0; font-size: 18px; }
p { margin: 0; } header p, .note, .small, footer { color: var(--soft); }
.note { margin: 2px 0 14px; font-size: 14px; } .small { font-size: 12.5px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 18px 20px; min-width: 0; }
.cards { display: flex; flex-wrap: wrap; gap: 14px 34px; } .card .name { color: var(--soft); }
.big { font-size: 34px; font-weight: 650; line-height: 1.15; font-variant-numeric: tabular-nums; }
.track { fill: var(--line); stroke: var(--line); stroke-width: 2; } .bar { fill: var(--blue); }
rect.track { stroke: none; }
.interval { stroke: var(--blue); stroke-width: 8; opacity: .38; stroke-linecap: round; fill: none; }
.value { fill: var(--blue); } .chance { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 3 3; }
.plots { display: flex; flex-wrap: wrap; gap: 16px 24px; } figure { margin: 0; } figcaption { font-size: 13.5px; }
.plots figcaption { color: var(--soft); margin-bottom: 6px; } .plots figcaption b { color: var(--ink); }
svg.plot { max-width: 100%; height: auto; overflow: visible; }
.axes path { stroke: var(--line); stroke-width: 1; } .axes text { fill: var(--soft); font-size: 11.5px; text-anchor: middle; }
.axes text.end { text-anchor: end; }
.line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
.line.interval { stroke: var(--blue); stroke-width: 9; } .line.guess, .line.calm { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 4 4; }
rect.calm { fill: var(--soft); opacity: .14; } .dash1 { stroke-dasharray: 7 3; } .dash2 { stroke-dasharray: 2 3; }
.thin { fill: none; stroke: currentColor; stroke-width: 1; opacity: .85; }
.point { fill: currentColor; opacity: .8; } .ring { fill: none; stroke: var(--bad); stroke-width: 2; }
.c0 { color: #0072b2; } .c1 { color: #e69f00; } .c2 { color: #009e73; } .c3 { color: #cc79a7; } .c4 { color: #56b4e9; }
.c5 { color: #d55e00; } .c6 { color: #8a8f9c; }
.key { display: flex; flex-wrap: wrap; gap: 4px 16px; margin-top: 10px; font-size: 13px; } .key i { color: var(--soft); font-style: normal; }
.key svg { margin-right: 5px; vertical-align: middle; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13.5px; }
th { font-weight: 500; text-align: right; padding: 3px 8px; white-space: nowrap; } td { text-align: right; padding: 3px 8px; white-space: nowrap; }
.confusion td { min-width: 34px; height: 30px; text-align: center; border: 1px solid var(--card); padding: 0 4px; }
.confusion td.right { background: rgba(var(--right), calc(var(--share) * .75 + .03)); }
.confusion td.wrong { background: rgba(var(--wrong), calc(var(--share) * 1.6)); }
.told { vertical-align: bottom; padding: 0 0 6px; text-align: center; } .told span { writing-mode: vertical-rl; transform: rotate(180deg); }
.pictures { display: grid; gap: 18px 14px; grid-template-columns: repeat(auto-fill, 196px); }
.window svg, .window img { display: block; } .window svg { background: var(--page); }
.window img { image-rendering: pixelated; } .window figcaption { margin-top: 5px; overflow-wrap: anywhere; }
.window .small { display: block; } .bad { color: var(--bad); }
)css";

// A section over the whole width.
std::string widen(std::string section) {
  if (!section.empty()) section.insert(section.find('>'), " class=\"wide\"");
  return section;
}

}  // namespace

std::string write_report(const Report& report) {
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>" +
      escape_html(report.name) + "</title><style>" + std::string(kStyle) + "</style></head><body><main>\n<header><h1>" +
      escape_html(report.name) + "</h1>";
  for (const std::string& fact : report.facts) page += "<p>" + escape_html(fact) + "</p>";
  page += "</header>\n";
  page += widen(show_figures(report)) + widen(show_comparison(report)) + widen(show_events(report)) +
          widen(show_novelty(report));
  page += show_confusion(report) + show_classes(report) + show_numbers(report);
  page += widen(show_mistakes(report)) + widen(show_curves(report)) + widen(show_trials(report));
  page += show_scatter(report) + show_groups(report) + widen(show_examples(report));
  return page + "</main></body></html>\n";
}

}  // namespace mote
