#include "server/base/size.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace musterd::base {

Result<std::uint64_t> parse_size(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, unsigned>, 5> units{
        {{"", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}}};
    std::uint64_t number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    const auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
    for (const auto& [name, shift] : units) {
        const bool fits = number <= (UINT64_MAX >> shift);
        if (code == std::errc{} && unit == name && fits) return number << shift;
    }
    return Error(fmt::format("\"{}\" is not a size (expected 512MiB, 1GiB)", text));
}

}  // namespace musterd::base
