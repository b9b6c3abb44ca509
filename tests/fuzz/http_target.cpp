// Any text as a request target: what comes out never leaves the tree, and folding it again changes nothing.
#include "http/target.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    const auto target = musterd::http::parse_target(text);
    if (!target) return 0;
    const std::string& path = target->path;
    if (!path.starts_with('/') || path.find('\0') != std::string::npos) std::abort();
    for (const std::string_view bad : {"//", "/./", "/../"}) {
        if ((path + "/").find(bad) != std::string::npos && !(bad == "//" && path.ends_with('/'))) std::abort();
    }
    if (path.find("//") != std::string::npos) std::abort();
    return 0;
}
