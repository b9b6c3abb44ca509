// [[machines]] tables into WrittenRules.
#include "profiles/selector.hpp"
#include "profiles/written.hpp"

#include <fmt/format.h>

namespace musterd::profiles {

namespace {

/// Those that firmware tells of (dhcp/architecture.cpp), by Debian's names.
const std::vector<std::string_view> architectures{"amd64", "i386", "arm64", "armhf", "riscv64", "loong64"};

Selector read_selector(base::TomlReader& reader) {
    Selector selector;
    selector.arch = reader.one_of("arch", architectures).value_or("");
    selector.vendor_class = reader.text("vendor_class").value_or("");
    selector.interface = reader.text("interface").value_or("");
    selector.circuit = reader.text("circuit").value_or("");
    const auto prefix = reader.text("mac_prefix");
    if (!prefix) return selector;
    selector.mac_prefix = parse_mac_prefix(*prefix);
    if (selector.mac_prefix.empty())
        reader.error("mac_prefix", fmt::format("\"{}\" is not the beginning of a MAC, as \"b8:ce:f6\" is", *prefix));
    return selector;
}

WrittenRule read_rule(base::TomlReader& reader, std::string path) {
    WrittenRule written;
    written.path = std::move(path);
    written.rule.where = reader.where();
    written.rule.selector = read_selector(reader);
    written.profile = reader.required_text("profile");
    written.profile_at = reader.where("profile");
    written.vars = read_vars(reader);
    written.vars_at = reader.where("vars");
    written.firmware = read_firmware_choices(reader);
    const bool conditions = reader.has("arch") || reader.has("vendor_class") || reader.has("interface") ||
                            reader.has("circuit") || reader.has("mac_prefix");
    if (!conditions) {
        reader.error("",
                     "no condition is set (arch, vendor_class, interface, circuit, mac_prefix); for all machines "
                     "that no host names, set dhcp.unknown_hosts to the profile");
    }
    return written;
}

}  // namespace

void read_machines(base::TomlReader& root, const Reading& /*file*/, std::vector<WrittenRule>& rules) {
    std::size_t index = 0;
    root.each("machines", [&](base::TomlReader& reader) {
        rules.push_back(read_rule(reader, fmt::format("machines[{}]", index++)));
    });
}

}  // namespace musterd::profiles
