// musterd.toml into WrittenConfig.
#include "profiles/webhook.hpp"
#include "profiles/written.hpp"
#include "server/base/clock.hpp"
#include "server/base/size.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace musterd::profiles {

namespace {

/// IFNAMSIZ, less the NUL that ends it.
constexpr std::size_t longest_interface_name = 15;

/// dev_valid_name() of net/core/dev.c: not "." or "..", no '/', ':' or white space.
bool is_interface_name(std::string_view name) {
    return !name.empty() && name.size() <= longest_interface_name && name != "." && name != ".." &&
           std::none_of(name.begin(), name.end(), [](char c) {
               return c == '/' || c == ':' || c == 0x7f || static_cast<unsigned char>(c) <= 0x20;
           });
}

void read_path(base::TomlReader& reader, std::string_view key, const std::filesystem::path& folder,
               std::filesystem::path& path) {
    const auto text = reader.text(key);
    if (text && text->empty()) reader.error(key, "must not be empty");
    if (text) path = *text;
    path = (folder / path).lexically_normal();
}

void read_network(base::TomlReader& reader, NetworkConfig& network) {
    network.interfaces = reader.texts("interfaces");
    for (const auto& name : network.interfaces) {
        if (is_interface_name(name)) continue;
        reader.error("interfaces", fmt::format("\"{}\" is not the name of an interface", name));
    }
    const auto port = reader.integer("http_port", 1, 65535);
    if (port) network.http_port = static_cast<std::uint16_t>(*port);
    const auto tls_port = reader.integer("https_port", 1, 65535);
    if (tls_port) network.https_port = static_cast<std::uint16_t>(*tls_port);
    const auto downloads = reader.integer("max_downloads", 1, 1'000'000);
    if (downloads) network.max_downloads = static_cast<std::size_t>(*downloads);
}

void read_classes(base::TomlReader& dhcp_reader, DhcpConfig& dhcp) {
    dhcp_reader.each("class", [&](base::TomlReader& reader) {
        VendorClass written;
        written.prefix = reader.required_text("prefix");
        written.http = reader.one_of("transport", {"pxe", "http"}) == "http";
        written.firmware = read_firmware_choices(reader);
        const auto same = [&](const VendorClass& other) { return other.prefix == written.prefix; };
        if (std::any_of(dhcp.classes.begin(), dhcp.classes.end(), same)) {
            reader.error("prefix", fmt::format("there is another class with the prefix \"{}\"", written.prefix));
        }
        if (!written.prefix.empty()) dhcp.classes.push_back(std::move(written));
    });
    std::stable_sort(dhcp.classes.begin(), dhcp.classes.end(),
                     [](const auto& a, const auto& b) { return a.prefix.size() > b.prefix.size(); });
}

void read_dhcp(base::TomlReader& reader, DhcpConfig& dhcp) {
    const auto mode = reader.one_of("mode", {"proxy", "off"});
    if (mode) dhcp.mode = *mode == "off" ? DhcpMode::off : DhcpMode::proxy;
    const auto socket = reader.one_of("socket", {"shared", "dedicated"});
    if (socket) dhcp.socket = *socket == "dedicated" ? DhcpSocket::dedicated : DhcpSocket::shared;
    dhcp.unknown_hosts = reader.text("unknown_hosts").value_or(dhcp.unknown_hosts);
    for (const auto& text : reader.texts("relays")) {
        const auto network = base::Ipv4Network::parse(text);
        if (network && network->prefix >= 8)
            dhcp.relays.push_back(*network);
        else
            reader.error("relays",
                         network ? fmt::format("\"{}\" is too wide: /8 to /32", text) : network.error().message());
    }
    dhcp.firmware = read_firmware_choices(reader);
    read_classes(reader, dhcp);
}

void read_tftp(base::TomlReader& reader, TftpConfig& tftp) {
    tftp.single_port = reader.boolean("single_port").value_or(tftp.single_port);
    const auto blksize = reader.integer("max_blksize", 512, 65464);
    if (blksize) tftp.max_blksize = static_cast<std::uint16_t>(*blksize);
    const auto windowsize = reader.integer("max_windowsize", 1, 64);
    if (windowsize) tftp.max_windowsize = static_cast<std::uint16_t>(*windowsize);
}

void read_api(base::TomlReader& reader, const std::filesystem::path& folder, ApiConfig& api) {
    for (const auto* key : {"tls_cert", "tls_key"}) {
        if (!reader.has(key)) continue;
        read_path(reader, key, folder, std::string_view(key) == "tls_key" ? api.tls_key : api.tls_cert);
    }
    const bool cert = reader.has("tls_cert");
    const bool key = reader.has("tls_key");
    if (cert != key) {
        reader.error(cert ? "tls_cert" : "tls_key",
                     fmt::format("set without \"{}\": both or neither", cert ? "tls_key" : "tls_cert"));
    }
}

void read_journal(base::TomlReader& reader, JournalConfig& journal) {
    constexpr std::uint64_t smallest = 1 << 20;
    if (const auto text = reader.text("keep")) {
        const auto keep = base::parse_duration(*text);
        if (!keep) reader.error("keep", keep.error().message());
        if (keep) journal.keep = *keep;
    }
    const auto text = reader.text("max_size");
    if (!text) return;
    const auto size = base::parse_size(*text);
    if (!size || *size < smallest)
        reader.error("max_size", size ? "at least 1MiB" : size.error().message());
    else
        journal.max_size = *size;
}

void read_consoles(base::TomlReader& reader, ConsolesConfig& consoles) {
    const auto syslog = reader.integer("syslog_port", 0, 65535);
    if (syslog) consoles.syslog_port = static_cast<std::uint16_t>(*syslog);
    const auto netconsole = reader.integer("netconsole_port", 0, 65535);
    if (netconsole) consoles.netconsole_port = static_cast<std::uint16_t>(*netconsole);
}

}  // namespace

WrittenConfig read_config(base::TomlReader& root, const std::filesystem::path& folder) {
    WrittenConfig written;
    auto& config = written.config;
    read_path(root, "data_dir", folder, config.data_dir);
    read_path(root, "hosts", folder, config.hosts);
    read_path(root, "profiles", folder, config.profiles);
    read_path(root, "loaders", folder, config.loaders);
    if (root.has("hosts")) written.hosts = root.where("hosts");
    if (root.has("profiles")) written.profiles = root.where("profiles");
    root.child("dhcp", [&](base::TomlReader& reader) {
        read_dhcp(reader, config.dhcp);
        written.unknown_hosts = reader.where("unknown_hosts");
    });
    root.child("tftp", [&](base::TomlReader& reader) { read_tftp(reader, config.tftp); });
    root.child("consoles", [&](base::TomlReader& reader) { read_consoles(reader, config.consoles); });
    root.child("journal", [&](base::TomlReader& reader) { read_journal(reader, config.journal); });
    root.child("api", [&](base::TomlReader& reader) { read_api(reader, folder, config.api); });
    root.child("network", [&](base::TomlReader& reader) {
        read_network(reader, config.network);
        const bool told = reader.has("https_port");
        if (told && config.api.tls_cert.empty() && config.api.tls_key.empty())
            reader.error("https_port", "set without a certificate: add tls_cert and tls_key to [api]");
        if (config.tls() && config.network.https_port == config.network.http_port)
            reader.error(told ? "https_port" : "http_port", "the ports of HTTP and HTTPS must not be the same");
    });
    read_webhooks(root, folder);  // for what is wrong with them: load_webhooks() reads them again
    return written;
}

}  // namespace musterd::profiles
