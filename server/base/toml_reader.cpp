#include "server/base/toml_reader.hpp"

#include "server/base/fd.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

namespace musterd::base {

namespace {

Position position_of(const toml::source_region& source, const std::string& file) {
    return {file, source.begin.line, source.begin.column};
}

std::optional<std::string> scalar_text(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
    return std::nullopt;
}

/// Of an array with nothing but such values.
std::optional<std::vector<std::string>> scalar_texts(const toml::node& node) {
    const auto* array = node.as_array();
    if (array == nullptr) return std::nullopt;
    std::vector<std::string> texts;
    for (const auto& each : *array) {
        auto text = scalar_text(each);
        if (!text) return std::nullopt;
        texts.push_back(std::move(*text));
    }
    return texts;
}

}  // namespace

TomlReader::TomlReader(const toml::table& table, std::string path, std::string file, Diagnostics& problems)
    : table_(table), path_(std::move(path)), file_(std::move(file)), problems_(problems) {
}

const toml::node* TomlReader::find(std::string_view key) {
    known_.emplace(key);
    return table_.get(key);
}

std::string TomlReader::path_of(std::string_view key) const {
    if (path_.empty()) return std::string(key);
    return key.empty() ? path_ : fmt::format("{}.{}", path_, key);
}

Position TomlReader::where(std::string_view key) const {
    if (const auto* node = key.empty() ? nullptr : table_.get(key)) return position_of(node->source(), file_);
    return position_of(table_.source(), file_);
}

bool TomlReader::has(std::string_view key) const {
    return table_.contains(key);
}

void TomlReader::secret_error(std::string_view key, std::string message) {
    problems_.hide_line(where(key));
    error(key, std::move(message));
}

void TomlReader::error(std::string_view key, std::string message) {
    problems_.error(where(key), fmt::format("{}: {}", path_of(key), message));
}

void TomlReader::wrong_type(std::string_view key, std::string_view expected) {
    error(key, fmt::format("expected {}", expected));
}

std::optional<std::string> TomlReader::text(std::string_view key) {
    const auto* node = find(key);
    if (node == nullptr) return std::nullopt;
    if (const auto* value = node->as_string()) return value->get();
    wrong_type(key, "a string");
    return std::nullopt;
}

std::string TomlReader::required_text(std::string_view key) {
    if (!has(key)) {
        find(key);
        problems_.error(where(), path_.empty() ? fmt::format("\"{}\" is missing", key)
                                               : fmt::format("{}: \"{}\" is missing", path_, key));
        return {};
    }
    auto value = text(key).value_or(std::string{});
    if (value.empty() && table_.get(key)->is_string()) error(key, "must not be empty");
    return value;
}

std::optional<std::int64_t> TomlReader::integer(std::string_view key, std::int64_t least, std::int64_t most) {
    const auto* node = find(key);
    if (node == nullptr) return std::nullopt;
    const auto* value = node->as_integer();
    if (value != nullptr && value->get() >= least && value->get() <= most) return value->get();
    wrong_type(key, fmt::format("a whole number from {} to {}", least, most));
    return std::nullopt;
}

std::optional<bool> TomlReader::boolean(std::string_view key) {
    const auto* node = find(key);
    if (node == nullptr) return std::nullopt;
    if (const auto* value = node->as_boolean()) return value->get();
    wrong_type(key, "true or false");
    return std::nullopt;
}

std::vector<std::string> TomlReader::texts(std::string_view key) {
    const auto* node = find(key);
    if (node == nullptr) return {};
    if (const auto* one = node->as_string()) return {one->get()};
    std::vector<std::string> values;
    const auto* array = node->as_array();
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
        const auto* value = array->get(i)->as_string();
        if (value == nullptr) {
            problems_.error(position_of(array->get(i)->source(), file_),
                            fmt::format("{}[{}]: expected a string", path_of(key), i));
            continue;
        }
        values.push_back(value->get());
    }
    if (array == nullptr) wrong_type(key, "a string or an array of strings");
    return values;
}

std::optional<std::string> TomlReader::one_of(std::string_view key, const std::vector<std::string_view>& names) {
    auto value = text(key);
    if (!value) return std::nullopt;
    for (const auto name : names) {
        if (*value == name) return value;
    }
    const auto meant = nearest(*value, names);
    const auto hint = meant.empty() ? std::string{} : fmt::format(" (did you mean \"{}\"?)", meant);
    error(key, fmt::format("\"{}\" is not one of {}{}", *value, fmt::join(names, ", "), hint));
    return std::nullopt;
}

