#include "server/app/doctor/text.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace musterd::app::doctor {

namespace {

namespace json = boost::json;

constexpr std::size_t least_room = 30;  // narrower than this, text is left to the terminal
constexpr std::size_t severity_width = 9;

std::size_t columns(std::string_view text) {
    const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; };
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins));
}

/// `text` broken between words; every line but the first is indented, and the first has `used` columns gone.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t used, std::size_t width) {
    if (width < indent + least_room) return std::string(text);
    std::string out;
    auto column = used;
    while (!text.empty()) {
        const auto word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), word.size() + 1));
        if (column > indent && column + 1 + columns(word) > width) {
            out += '\n' + std::string(indent, ' ');
            column = indent;
        } else if (column > indent) {
            out += ' ';
            ++column;
        }
        out += word;
        column += columns(word);
    }
    return out;
}

std::string_view colour_of(Severity severity) {
    switch (severity) {
        case Severity::ok:
            return "\x1b[32m";
        case Severity::warning:
            return "\x1b[33m";
        case Severity::problem:
            return "\x1b[1;31m";
    }
    return {};
}

std::string mark(Severity severity, bool colour) {
    const auto padded = fmt::format("{:<{}}", to_string(severity), severity_width);
    return colour ? fmt::format("{}{}\x1b[0m", colour_of(severity), padded) : padded;
}

std::string below(const std::string& label, const std::string& text, std::size_t width) {
    const auto indent = std::string(severity_width, ' ');
    return fmt::format("{}{}{}\n", indent, label,
                       wrapped(text, severity_width + columns(label), severity_width + columns(label), width));
}

std::string render_one(const Finding& finding, std::size_t id_width, const Layout& layout) {
    const auto indent = severity_width + id_width + 2;
    auto text = fmt::format("{}{:<{}}  {}\n", mark(finding.severity, layout.colour), finding.id, id_width,
                            wrapped(finding.seen, indent, indent, layout.width));
    if (!finding.why.empty()) text += below("", finding.why, layout.width);
    for (const auto& line : finding.cure) {
        // What is to be typed is copied whole.
        text += below(line.starts_with("  ") ? "  " : "- ", line.starts_with("  ") ? line.substr(2) : line,
                      line.starts_with("  ") ? 0 : layout.width);
    }
    return text;
}

}  // namespace

std::string render(const Findings& findings, const Layout& layout) {
    std::size_t id_width = 0;
    std::size_t problems = 0;
    std::size_t warnings = 0;
    for (const auto& finding : findings) {
        id_width = std::max(id_width, finding.id.size());
        problems += finding.severity == Severity::problem ? 1 : 0;
        warnings += finding.severity == Severity::warning ? 1 : 0;
    }
    std::string text;
    for (const auto& finding : findings)
        text += render_one(finding, id_width, layout);
    return text + fmt::format("{} problem{}, {} warning{}\n", problems, problems == 1 ? "" : "s", warnings,
                              warnings == 1 ? "" : "s");
}

std::string render_json(const Findings& findings) {
    json::array list;
    for (const auto& finding : findings) {
        list.push_back(json::object{{"id", finding.id},
                                    {"severity", to_string(finding.severity)},
                                    {"seen", finding.seen},
                                    {"why", finding.why},
                                    {"cure", json::array(finding.cure.begin(), finding.cure.end())}});
    }
    return json::serialize(json::object{{"ok", healthy(findings)}, {"findings", std::move(list)}});
}

}  // namespace musterd::app::doctor
