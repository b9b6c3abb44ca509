#include "profiles/firmware_choices.hpp"

#include "server/base/machine.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

namespace musterd::profiles {

namespace {

template <class Value>
using Names = std::vector<std::pair<std::string_view, Value>>;

template <class Value>
std::optional<Value> read_choice(base::TomlReader& reader, std::string_view key, const Names<Value>& names) {
    std::vector<std::string_view> words;
    for (const auto& [name, value] : names)
        words.push_back(name);
    const auto word = reader.one_of(key, words);
    if (!word) return std::nullopt;
    const auto found = std::ranges::find(names, std::string_view(*word), &std::pair<std::string_view, Value>::first);
    return found->second;
}

template <class Value>
void replace(std::optional<Value>& value, const std::optional<Value>& by) {
    if (by) value = by;
}

/// A file of the loaders' folder, perhaps in a folder of it. 127 bytes is what DHCP's `file` holds (RFC 2131 2).
bool is_loader_name(std::string_view name) {
    return !name.empty() && name.size() <= 127 && name.front() != '/' && name.find("..") == std::string_view::npos &&
           std::all_of(name.begin(), name.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '\\'; });
}

void read_loaders(base::TomlReader& reader, FirmwareChoices& choices) {
    for (auto& [family, file] : reader.text_map("loaders")) {
        const auto& families = base::loader_families;
        if (std::find(families.begin(), families.end(), family) == families.end()) {
            const auto meant = base::nearest(family, {families.begin(), families.end()});
            reader.error("loaders", fmt::format("there is no \"{}\"{}; known are {}", family,
                                                meant.empty() ? "" : fmt::format(", did you mean \"{}\"?", meant),
                                                fmt::join(families, ", ")));
        } else if (!is_loader_name(file)) {
            reader.error("loaders",
                         fmt::format("\"{}\" is not the name of a file in the loaders' folder: relative, without "
                                     "\"..\" and blanks, at most 127 characters",
                                     file));
        } else {
            choices.loaders.emplace(family, file);
        }
    }
}

/// A vendor class goes into option 60, whose length has one byte.
void read_reply_class(base::TomlReader& reader, FirmwareChoices& choices) {
    const auto text = reader.text("reply_class");
    if (!text) return;
    const bool printable = std::all_of(text->begin(), text->end(), [](char c) { return c >= 0x20 && c < 0x7f; });
    if (text->empty() || text->size() > 255 || !printable) {
        return reader.error("reply_class",
                            "must be \"echo\", \"PXEClient\" or another class of printable ASCII, "
                            "1 to 255 characters");
    }
    choices.reply_class = *text;
}

}  // namespace

void FirmwareChoices::lay_over(const FirmwareChoices& more_specific) {
    for (const auto& [family, file] : more_specific.loaders)
        loaders.insert_or_assign(family, file);
    replace(secure_boot, more_specific.secure_boot);
    replace(ipxe, more_specific.ipxe);
    replace(local_boot, more_specific.local_boot);
    replace(option43, more_specific.option43);
    if (!more_specific.reply_class.empty()) reply_class = more_specific.reply_class;
}

FirmwareChoices read_firmware_choices(base::TomlReader& reader) {
    FirmwareChoices choices;
    read_loaders(reader, choices);
    choices.secure_boot = read_choice<SecureBoot>(
        reader, "secure_boot", {{"auto", SecureBoot::automatic}, {"on", SecureBoot::on}, {"off", SecureBoot::off}});
    choices.ipxe = read_choice<IpxeStart>(reader, "ipxe", {{"script", IpxeStart::script}, {"chain", IpxeStart::chain}});
    choices.local_boot = read_choice<LocalBoot>(reader, "local_boot",
                                                {{"auto", LocalBoot::automatic},
                                                 {"exit", LocalBoot::exit},
                                                 {"sanboot", LocalBoot::sanboot},
                                                 {"chain", LocalBoot::chain},
                                                 {"none", LocalBoot::silence}});
    choices.option43 = read_choice<DiscoveryOption>(reader, "option43",
                                                    {{"auto", DiscoveryOption::automatic},
                                                     {"direct", DiscoveryOption::direct},
                                                     {"menu", DiscoveryOption::menu},
                                                     {"none", DiscoveryOption::none}});
    read_reply_class(reader, choices);
    return choices;
}

}  // namespace musterd::profiles
