// Observations to spoil, one thing at a time, and what doctor must then find.
#pragma once

#include "server/app/doctor/diagnose.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace musterd::app::doctor::test {

using dhcp::Option;

inline base::Ipv4 ip(const char* text) {
    return *base::Ipv4::parse(text);
}

inline base::Bytes four(const char* text) {
    base::ByteWriter writer;
    writer.u32(ip(text).value());
    return writer.release();
}

inline constexpr auto router = "10.0.0.1";
inline constexpr auto us = "10.0.0.5";

inline Offer offer(Question question, const char* server, const char* leased = nullptr) {
    Offer made;
    made.question = question;
    made.interface = "eth0";
    made.from = {ip(server), 67};
    made.packet.op = dhcp::Packet::boot_reply;
    made.packet.options.set(Option::server_identifier, four(server));
    if (leased == nullptr) return made;
    made.packet.yiaddr = ip(leased);
    made.packet.siaddr = ip(server);  // as dnsmasq does
    made.packet.options.set(static_cast<Option>(1), four("255.255.255.0"));
    return made;
}

inline Offer proxy_offer(Question question, const char* server, const char* file) {
    auto made = offer(question, server);
    made.packet.file = file;
    return made;
}

inline void add_our_offers(Observations& seen) {
    seen.offers.push_back(proxy_offer(Question::bios_pxe, us, "undionly.kpxe"));
    seen.offers.push_back(proxy_offer(Question::uefi_pxe, us, "snponly.efi"));
    seen.offers.push_back(proxy_offer(Question::http_boot, us, "http://10.0.0.5:8080/boot/loader/snponly.efi"));
}

inline InterfaceSeen eth0() {
    InterfaceSeen interface;
    interface.name = "eth0";
    interface.wanted = interface.exists = interface.up = interface.carrier = true;
    interface.address = ip(us);
    interface.netmask = ip("255.255.255.0");
    interface.asked = Outcome::answered;
    return interface;
}

inline constexpr std::uint32_t our_pid = 12;

/// A host where all is well.
inline Observations all_well() {
    Observations seen;
    seen.own_addresses = {ip("127.0.0.1"), ip(us)};
    seen.listened = std::chrono::seconds(5);
    seen.configuration = {"/etc/musterd/musterd.toml", true, true, {}, 1, 0, false, true, {}};
    seen.server = {Outcome::answered, {}, our_pid, true};
    seen.interfaces = {eth0()};
    for (const auto port : std::to_array<std::uint16_t>({67, 4011, 69}))
        seen.ports.push_back({Protocol::udp, port, {{Protocol::udp, {}, port, our_pid, "musterd"}}, {}});
    seen.ports.push_back({Protocol::tcp, 8080, {{Protocol::tcp, {}, 8080, our_pid, "musterd"}}, {}});
    seen.loaders = {"/loaders", true, true, {{"snponly.efi", true, Digest::right, Need::common, "x64 UEFI"}}};
    for (const auto question : questions)
        seen.offers.push_back(offer(question, router, "10.0.0.101"));
    add_our_offers(seen);
    seen.tftp = {{ip(us), "snponly.efi", Outcome::answered, 1000, {}}};
    seen.http = {{"http://10.0.0.5:8080/boot/loader/snponly.efi", 8080, Outcome::answered, 200, 1000, {}}};
    return seen;
}

/// The same server, seen from another machine where all is well.
inline Observations all_well_from_outside() {
    Observations seen;
    seen.remote = ip(us);
    seen.own_addresses = {ip("10.0.0.9")};
    seen.interfaces = {eth0()};
    seen.interfaces.front().address = ip("10.0.0.9");
    seen.offers.push_back(offer(Question::plain, router, "10.0.0.101"));
    add_our_offers(seen);
    seen.boot_port.outcome = Outcome::answered;
    seen.boot_port.answer.file = "snponly.efi";
    seen.tftp = {{ip(us), "snponly.efi", Outcome::answered, 1000, {}}};
    seen.http = {{"http://10.0.0.5:8080/boot/loader/snponly.efi", 8080, Outcome::answered, 200, 1000, {}}};
    return seen;
}

inline std::string text_of(const Finding& finding) {
    auto text = finding.seen + "\n" + finding.why;
    for (const auto& line : finding.cure)
        text += "\n" + line;
    return text;
}

struct Case {
    const char* id;
    Severity severity;
    std::function<void(Observations&)> spoil;
    std::vector<const char*> words;  ///< that the finding must hold
};

inline void check(const std::vector<Case>& cases, Observations (*good)()) {
    for (const auto& test : cases) {
        CAPTURE(test.id);
        auto seen = good();
        test.spoil(seen);
        const auto findings = diagnose(seen);
        const auto found = std::find_if(findings.begin(), findings.end(), [&](const Finding& f) {
            return f.id == test.id && f.severity == test.severity;
        });
        REQUIRE(found != findings.end());
        CHECK_FALSE(found->why.empty());
        CHECK_FALSE(found->cure.empty());
        CHECK(healthy(findings) == (test.severity != Severity::problem));
        const auto text = text_of(*found);
        for (const auto* word : test.words) {
            CAPTURE(text);
            CAPTURE(word);
            CHECK(text.find(word) != std::string::npos);
        }
    }
}

inline void each_lease(Observations& seen, const std::function<void(dhcp::Packet&)>& change) {
    for (auto& one : seen.offers)
        if (!one.packet.yiaddr.none()) change(one.packet);
}

inline void drop_offers_of(Observations& seen, const char* server) {
    std::erase_if(seen.offers, [&](const Offer& one) { return one.from.address == ip(server); });
}

}  // namespace musterd::app::doctor::test
