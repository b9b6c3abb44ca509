#pragma once

#include "server/base/diagnostics.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace musterd::profiles {

/// Finds places inside TOML values, which a TOML parser no longer knows: the items of an array of strings, and the
/// byte of a string's value (after escapes) in the file. Expects text that has been parsed without an error; of
/// anything else it gives the place that it was asked about.
class SourceMap {
public:
    SourceMap(std::string file, std::string_view text);

    /// Of item `index` of the array of strings at `array`; of `array` itself if a lone string stands there.
    [[nodiscard]] base::Position item(const base::Position& array, std::size_t index) const;
    /// Of byte `offset` of the value of the string at `text`.
    [[nodiscard]] base::Position byte(const base::Position& text, std::size_t offset) const;

private:
    [[nodiscard]] std::size_t index_of(const base::Position& where) const;
    [[nodiscard]] base::Position position_of(std::size_t index) const;

    std::string file_;
    std::string_view text_;
    std::vector<std::size_t> lines_;  ///< where each line starts
};

}  // namespace musterd::profiles