void TomlReader::each_value(std::string_view key,
                            const std::function<bool(const std::string& name, const toml::node&)>& take,
                            std::string_view expected) {
    const auto* node = find(key);
    if (node == nullptr) return;
    const auto* table = node->as_table();
    if (table == nullptr) return wrong_type(key, "a table");
    for (const auto& [name, value] : *table) {
        if (take(std::string(name.str()), value)) continue;
        problems_.error(position_of(value.source(), file_),
                        fmt::format("{}.{}: expected {}", path_of(key), name.str(), expected));
    }
}

std::map<std::string, std::string> TomlReader::text_map(std::string_view key) {
    std::map<std::string, std::string> values;
    each_value(
        key,
        [&values](const std::string& name, const toml::node& value) {
            auto text = scalar_text(value);
            return text && values.emplace(name, std::move(*text)).second;
        },
        "a string, number or boolean");
    return values;
}

std::map<std::string, TomlReader::TextOrList> TomlReader::value_map(std::string_view key) {
    std::map<std::string, TextOrList> values;
    each_value(
        key,
        [&values](const std::string& name, const toml::node& value) {
            if (auto text = scalar_text(value)) return values.emplace(name, std::move(*text)).second;
            auto list = scalar_texts(value);
            return list && values.emplace(name, std::move(*list)).second;
        },
        "a string, number or boolean, or an array of these");
    return values;
}

void TomlReader::child(std::string_view key, const std::function<void(TomlReader&)>& read) {
    const auto* node = find(key);
    if (node == nullptr) return;
    const auto* table = node->as_table();
    if (table == nullptr) return wrong_type(key, "a table");
    TomlReader reader(*table, path_of(key), file_, problems_);
    read(reader);
    reader.finish();
}

void TomlReader::each(std::string_view key, const std::function<void(TomlReader&)>& read) {
    const auto* node = find(key);
    if (node == nullptr) return;
    const auto* array = node->as_array();
    if (array == nullptr) return wrong_type(key, fmt::format("an array of tables: write [[{}]]", path_of(key)));
    for (std::size_t i = 0; i < array->size(); ++i) {
        const auto* table = array->get(i)->as_table();
        if (table == nullptr) {
            problems_.error(position_of(array->get(i)->source(), file_),
                            fmt::format("{}[{}]: expected a table", path_of(key), i));
            continue;
        }
        TomlReader reader(*table, fmt::format("{}[{}]", path_of(key), i), file_, problems_);
        read(reader);
        reader.finish();
    }
}

void TomlReader::each_named(std::string_view key,
                            const std::function<void(const std::string& name, TomlReader&)>& read) {
    const auto* node = find(key);
    if (node == nullptr) return;
    const auto* tables = node->as_table();
    if (tables == nullptr) return wrong_type(key, fmt::format("named tables: write [{}.NAME]", path_of(key)));
    for (const auto& [name, value] : *tables) {
        const auto path = fmt::format("{}.{}", path_of(key), name.str());
        const auto* table = value.as_table();
        if (table == nullptr) {
            problems_.error(position_of(value.source(), file_), fmt::format("{}: expected a table", path));
            continue;
        }
        TomlReader reader(*table, path, file_, problems_);
        read(std::string(name.str()), reader);
        reader.finish();
    }
}

void TomlReader::finish() {
    const std::vector<std::string_view> known(known_.begin(), known_.end());
    for (const auto& [key, value] : table_) {
        if (known_.contains(key.str())) continue;
        const auto meant = nearest(key.str(), known);
        const auto hint = meant.empty() ? std::string{} : fmt::format("; did you mean \"{}\"?", meant);
        problems_.error(position_of(key.source(), file_), fmt::format("{}: unknown key{}", path_of(key.str()), hint));
    }
}

void read_toml(const std::string& file, std::string_view text, Diagnostics& problems,
               const std::function<void(TomlReader&)>& read) {
    problems.add_source(file, std::string(text));
    try {
        const auto table = toml::parse(text, std::string_view(file));
        TomlReader reader(table, {}, file, problems);
        read(reader);
        reader.finish();
    } catch (const toml::parse_error& error) {
        problems.error(position_of(error.source(), file), std::string(error.description()));
    }
}

void read_toml_file(const std::string& file, Diagnostics& problems, const std::function<void(TomlReader&)>& read) {
    const auto text = read_file(file);
    if (!text) return problems.error({file, 0, 0}, text.error().code().message());
    read_toml(file, *text, problems, read);
}

}  // namespace musterd::base
