#include "server/api/private_file.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace musterd::api {

namespace {

bool is_of_host(const Site& site, const boots::Roll::Found& found, const std::string& peer) {
    if (peer == found.boot->address) return true;
    const auto address = base::Ipv4::parse(peer);
    const auto mac = address ? site.addresses().mac_of(*address) : std::nullopt;
    if (!mac) return false;
    const auto* host = site.configuration().host(found.host);
    return mac->to_string() == found.boot->mac || (host != nullptr && std::ranges::count(host->macs, *mac) > 0);
}

/// Why it is not for this reader; empty if it is.
std::string refusal(const Site& site, const boots::Roll::Found& found, const std::string& peer) {
    const auto* current = site.boots().roll().hosts.find(found.host)->second.current();
    if (current != found.boot) return "its boot is over";
    if (found.boot->stages.contains(boots::Stage::up)) return "its machine is up and has read it";
    if (found.boot->stages.contains(boots::Stage::installed)) return "its machine is installed and has read it";
    if (is_of_host(site, found, peer)) return {};
    return fmt::format("it is for the machine at {}", found.boot->address);
}

/// cloud-init reads each document once or twice in a boot: before 23.4 in its local stage and again in that of the
/// network. More often than this it does not even with retries, each of which ends with the document.
constexpr unsigned most_readings = 4;

void note_second_reader(Site& site, const boots::Roll::Found& found, const BootFile& file, const std::string& peer,
                        std::string_view protocol) {
    const auto before = found.boot->bytes.find(file.name);
    const bool had_it = before != found.boot->bytes.end() && before->second.sent == before->second.size;
    if (!had_it) return;
    const auto reading = site.count_reading(file.boot, file.name) + 1;
    if (reading != 2 && reading != most_readings + 1) return;
    auto event = transfer_event(site, file, peer, protocol);
    event.kind = base::EventKind::second_reader;
    event.reason = reading == 2 ? "its machine had it whole before: a retry, or somebody else at its address"
                                : "it is read for the fifth time, which no machine does: somebody else at its address?";
    event.details["reading"] = std::to_string(reading);
    spdlog::warn("{} of host {} was read by {}: {}", file.name, file.host, peer, event.reason);
    site.note(std::move(event));
}

/// The host that the address is known to be of, by its boot or by DHCP; empty: none.
std::string host_at(const Site& site, const std::string& peer) {
    for (const auto& [name, host] : site.boots().roll().hosts) {
        if (const auto* boot = host.current(); boot != nullptr && boot->address == peer) return name;
    }
    const auto address = base::Ipv4::parse(peer);
    const auto mac = address ? site.addresses().mac_of(*address) : std::nullopt;
    const auto* host = mac ? site.choice_for(*mac).host : nullptr;
    return host == nullptr ? std::string() : host->name;
}

}  // namespace

base::Result<void> may_report(Site& site, const boots::Roll::Found& found, std::string_view what,
                              const std::string& peer) {
    const auto other = is_of_host(site, found, peer) ? std::string() : host_at(site, peer);
    if (other.empty() || other == found.host) return {};
    const auto why = fmt::format("{} is the address of host {}", peer, other);
    if (site.is_first_refusal(found.boot->id, peer)) {
        spdlog::warn("\"{}\" of host {} was refused to {}: {}", what, found.host, peer, why);
        base::Event event;
        event.kind = base::EventKind::file_refused;
        event.host = found.host;
        event.boot = found.boot->id;
        event.file = what;
        event.address = peer;
        event.reason = why;
        site.note(std::move(event));
    }
    return base::Error(why, std::make_error_code(std::errc::permission_denied));
}

base::Result<void> may_read(Site& site, const boots::Roll::Found& found, const BootFile& file, const std::string& peer,
                            std::string_view protocol) {
    const auto why = refusal(site, found, peer);
    if (why.empty()) {
        note_second_reader(site, found, file, peer, protocol);
        return {};
    }
    if (site.is_first_refusal(file.boot, peer)) {
        spdlog::warn("{} of host {} was refused to {}: {}", file.name, file.host, peer, why);
        auto event = transfer_event(site, file, peer, protocol);
        event.kind = base::EventKind::file_refused;
        event.reason = why;
        site.note(std::move(event));
    }
    return base::Error(fmt::format("{}: {}", file.name, why), std::make_error_code(std::errc::permission_denied));
}

}  // namespace musterd::api
