#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace musterd::base {

/// Bytes of the UTF-8 sequence that `text` begins with, 0 if it is none: no overlong forms, no surrogates, nothing past
/// U+10FFFF (RFC 3629 4), because JSON readers are as strict.
std::size_t utf8_sequence(std::string_view text);
bool is_utf8(std::string_view text);
/// The text, with U+FFFD for each byte that is none.
std::string to_utf8(std::string_view text);
/// The same as one line for a log or a terminal: control characters, which could forge a line or steer a terminal, are
/// spaces.
std::string one_line(std::string_view text);

}  // namespace musterd::base
