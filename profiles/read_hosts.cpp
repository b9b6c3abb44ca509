// [[host]] tables into WrittenHosts.
#include "profiles/written.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace musterd::profiles {

namespace {

/// gethostname(2): HOST_NAME_MAX of Linux, which is less than the 255 of DNS.
constexpr std::size_t longest_host_name = 64;

bool is_lower_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// RFC 1123 2.1, in lower case as Kubernetes wants its node names.
bool is_label(std::string_view label) {
    return !label.empty() && label.size() <= 63 && is_lower_or_digit(label.front()) &&
           is_lower_or_digit(label.back()) &&
           std::all_of(label.begin(), label.end(), [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

bool is_host_name(std::string_view name) {
    if (name.size() > longest_host_name) return false;
    for (std::size_t start = 0; start <= name.size();) {
        const auto end = std::min(name.find('.', start), name.size());
        if (!is_label(name.substr(start, end - start))) return false;
        start = end + 1;
    }
    return true;
}

void read_name(base::TomlReader& reader, WrittenHost& written) {
    auto& name = written.host.name;
    name = reader.required_text("name");
    written.name_at = reader.where("name");
    if (name.empty() || is_host_name(name)) return;
    reader.error("name", fmt::format("\"{}\" is not a host name: a-z, 0-9 and '-' (RFC 1123), at most {} characters",
                                     name, longest_host_name));
}

std::string problem_of(const base::Mac& mac) {
    if (mac.none()) return "is no machine's: all zero";
    // IEEE 802: the lowest bit of the first octet marks group addresses.
    if ((mac.octets()[0] & 1U) != 0) return "is no machine's: a group address";
    return {};
}

void read_macs(base::TomlReader& reader, const Reading& file, WrittenHost& written) {
    const auto array = reader.where("mac");
    const auto texts = reader.texts("mac");
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto where = file.map.item(array, i);
        const auto mac = base::Mac::parse(texts[i]);
        const auto problem = mac ? problem_of(*mac) : std::string{};
        if (!mac)
            file.problems.error(where, fmt::format("{}.mac: {}", written.path, mac.error().message()));
        else if (!problem.empty())
            file.problems.error(where, fmt::format("{}.mac: \"{}\" {}", written.path, texts[i], problem));
        if (!mac || !problem.empty()) continue;
        written.host.macs.push_back(*mac);
        written.macs_at.push_back(where);
    }
}

void read_uuid(base::TomlReader& reader, WrittenHost& written) {
    const auto text = reader.text("uuid");
    if (!text) return;
    written.uuid_at = reader.where("uuid");
    const auto uuid = base::Uuid::parse(*text);
    if (!uuid) return reader.error("uuid", uuid.error().message());
    if (uuid->none()) return reader.error("uuid", "is no machine's: firmware without a UUID sends it");
    written.host.uuid = *uuid;
}

WrittenHost read_host(base::TomlReader& reader, const Reading& file, std::string path) {
    WrittenHost written;
    written.path = std::move(path);
    written.host.where = reader.where();
    read_name(reader, written);
    read_macs(reader, file, written);
    read_uuid(reader, written);
    written.host.serial = reader.text("serial").value_or("");
    written.serial_at = reader.where("serial");
    written.host.profile = reader.required_text("profile");
    written.profile_at = reader.where("profile");
    written.host.vars = read_vars(reader);
    written.vars_at = reader.where("vars");
    written.host.secrets = read_secrets(reader, file);
    written.host.lease = read_lease(reader);
    written.address_at = reader.where("address");
    written.host.firmware = read_firmware_choices(reader);
    written.host.seed = read_seed(reader, file, written.path);
    written.host.k3s = read_k3s(reader);
    const bool identified = reader.has("mac") || reader.has("uuid") || !written.host.serial.empty();
    if (!identified) {
        file.problems.error(reader.where(), fmt::format("{}: none of \"mac\", \"uuid\" and \"serial\" is set, so no "
                                                        "machine can be known as it",
                                                        written.path));
    }
    return written;
}

}  // namespace

void read_hosts(base::TomlReader& root, const Reading& file, std::vector<WrittenHost>& hosts) {
    std::size_t index = 0;
    root.each("host", [&](base::TomlReader& reader) {
        hosts.push_back(read_host(reader, file, fmt::format("host[{}]", index++)));
    });
}

}  // namespace musterd::profiles
