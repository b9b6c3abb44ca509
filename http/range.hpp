#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace musterd::http {

/// Which bytes of a representation a Range field (RFC 9110 14.2) leads to.
struct RangeChoice {
    enum class Kind {
        whole,         ///< 200: no range, one that we may ignore, or several that leave gaps
        part,          ///< 206
        unsatisfiable  ///< 416
    };
    Kind kind = Kind::whole;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;  ///< total for `whole`, 0 for `unsatisfiable`

    bool operator==(const RangeChoice&) const = default;
};

/// `field` is the value of Range, empty for none; `total` the size of the representation. Several ranges that touch or
/// overlap, in any order, are one (RFC 9110 15.3.7.2). Malformed ranges, several with gaps between them, and other
/// units give the whole, which 14.2 allows: no boot client sends them, and multipart/byteranges is for nobody here. A
/// range of an empty file gives the whole too: there is nothing that could be misplaced.
RangeChoice choose_range(std::string_view field, std::uint64_t total);

/// Value of Content-Range for 206 ("bytes 5-9/20") and 416 ("bytes */20"); empty for the whole.
std::string content_range(const RangeChoice& choice, std::uint64_t total);

}  // namespace musterd::http
