#pragma once

#include "server/base/diagnostics.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace toml {
inline namespace v3 {
class table;
class node;
}  // namespace v3
}  // namespace toml

namespace musterd::base {

/// Reads one table of a TOML document: each getter marks its key as known, reports a wrong type with its place, and
/// goes on, so that all problems of a file come out together. finish() reports keys that nobody asked for.
class TomlReader {
public:
    TomlReader(const toml::table& table, std::string path, std::string file, Diagnostics& problems);

    std::optional<std::string> text(std::string_view key);
    std::string required_text(std::string_view key);
    std::optional<std::int64_t> integer(std::string_view key, std::int64_t least, std::int64_t most);
    std::optional<bool> boolean(std::string_view key);
    /// A string, or an array of strings.
    std::vector<std::string> texts(std::string_view key);
    /// One of `names`; anything else is an error that lists them.
    std::optional<std::string> one_of(std::string_view key, const std::vector<std::string_view>& names);
    /// A table of strings (numbers and booleans become their text).
    std::map<std::string, std::string> text_map(std::string_view key);
    /// The same, where a value may also be an array of such.
    using TextOrList = std::variant<std::string, std::vector<std::string>>;
    std::map<std::string, TextOrList> value_map(std::string_view key);

    [[nodiscard]] bool has(std::string_view key) const;
    /// Calls `read` with the sub-table, if there is one.
    void child(std::string_view key, const std::function<void(TomlReader&)>& read);
    /// Calls `read` with each table of an array of tables ([[key]]).
    void each(std::string_view key, const std::function<void(TomlReader&)>& read);
    /// Calls `read` with each named sub-table ([key.NAME]).
    void each_named(std::string_view key, const std::function<void(const std::string& name, TomlReader&)>& read);

    /// Where the value (or, without it, the table) stands.
    [[nodiscard]] Position where(std::string_view key = {}) const;
    void error(std::string_view key, std::string message);
    /// The same, of what holds a secret: its line is not shown.
    void secret_error(std::string_view key, std::string message);
    /// Reports every key not asked for, with a did-you-mean. Call last.
    void finish();

private:
    const toml::node* find(std::string_view key);
    void each_value(std::string_view key, const std::function<bool(const std::string& name, const toml::node&)>& take,
                    std::string_view expected);
    void wrong_type(std::string_view key, std::string_view expected);
    [[nodiscard]] std::string path_of(std::string_view key) const;

    const toml::table& table_;
    std::string path_;
    std::string file_;
    Diagnostics& problems_;
    std::set<std::string, std::less<>> known_;
};

/// Parses `text` and calls `read` with its root, then finish(). A syntax error is one problem with its place.
void read_toml(const std::string& file, std::string_view text, Diagnostics& problems,
               const std::function<void(TomlReader&)>& read);
/// The same from the file system; a file that cannot be read is a problem too.
void read_toml_file(const std::string& file, Diagnostics& problems, const std::function<void(TomlReader&)>& read);

}  // namespace musterd::base
