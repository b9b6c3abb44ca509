#include "profiles/source_map.hpp"

#include <algorithm>

namespace musterd::profiles {

namespace {

bool continues_character(char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

/// One string of a TOML text: walks from character to character of its value. TOML 1.0, "String".
class StringCursor {
public:
    StringCursor(std::string_view text, std::size_t start) : text_(text), at_(start) {
        quote_ = at_ < text_.size() ? text_[at_] : '\0';
        valid_ = quote_ == '"' || quote_ == '\'';
        multi_line_ = valid_ && text_.substr(at_).starts_with(std::string(3, quote_));
        at_ += multi_line_ ? 3 : 1;
        // A line end right behind the opening quotes is not part of the value.
        if (multi_line_ && rest().starts_with("\r\n"))
            at_ += 2;
        else if (multi_line_ && rest().starts_with('\n'))
            at_ += 1;
        skip_folded_lines();
    }

    [[nodiscard]] bool valid() const { return valid_; }
    [[nodiscard]] std::size_t at() const { return at_; }
    [[nodiscard]] bool done() const {
        if (at_ >= text_.size()) return true;
        if (!multi_line_) return text_[at_] == quote_;
        // Up to two quotes may stand before the closing three.
        const std::string three(3, quote_);
        return rest().starts_with(three) && !text_.substr(at_ + 1).starts_with(three);
    }
    [[nodiscard]] std::size_t behind() const { return at_ + (multi_line_ ? 3 : 1); }

    /// Passes one character or escape; gives the bytes that it adds to the value.
    std::size_t pass() {
        const auto [written, value] = width();
        at_ += written;
        skip_folded_lines();
        return value;
    }

private:
    struct Width {
        std::size_t written;
        std::size_t value;
    };

    [[nodiscard]] std::string_view rest() const { return text_.substr(std::min(at_, text_.size())); }
    [[nodiscard]] bool escapes() const { return quote_ == '"'; }

    [[nodiscard]] Width width() const {
        if (!escapes() || text_[at_] != '\\' || at_ + 1 >= text_.size()) return {1, 1};
        const char kind = text_[at_ + 1];
        if (kind == 'u') return {6, utf8_length(text_.substr(at_ + 2, 4))};
        if (kind == 'U') return {10, utf8_length(text_.substr(at_ + 2, 8))};
        return {2, 1};
    }

    static std::size_t utf8_length(std::string_view hex) {
        std::uint32_t code = 0;
        for (const char c : hex) {
            const auto digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
            code = code << 4U | static_cast<std::uint32_t>(digit & 0xf);
        }
        return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    }

    /// A backslash at the end of a line, and all white space after it, are not part of the value.
    void skip_folded_lines() {
        while (multi_line_ && escapes() && rest().starts_with('\\')) {
            const auto ends = text_.find_first_not_of(" \t", at_ + 1);
            if (ends == std::string_view::npos || (text_[ends] != '\n' && text_[ends] != '\r')) return;
            at_ = std::min(text_.find_first_not_of(" \t\r\n", ends), text_.size());
        }
    }

    std::string_view text_;
    std::size_t at_;
    char quote_ = '\0';
    bool valid_ = false;
    bool multi_line_ = false;
};

/// From inside an array: past white space, commas and comments.
std::size_t next_item(std::string_view text, std::size_t at) {
    while (true) {
        at = std::min(text.find_first_not_of(" \t\r\n,", at), text.size());
        if (at == text.size() || text[at] != '#') return at;
        at = std::min(text.find('\n', at), text.size());
    }
}

}  // namespace

SourceMap::SourceMap(std::string file, std::string_view text) : file_(std::move(file)), text_(text), lines_{0} {
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', end + 1)) {
        lines_.push_back(end + 1);
    }
}

std::size_t SourceMap::index_of(const base::Position& where) const {
    if (where.line == 0 || where.line > lines_.size()) return text_.size();
    auto index = lines_[where.line - 1];
    for (std::uint32_t column = 1; column < where.column && index < text_.size(); ++column) {
        ++index;
        while (index < text_.size() && continues_character(text_[index])) {
            ++index;
        }
    }
    return index;
}

base::Position SourceMap::position_of(std::size_t index) const {
    const auto after = std::upper_bound(lines_.begin(), lines_.end(), index);
    const auto line = static_cast<std::uint32_t>(after - lines_.begin());
    std::uint32_t column = 1;
    for (auto at = lines_[line - 1]; at < index; ++at) {
        if (at == lines_[line - 1] || !continues_character(text_[at])) ++column;
    }
    return {file_, line, column};
}

base::Position SourceMap::item(const base::Position& array, std::size_t index) const {
    auto at = index_of(array);
    if (at >= text_.size() || text_[at] != '[') return array;
    at = next_item(text_, at + 1);
    for (std::size_t passed = 0; passed < index; ++passed) {
        StringCursor cursor(text_, at);
        if (!cursor.valid()) return array;
        while (!cursor.done()) {
            cursor.pass();
        }
        at = next_item(text_, cursor.behind());
    }
    return at < text_.size() ? position_of(at) : array;
}

base::Position SourceMap::byte(const base::Position& text, std::size_t offset) const {
    StringCursor cursor(text_, index_of(text));
    if (!cursor.valid()) return text;
    for (std::size_t value = 0; value < offset && !cursor.done();) {
        value += cursor.pass();
    }
    return cursor.at() < text_.size() ? position_of(cursor.at()) : text;
}

}  // namespace musterd::profiles
