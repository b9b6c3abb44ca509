#include "http/content_type.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace musterd::http {

namespace {

bool ends_with_any_case(std::string_view path, std::string_view suffix) {
    if (path.size() < suffix.size()) return false;
    const auto tail = path.substr(path.size() - suffix.size());
    return std::equal(tail.begin(), tail.end(), suffix.begin(), [](char given, char lower) {
        return (given >= 'A' && given <= 'Z' ? static_cast<char>(given + ('a' - 'A')) : given) == lower;
    });
}

}  // namespace

std::string_view content_type_of(std::string_view path) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> types = {{
        {".efi", "application/efi"},
        {".iso", "application/vnd.efi-iso"},
        {".img", "application/vnd.efi-img"},
    }};
    for (const auto& [suffix, type] : types) {
        if (ends_with_any_case(path, suffix)) return type;
    }
    return "application/octet-stream";
}

}  // namespace musterd::http
