#include "tftp/path.hpp"

#include "server/base/bytes.hpp"
#include "server/base/utf8.hpp"

#include <algorithm>
#include <cerrno>

namespace musterd::tftp {

namespace {

bool control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

/// DHCP servers that end option 67 with 0xFF inside its length, and ROMs that do not end `file`, make clients ask for
/// names with such bytes behind (netboot.xyz #1198).
std::string_view without_tail(std::string_view name) {
    while (!name.empty() && (name.back() == '\xff' || control(name.back())))
        name.remove_suffix(1);
    return name;
}

std::string_view without_scheme(std::string_view name) {
    constexpr std::string_view scheme = "tftp://";
    if (!name.starts_with(scheme)) return name;
    const auto slash = name.find('/', scheme.size());
    return slash == std::string_view::npos ? std::string_view{} : name.substr(slash + 1);
}

bool is_text(std::string_view name) {
    while (!name.empty()) {
        const auto length = base::utf8_sequence(name);
        if (length == 0 || control(name.front())) return false;
        name.remove_prefix(length);
    }
    return true;
}

}  // namespace

base::Result<std::string> clean_path(std::string_view asked) {
    asked = without_tail(asked.substr(0, asked.find('\0')));
    std::string slashed(asked);
    std::replace(slashed.begin(), slashed.end(), '\\', '/');
    std::string_view rest = without_scheme(slashed);
    if (!is_text(rest)) return base::Error::from_errno("a name that is not text", ENOENT);

    std::string path;
    while (!rest.empty()) {
        const auto slash = std::min(rest.find('/'), rest.size());
        const auto segment = rest.substr(0, slash);
        rest.remove_prefix(std::min(slash + 1, rest.size()));
        if (segment == "..") return base::Error::from_errno("a name with '..' in it", EACCES);
        if (segment.empty() || segment == ".") continue;
        if (!path.empty()) path += '/';
        path += segment;
    }
    if (path.empty()) return base::Error::from_errno("an empty name", ENOENT);
    return path;
}

}  // namespace musterd::tftp
