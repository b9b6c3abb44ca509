#include "server/app/terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace musterd::app {

namespace {

/// How many bytes of it are one escape sequence (ECMA-48 5.4, SGR only), 0 if it begins with none.
std::size_t escape_sequence(std::string_view text) {
    if (!text.starts_with("\x1b[")) return 0;
    const auto end = text.find('m');
    return end == std::string_view::npos ? 0 : end + 1;
}

bool begins_code_point(char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
}

std::size_t columns_of(int descriptor) {
    constexpr std::size_t usual = 80;
    winsize size{};
    return ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : usual;
}

}  // namespace

std::size_t standard_error_columns() {
    return columns_of(STDERR_FILENO);
}

Terminal standard_output() {
    Terminal terminal;
    if (::isatty(STDOUT_FILENO) == 0) return terminal;
    const char* no_colour = std::getenv("NO_COLOR");
    const char* kind = std::getenv("TERM");
    const bool dumb = kind == nullptr || std::string_view(kind) == "dumb";
    terminal.colour = (no_colour == nullptr || *no_colour == '\0') && !dumb;
    terminal.columns = columns_of(STDOUT_FILENO);
    return terminal;
}

std::string painted(std::string_view text, std::string_view condition, const Terminal& terminal) {
    const int colour = condition == "ok" ? 32 : condition == "held" ? 33 : 31;
    if (!terminal.colour || text.empty()) return std::string(text);
    return fmt::format("\x1b[{}m{}\x1b[0m", colour, text);
}

std::size_t columns(std::string_view text) {
    std::size_t count = 0;
    while (!text.empty()) {
        const auto escape = escape_sequence(text);
        if (escape == 0 && begins_code_point(text.front())) ++count;
        text.remove_prefix(escape == 0 ? 1 : escape);
    }
    return count;
}

std::string cut(std::string text, std::size_t most) {
    if (columns(text) <= most) return text;
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto escape = escape_sequence(std::string_view(text).substr(at));
        if (escape == 0 && begins_code_point(text[at]) && ++count >= most) {
            const bool coloured = text.find('\x1b') != std::string::npos;
            text.resize(at);
            return text + (coloured ? "…\x1b[0m" : "…");
        }
        at += escape == 0 ? 1 : escape;
    }
    return text;
}

}  // namespace musterd::app
