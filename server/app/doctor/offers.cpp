#include "server/app/doctor/offers.hpp"

#include "dhcp/options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <map>

namespace musterd::app::doctor {

namespace {

using dhcp::Option;
constexpr auto subnet_mask = static_cast<Option>(1);

std::string text_option(const dhcp::Packet& packet, Option code) {
    const auto data = packet.options.get(code);
    if (!data) return {};
    const auto text = base::as_text(*data);
    return std::string(text.substr(0, text.find('\0')));
}

std::string network_of(const dhcp::Packet& packet) {
    const auto mask = packet.options.get(subnet_mask);
    if (!mask || mask->size() != 4) return {};
    base::ByteReader reader(*mask);
    const auto bits = reader.u32();
    return fmt::format("{}/{}", base::Ipv4(packet.yiaddr.value() & bits).to_string(), std::popcount(bits));
}

}  // namespace

std::string file_of(const dhcp::Packet& packet) {
    return packet.file.empty() ? text_option(packet, Option::bootfile_name) : packet.file;
}

std::string boot_class_of(const dhcp::Packet& packet) {
    auto name = dhcp::vendor_class(packet);
    return name.starts_with("PXEClient") || name.starts_with("HTTPClient") ? name : std::string{};
}

std::string vendor_bytes_of(const dhcp::Packet& packet) {
    const auto data = packet.options.get(Option::vendor_specific_information);
    return data ? base::to_hex(*data) : std::string{};
}

std::string tftp_server_name_of(const dhcp::Packet& packet) {
    return text_option(packet, Option::tftp_server_name);
}

OtherServer OffersOfOne::server() const {
    return {server_of(first()), network_of(first().packet)};
}

std::string OffersOfOne::value(const Read& read) const {
    for (const auto* offer : offers_)
        if (auto text = read(offer->packet); !text.empty()) return text;
    return {};
}

std::string OffersOfOne::told(const Read& read) const {
    std::map<std::string, std::vector<std::string_view>> askers;
    for (const auto* offer : offers_)
        askers[read(offer->packet)].push_back(to_string(offer->question));
    if (askers.size() == 1) return askers.begin()->first;
    std::vector<std::string> parts;
    for (const auto& [text, asked] : askers)
        if (!text.empty()) parts.push_back(fmt::format("{} to {}", text, fmt::join(asked, " and ")));
    return fmt::format("{}", fmt::join(parts, ", "));
}

base::Ipv4 OffersOfOne::next_server() const {
    for (const auto* offer : offers_) {
        const auto next = offer->packet.siaddr;
        if (!next.none() && next != server_of(*offer) && next != offer->from.address) return next;
    }
    return {};
}

bool OffersOfOne::names_as_next(const std::function<bool(base::Ipv4)>& wanted) const {
    return std::any_of(offers_.begin(), offers_.end(),
                       [&](const Offer* offer) { return wanted(offer->packet.siaddr); });
}

std::vector<OffersOfOne> by_server(const Observations& seen, const std::function<bool(const Offer&)>& keep) {
    std::map<base::Ipv4, std::vector<const Offer*>> offers_of;
    for (const auto& offer : seen.offers)
        if (keep(offer)) offers_of[server_of(offer)].push_back(&offer);
    std::vector<OffersOfOne> all;
    all.reserve(offers_of.size());
    for (auto& [address, offers] : offers_of)
        all.emplace_back(std::move(offers));
    return all;
}

}  // namespace musterd::app::doctor
