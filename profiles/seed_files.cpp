#include "profiles/seed_files.hpp"

#include "server/base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace musterd::profiles {

namespace {

using Start = std::pair<std::string_view, std::string_view>;
constexpr std::string_view jinja = "text/jinja2";
/// A longer start before one that it begins with.
constexpr std::array starts{
    Start{"#cloud-config-archive", "text/cloud-config-archive"},
    Start{"#cloud-config", "text/cloud-config"},
    Start{"#cloud-boothook", "text/cloud-boothook"},
    Start{"#include-once", "text/x-include-once-url"},
    Start{"#include", "text/x-include-url"},
    Start{"#part-handler", "text/part-handler"},
    Start{"#!", "text/x-shellscript"},
    Start{"## template: jinja", jinja},
};

std::vector<std::size_t> line_starts(std::string_view text) {
    std::vector<std::size_t> lines{0};
    for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
        lines.push_back(at + 1);
    }
    return lines;
}

/// What cloud-init cannot be given, as the end of a sentence; empty if nothing is wrong.
std::string problem_of(std::string_view text, bool is_part) {
    if (!base::is_utf8(text) || text.find('\0') != std::string_view::npos) return "is not a text in UTF-8";
    if (!is_part || !cloud_init_type(text).empty()) return {};
    return "starts with no line that cloud-init knows, which would ignore it: #cloud-config, #!/bin/sh, "
           "#cloud-boothook, #include, #cloud-config-archive, #part-handler or ## template: jinja";
}

}  // namespace

std::string_view cloud_init_type(std::string_view text) {
    const auto found = std::find_if(starts.begin(), starts.end(),
                                    [text](const Start& start) { return text.starts_with(start.first); });
    return found == starts.end() ? std::string_view{} : found->second;
}

base::Position SeedFile::place(std::size_t offset) const {
    const auto behind = std::upper_bound(lines.begin(), lines.end(), offset);
    const auto line = static_cast<std::size_t>(behind - lines.begin());
    const auto start = line == 0 ? 0 : lines[line - 1];
    return {file, static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(offset - start + 1)};
}

SeedFile standard_document(std::string name, std::string_view text) {
    SeedFile made{std::move(name), std::string(cloud_init_type(text)), {}, {}, line_starts(text), true};
    auto parsed = Template::parse(text);  // ours, so a mistake in one is a bug that the first test finds
    if (parsed) made.text = std::move(*parsed);
    return made;
}

std::string SeedFile::render(const Template::Values& values) const {
    return text ? text->render(values) : verbatim;
}

void SeedFiles::lay_over(const SeedFiles& over) {
    if (over.user_data) user_data = over.user_data;
    if (over.vendor_data) vendor_data = over.vendor_data;
    for (const auto& each : single_documents) {
        if (over.*each.part) this->*each.part = over.*each.part;
    }
}

std::vector<SeedFiles::Part> SeedFiles::all() const {
    std::vector<Part> parts;
    for (const auto* list : {&user_data, &vendor_data}) {
        if (*list) parts.insert(parts.end(), (*list)->begin(), (*list)->end());
    }
    for (const auto& each : single_documents) {
        if (this->*each.part) parts.push_back(this->*each.part);
    }
    return parts;
}

SeedFiles::Part SeedReader::read(const std::filesystem::path& file, bool is_part, const base::Position& named_at,
                                 const std::string& named_by, base::Diagnostics& problems) {
    const auto known = known_.find({file, is_part});
    if (known != known_.end()) return known->second;
    const auto refuse = [&](const std::string& why) {
        problems.error(named_at, fmt::format("{}{} {}", named_by, file.string(), why));
        return nullptr;
    };
    const auto text = read_(file);
    if (!text) return refuse(fmt::format("cannot be read: {}", text.error().code().message()));
    if (const auto why = problem_of(*text, is_part); !why.empty()) return refuse(why);
    SeedFile made{file.string(), std::string(cloud_init_type(*text)), {}, {}, line_starts(*text)};
    problems.add_source(made.file, *text);
    // cloud-init's own templates use the same braces, for names that are known on the machine only.
    if (made.media_type == jinja) {
        made.verbatim = *text;
    } else {
        auto parsed = Template::parse(*text);
        if (!parsed) {
            problems.error(made.place(parsed.error().offset), parsed.error().message);
            return nullptr;
        }
        made.text = std::move(*parsed);
    }
    const auto part = std::make_shared<const SeedFile>(std::move(made));
    known_.emplace(std::pair(file, is_part), part);
    return part;
}

}  // namespace musterd::profiles
