#include "dhcp/architecture.hpp"
#include "server/app/commands.hpp"
#include "server/app/doctor/fetch.hpp"
#include "server/app/doctor/loaders.hpp"
#include "server/app/doctor/offers.hpp"
#include "server/app/doctor/ports.hpp"
#include "server/app/doctor/server.hpp"
#include "server/app/doctor/text.hpp"
#include "server/app/doctor/wire.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <set>

namespace musterd::app {

namespace {

using namespace doctor;
using namespace std::chrono_literals;

constexpr auto patience = 3s;

profiles::FirmwareChoices firmware_of(const profiles::Configuration& configuration, const profiles::Host& host) {
    const profiles::Choice choice{&host, configuration.plan(host.profile), {}};
    return configuration.firmware_for(choice, "PXEClient");
}

/// Loaders that the configuration names, and the first host that is to get each.
std::map<std::string, std::string> chosen_loaders(const profiles::Configuration& configuration) {
    std::map<std::string, std::string> chosen;
    for (const auto& host : configuration.hosts())
        for (const auto& [family, file] : firmware_of(configuration, host).loaders)
            chosen.emplace(file, fmt::format("host {} ({})", host.name, family));
    return chosen;
}

/// Hosts that go through the signed GRUB with a lease that is not ours.
std::vector<std::string> hosts_that_need_next_server(const profiles::Configuration& configuration) {
    std::vector<std::string> names;
    for (const auto& host : configuration.hosts()) {
        const auto secure = firmware_of(configuration, host).secure_boot;
        if (!host.lease && secure == profiles::SecureBoot::on) names.push_back(host.name);
    }
    return names;
}

void look_at_configuration(const profiles::Loaded& loaded, const ConfigOption& config, ConfigurationSeen& seen) {
    seen.file = config.file;
    std::error_code code;
    seen.exists = std::filesystem::exists(config.file, code);
    seen.problems = loaded.problems.sorted();
    seen.good = loaded.configuration != nullptr;
    if (!seen.good) return;
    const auto& dhcp = loaded.configuration->config().dhcp;
    const auto& hosts = loaded.configuration->hosts();
    seen.hosts = hosts.size();
    const auto leased =
        std::count_if(hosts.begin(), hosts.end(), [](const auto& host) { return host.lease.has_value(); });
    seen.leased_hosts = static_cast<std::size_t>(leased);
    seen.answers_unknown = dhcp.unknown_hosts != "ignore";
    seen.proxy = dhcp.mode != profiles::DhcpMode::off;
    seen.secure_hosts = hosts_that_need_next_server(*loaded.configuration);
}

std::vector<PortSeen> look_at_ports(const profiles::Config& config, const Observations& seen) {
    std::vector<PortSeen> ports;
    const auto add = [&ports](Protocol protocol, std::uint16_t port) { ports.push_back({protocol, port, {}, {}}); };
    if (seen.configuration.proxy) add(Protocol::udp, 67);
    if (seen.configuration.proxy) add(Protocol::udp, 4011);
    add(Protocol::udp, 69);
    add(Protocol::tcp, config.network.http_port);
    if (config.tls()) add(Protocol::tcp, config.network.https_port);
    const auto usable = std::find_if(seen.interfaces.begin(), seen.interfaces.end(),
                                     [](const auto& i) { return i.up && !i.address.none(); });
    for (auto& port : ports) {
        port.holders = holders_of(port.protocol, {port.port});
        // Any attempt of ours while the server runs could take a port that it is about to bind again.
        if (!seen.server_runs() && usable != seen.interfaces.end())
            port.bound = try_port(port.protocol, port.port, *usable);
    }
    return ports;
}

/// What the configuration of this host says of it.
void look_at_this_host(const ConfigOption& config, const DoctorOptions& options, Observations& seen) {
    const auto loaded = load_and_check(config);
    look_at_configuration(loaded, config, seen.configuration);
    auto names = options.interfaces;
    if (!loaded.configuration) {
        seen.interfaces = look_at_interfaces(names);
        return;
    }
    const auto& written = loaded.configuration->config();
    if (names.empty()) names = written.network.interfaces;
    seen.interfaces = look_at_interfaces(names);
    seen.server = look_at_server(written);
    seen.loaders = look_at_loaders(written.loaders, chosen_loaders(*loaded.configuration));
    if (seen.server.socket != Outcome::not_permitted && seen.server.same_network)
        seen.ports = look_at_ports(written, seen);
}

/// The interfaces by which another host's server is asked: those of its network, else all.
std::vector<InterfaceSeen> towards(base::Ipv4 server, const std::vector<std::string>& names) {
    auto interfaces = look_at_interfaces(names);
    if (!names.empty()) return interfaces;
    const auto far = [server](const InterfaceSeen& i) {
        return (i.address.value() & i.netmask.value()) != (server.value() & i.netmask.value());
    };
    if (!std::all_of(interfaces.begin(), interfaces.end(), far)) std::erase_if(interfaces, far);
    return interfaces;
}

std::uint16_t http_port_of(const ConfigOption& config) {
    const auto loaded = load_and_check(config);
    return loaded.configuration ? loaded.configuration->config().network.http_port
                                : profiles::NetworkConfig{}.http_port;
}

std::string_view default_loader(dhcp::Architecture architecture) {
    const auto* row = dhcp::find_architecture(architecture);
    return row == nullptr ? std::string_view{} : row->loader;
}

/// What our offers told machines to fetch; without any, what they would.
struct Told {
    std::set<std::string> files;
    std::set<std::string> urls;
};

Told told_to_fetch(const Observations& seen, base::Ipv4 server, std::uint16_t http_port) {
    Told told;
    for (const auto& offer : seen.offers) {
        if (!is_ours(seen, offer)) continue;
        const auto file = file_of(offer.packet);
        (file.starts_with("http://") ? told.urls : told.files).insert(file);
    }
    told.files.erase(std::string());
    const auto base_url = fmt::format("http://{}:{}", server.to_string(), http_port);
    if (told.files.empty()) told.files.emplace(default_loader(dhcp::Architecture::x64_uefi));
    if (told.urls.empty())
        told.urls.insert(fmt::format("{}/boot/loader/{}", base_url, default_loader(dhcp::Architecture::x64_uefi_http)));
    told.urls.insert(base_url + "/healthz");
    return told;
}

/// Asks for all of it at once.
void fetch_from(base::Ipv4 server, std::uint16_t http_port, Observations& seen) {
    const auto told = told_to_fetch(seen, server, http_port);
    std::future<BootPortSeen> boot_port;
    if (!seen.here()) boot_port = std::async(std::launch::async, ask_boot_port, server, patience);
    std::vector<std::future<TftpSeen>> tftp;
    tftp.reserve(told.files.size());
    for (const auto& file : told.files)
        tftp.push_back(std::async(std::launch::async, ask_tftp, server, file, patience));
    std::vector<std::future<HttpSeen>> http;
    http.reserve(told.urls.size());
    for (const auto& url : told.urls)
        http.push_back(std::async(std::launch::async, ask_http, url, patience));
    if (boot_port.valid()) seen.boot_port = boot_port.get();
    for (auto& answer : tftp)
        seen.tftp.push_back(answer.get());
    for (auto& answer : http)
        seen.http.push_back(answer.get());
}

/// The address of ours that machines would speak to.
base::Ipv4 service_address(const Observations& seen) {
    if (!seen.here()) return seen.remote;
    for (const auto& offer : seen.offers)
        if (is_ours(seen, offer)) return server_of(offer);
    for (const auto& interface : seen.interfaces)
        if (!interface.address.none()) return interface.address;
    return {};
}

/// Whether it makes sense to ask for files: not of a server that does not run, or has another network.
bool may_serve(const Observations& seen) {
    const auto socket = seen.server.socket;
    const bool may_run = socket == Outcome::answered || socket == Outcome::not_permitted;
    return !seen.here() || (may_run && seen.server.same_network);
}

Observations observe(const ConfigOption& config, const DoctorOptions& options, const Progress& progress) {
    Observations seen;
    seen.listened = options.timeout;
    seen.own_addresses = own_addresses();
    const auto parsed = base::Ipv4::parse(options.server);
    const auto asked = parsed ? *parsed : base::Ipv4{};
    const bool own = std::find(seen.own_addresses.begin(), seen.own_addresses.end(), asked) != seen.own_addresses.end();
    if (!own) seen.remote = asked;
    if (seen.here())
        look_at_this_host(config, options, seen);
    else
        seen.interfaces = towards(seen.remote, options.interfaces);
    seen.offers = ask_the_wire(seen.interfaces, options.timeout, progress);
    seen.client_port = holders_of(Protocol::udp, {68});
    const auto server = service_address(seen);
    if (may_serve(seen) && !server.none()) fetch_from(server, http_port_of(config), seen);
    return seen;
}

Layout layout_of_terminal() {
    if (::isatty(STDOUT_FILENO) != 1) return {};
    winsize size{};
    ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    return {size.ws_col, std::getenv("NO_COLOR") == nullptr};
}

void show_progress(std::size_t offers, std::chrono::milliseconds left) {
    fmt::print(stderr, "\r\033[Kasking the network as PXE and HTTP Boot clients do: {} answers, {:.0f} s left", offers,
               std::ceil(static_cast<double>(left.count()) / 1000));
    std::fflush(stderr);
}

}  // namespace

int examine(const ConfigOption& config, const DoctorOptions& options, Output output) {
    const bool terminal = ::isatty(STDERR_FILENO) == 1;
    const auto seen = observe(config, options, terminal ? Progress(show_progress) : Progress([](auto, auto) {}));
    if (terminal) fmt::print(stderr, "\r\033[K");
    const auto findings = diagnose(seen);
    fmt::print("{}", output == Output::json ? render_json(findings) + "\n" : render(findings, layout_of_terminal()));
    return healthy(findings) ? done : failed;
}

}  // namespace musterd::app
