#pragma once

#include "server/app/doctor/diagnose.hpp"

namespace musterd::app::doctor {

/// How a report for people is laid out.
struct Layout {
    std::size_t width = 0;  ///< columns; 0 = lines are not broken
    bool colour = false;
};

/// One line for each finding, what it costs and the cure indented below, a summary at the end. Lines to be typed are
/// never broken.
std::string render(const Findings& findings, const Layout& layout);

/// {"ok": …, "findings": [{"id", "severity", "seen", "why", "cure": […]}]}
std::string render_json(const Findings& findings);

}  // namespace musterd::app::doctor
