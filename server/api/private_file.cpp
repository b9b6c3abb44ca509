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

}  // namespace

base::Result<void> may_read(Site& site, const boots::Roll::Found& found, const BootFile& file, const std::string& peer,
                            std::string_view protocol) {
    const auto why = refusal(site, found, peer);
    if (why.empty()) return {};
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
