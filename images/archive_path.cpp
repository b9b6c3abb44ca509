#include "images/archive_path.hpp"

#include "images/image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace musterd::images {

namespace {

/// As it may be shown: control characters and what is no ASCII become '?'.
std::string shown(std::string_view text) {
    std::string plain(text.substr(0, 200));
    std::replace_if(
        plain.begin(), plain.end(), [](char c) { return c < 0x20 || c == 0x7f; }, '?');
    return plain;
}

std::vector<std::string_view> parts_of(std::string_view text) {
    std::vector<std::string_view> parts;
    for (std::size_t start = 0; start <= text.size();) {
        const auto end = std::min(text.find('/', start), text.size());
        const auto part = text.substr(start, end - start);
        if (!part.empty() && part != ".") parts.push_back(part);
        start = end + 1;
    }
    return parts;
}

std::string joined(const std::vector<std::string_view>& parts) {
    std::string path;
    for (const auto& part : parts) {
        if (!path.empty()) path += '/';
        path += part;
    }
    return path;
}

base::Result<std::string> checked(std::string path, std::string_view written) {
    if (path.empty() || is_path(path)) return path;
    return base::Error(
        fmt::format("\"{}\" in it is not a path that an image can hold (UTF-8, no control characters or "
                    "backslash, at most 1024 bytes)",
                    shown(written)));
}

}  // namespace

base::Result<std::string> entry_path(std::string_view written) {
    if (written.starts_with('/')) return base::Error(fmt::format("\"{}\" in it has an absolute name", shown(written)));
    const auto parts = parts_of(written);
    if (std::find(parts.begin(), parts.end(), "..") != parts.end())
        return base::Error(fmt::format("\"{}\" in it has \"..\" in its name", shown(written)));
    return checked(joined(parts), written);
}

base::Result<std::string> link_target(std::string_view path, std::string_view target) {
    const auto out = [&] {
        return base::Error(fmt::format("the link \"{}\" in it leads out of it, to \"{}\"", shown(path), shown(target)));
    };
    if (target.starts_with('/') || target.empty()) return out();
    auto parts = parts_of(path);
    if (!parts.empty()) parts.pop_back();
    for (const auto& part : parts_of(target)) {
        if (part != "..") {
            parts.push_back(part);
            continue;
        }
        if (parts.empty()) return out();
        parts.pop_back();
    }
    return checked(joined(parts), target);
}

}  // namespace musterd::images
