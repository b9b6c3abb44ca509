// profiles: who boots what. Reads the configuration (musterd.toml, the folders of hosts and of profiles), checks all
// of it together, and answers one question quickly: what is this machine to do? It is not the store of images, knows
// no socket and no boot under way; a Configuration never changes after load(), a reload makes a new one.
//
// Read in this order: config.hpp (values), load.hpp (files to Configuration), lookup.hpp (machine to plan),
// template.hpp and kernel_line.hpp (what lands on the kernel line).
// Specs: TOML 1.0; RFC 1123 2.1 (host names); SMBIOS 2.6 7.2.1 (byte order of UUIDs); Linux
// Documentation/admin-guide/kernel-parameters.rst (quoting on the kernel line).
#pragma once

#include "images/reference.hpp"
#include "profiles/firmware_choices.hpp"
#include "profiles/k3s.hpp"
#include "profiles/lease.hpp"
#include "profiles/secret.hpp"
#include "profiles/seed_files.hpp"
#include "profiles/template.hpp"
#include "server/base/address.hpp"
#include "server/base/diagnostics.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace musterd::profiles {

inline constexpr const char* default_config_file = "/etc/musterd/musterd.toml";

struct NetworkConfig {
    std::vector<std::string> interfaces;  ///< empty: every interface that is up and can broadcast
    std::uint16_t http_port = 8080;
    std::uint16_t https_port = 8443;  ///< listened on when [api] has a certificate
    /// Bodies of over 32 MiB that are sent by HTTP at once; who comes then is told to come back in a few seconds (503).
    std::size_t max_downloads = 512;
};

enum class DhcpMode { proxy, off };

/// Which addresses port 67 is opened on.
enum class DhcpSocket {
    shared,     ///< 255.255.255.255, beside another DHCP server on the same host; our own too, where relays and leases
                ///< need it and nobody else has it
    dedicated,  ///< our own too, always
};

/// [[dhcp.class]]: clients whose option 60 starts with `prefix`.
struct VendorClass {
    std::string prefix;
    bool http = false;  ///< wants a URL, as UEFI HTTP Boot does
    FirmwareChoices firmware;
};

struct DhcpConfig {
    DhcpMode mode = DhcpMode::proxy;
    DhcpSocket socket = DhcpSocket::shared;
    std::string unknown_hosts = "ignore";   ///< "ignore", "hold" or the name of a profile
    std::vector<base::Ipv4Network> relays;  ///< networks behind DHCP relays that we serve
    FirmwareChoices firmware;               ///< for all machines
    std::vector<VendorClass> classes;       ///< longest prefix first
};

struct TftpConfig {
    /// All packets go by port 69: for NAT, container port maps and firewalls without a TFTP helper.
    bool single_port = false;
    /// Most that a client is given, in bytes: for a path whose MTU is smaller than that of our interface, which no
    /// block exceeds anyway. 512 to 65464.
    std::uint16_t max_blksize = 65464;
    std::uint16_t max_windowsize = 64;  ///< blocks, 1 to 64
};

struct ApiConfig {
    std::filesystem::path tls_cert;  ///< both or neither
    std::filesystem::path tls_key;
};

/// How long events stay; those of hosts' last boots always do.
struct JournalConfig {
    std::chrono::milliseconds keep = std::chrono::days(90);
    std::uint64_t max_size = std::uint64_t{1} << 30;  ///< bytes of state.db
};

/// Ports on which machines' consoles are heard; 0: not.
struct ConsolesConfig {
    std::uint16_t syslog_port = 514;
    std::uint16_t netconsole_port = 6666;
};

/// musterd.toml. Paths are absolute after load(): relative ones are taken from the folder of the file.
struct Config {
    std::filesystem::path data_dir = "/var/lib/musterd";
    std::filesystem::path hosts = "hosts.d";
    std::filesystem::path profiles = "profiles.d";
    std::filesystem::path loaders = "/usr/share/musterd/loaders";
    NetworkConfig network;
    DhcpConfig dhcp;
    TftpConfig tftp;
    ApiConfig api;
    JournalConfig journal;
    ConsolesConfig consoles;

    /// Whether HTTPS is served beside HTTP.
    [[nodiscard]] bool tls() const { return !api.tls_cert.empty() && !api.tls_key.empty(); }
};

using Variables = std::map<std::string, Template::Value>;

/// A machine that the configuration names: [[host]].
struct Host {
    std::string name;  ///< RFC 1123, lower case, at most 64 characters
    std::vector<base::Mac> macs;
    std::optional<base::Uuid> uuid;
    std::string serial;
    std::string profile;
    Variables vars;         ///< its own; its profile's are under them
    SecretSources secrets;  ///< likewise
    std::optional<Lease> lease;
    FirmwareChoices firmware;
    SeedFiles seed;          ///< added to its profile's
    std::optional<K3s> k3s;  ///< laid over its profile's
    base::Position where;
};

/// What an image has for its initrd to fetch as the root.
enum class RootForm { none, squashfs, iso };

/// One kernel argument of a profile, and where it is written.
struct Argument {
    Template text;
    base::Position where;
    std::optional<RootForm> only_for = {};  ///< left out where the image's root is another
};

/// Conditions that a machine has to meet all of; empty: any.
struct Selector {
    std::string arch;          ///< as base::Machine has it
    std::string vendor_class;  ///< how its option 60 begins
    std::string interface;
    std::string circuit;
    std::vector<std::uint8_t> mac_prefix;  ///< at most six octets

    bool operator==(const Selector&) const = default;
};

enum class Action { boot, local, hold };
std::string_view to_string(Action action);

/// What the machines of a profile do: the profile with everything that it inherits.
struct Plan {
    std::string profile;
    Action action = Action::hold;
    std::optional<images::Reference> image;  ///< always there when action is boot
    std::vector<Argument> standard_args;     ///< the built-in profile's, before `args`, which do not replace them
    std::vector<Argument> args;
    Variables vars;
    SecretSources secrets;  ///< of its hosts; machines that no host names get none
    FirmwareChoices firmware;
    SeedFiles seed;
    std::optional<K3s> k3s;
    bool wants_root = false;  ///< an image without a root cannot boot by it
    bool installs = false;    ///< writes the machine's disk, so only once (boots/installation.hpp)
    bool identity = false;    ///< its hosts are given theirs (identity.hpp)
    std::map<std::string, std::chrono::milliseconds> deadlines;  ///< by the stage to be reached from the one before
};

/// [[machines]]: what machines do that no host names, but that these conditions fit.
struct MachineRule {
    Selector selector;
    Plan plan;  ///< its profile's, with its own variables and choices over it
    base::Position where;
};

}  // namespace musterd::profiles
