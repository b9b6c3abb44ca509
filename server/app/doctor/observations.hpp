// `musterd doctor`: what on this network or host stops a boot, and the fix. It asks the wire what firmware asks, looks
// at this host, and judges. It changes nothing: it takes no lease, and the server notes none of its questions.
//
//   observations         what was seen, as values        diagnose          (pure) observations to findings: the index
//   questions            (pure) what firmware asks       host              (pure) configuration, server, interfaces
//   wire                 DISCOVERs out, offers in        resources         (pure) ports, loaders
//   fetch                4011, TFTP and HTTP asked       lan               (pure) other DHCP servers and proxies
//   server               whether ours runs               service           (pure) our own offers, 4011, TFTP, HTTP
//   ports                who holds a port                offers            (pure) what offers say of booting
//   loaders              the folder and its manifest     cures             (pure) lines to type elsewhere
//   command              all of it in one command        text              (pure) the report, as text and JSON
#pragma once

#include "dhcp/packet.hpp"
#include "server/base/diagnostics.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace musterd::app::doctor {

/// As whom the wire is asked.
enum class Question { plain, bios_pxe, uefi_pxe, http_boot };
inline constexpr std::array questions{Question::plain, Question::bios_pxe, Question::uefi_pxe, Question::http_boot};
/// "an operating system", "BIOS PXE", "UEFI PXE", "UEFI HTTP Boot".
std::string_view to_string(Question question);

/// An answer to a DISCOVER of ours.
struct Offer {
    Question question = Question::plain;
    std::string interface;
    base::Endpoint from;
    dhcp::Packet packet;
};

/// How asking for something ended.
enum class Outcome {
    not_asked,
    answered,
    silent,         ///< nothing came in time
    refused,        ///< the answer was no, or an ICMP error
    not_permitted,  ///< this process may not ask
    taken,          ///< a port that is needed to ask is someone else's
    unable,
};

struct InterfaceSeen {
    std::string name;
    bool wanted = false;  ///< named by the configuration or --interface; else it is here because it can broadcast
    bool exists = false;
    bool up = false;
    bool carrier = false;
    base::Ipv4 address;
    base::Ipv4 netmask;
    Outcome asked = Outcome::not_asked;  ///< `answered` when the DISCOVERs went out
    std::string error;                   ///< why they did not
};

struct ConfigurationSeen {
    std::filesystem::path file;
    bool exists = false;
    bool good = false;
    std::vector<base::Diagnostic> problems;
    std::size_t hosts = 0;
    std::size_t leased_hosts = 0;           ///< of these, those with an address of ours
    bool answers_unknown = false;           ///< dhcp.unknown_hosts names a profile, or holds
    bool proxy = true;                      ///< dhcp.mode
    std::vector<std::string> secure_hosts;  ///< hosts whose loader finds us by the lease's siaddr only
};

struct ServerSeen {
    Outcome socket = Outcome::not_asked;
    std::string error;
    std::uint32_t pid = 0;     ///< 0 = not known
    bool same_network = true;  ///< false: it runs in another network namespace than doctor
};

enum class Protocol { udp, tcp };

/// A socket that is bound to a port.
struct Holder {
    Protocol protocol = Protocol::udp;
    base::Ipv4 address;  ///< none = any, also for [::]
    std::uint16_t port = 0;
    std::uint32_t pid = 0;  ///< 0 = not known: only root sees the sockets of others
    std::string program;
};

/// A port that musterd needs.
struct PortSeen {
    Protocol protocol = Protocol::udp;
    std::uint16_t port = 0;
    std::vector<Holder> holders;
    Outcome bound = Outcome::not_asked;  ///< whether we could bind it as musterd does; asked while no server runs
};

enum class Digest { right, wrong, not_listed, unreadable };

/// How much it matters that a loader is there.
enum class Need {
    listed,  ///< the manifest has it: it was there
    rare,    ///< the default of processors that few have
    common,  ///< the default of PCs and arm64
    host,    ///< the configuration names it
};

struct LoaderSeen {
    std::string name;
    bool present = false;
    Digest digest = Digest::not_listed;
    Need need = Need::listed;
    std::string needed_by;  ///< whose loader it is: "x86 BIOS", "host r640 (x64)"; empty for all others
};

struct LoadersSeen {
    std::filesystem::path folder;
    bool exists = false;
    bool manifest = false;
    std::vector<LoaderSeen> files;  ///< needed or listed, by name
};

/// The second question of UEFI PXE, to 4011.
struct BootPortSeen {
    Outcome outcome = Outcome::not_asked;
    dhcp::Packet answer;
    std::string error;
};

struct TftpSeen {
    base::Ipv4 server;
    std::string file;
    Outcome outcome = Outcome::not_asked;
    std::uint64_t size = 0;
    std::string error;
};

struct HttpSeen {
    std::string url;
    std::uint16_t port = 0;
    Outcome outcome = Outcome::not_asked;  ///< answered: 200; refused: another status, or no connection
    unsigned status = 0;
    std::uint64_t length = 0;
    std::string error;
};

/// All that doctor saw. Of things that were not looked at there is nothing, or `not_asked`.
struct Observations {
    /// The server looked for: none = musterd on this host, else `--server`, asked from another machine.
    base::Ipv4 remote;
    std::vector<base::Ipv4> own_addresses;  ///< of this host
    std::chrono::milliseconds listened{};
    ConfigurationSeen configuration;
    ServerSeen server;
    std::vector<InterfaceSeen> interfaces;
    std::vector<Holder> client_port;  ///< who holds 68, by which offers come in
    std::vector<PortSeen> ports;
    LoadersSeen loaders;
    std::vector<Offer> offers;
    BootPortSeen boot_port;
    std::vector<TftpSeen> tftp;
    std::vector<HttpSeen> http;

    [[nodiscard]] bool here() const { return remote.none(); }
    [[nodiscard]] bool server_runs() const { return server.socket == Outcome::answered; }
};

/// Who made an offer: option 54, else the sender.
base::Ipv4 server_of(const Offer& offer);
/// An offer of a proxy, from the server that we look for.
bool is_ours(const Observations& seen, const Offer& offer);

}  // namespace musterd::app::doctor
