#pragma once

#include "dhcp/handle.hpp"
#include "server/api/site.hpp"
#include "server/app/chained_clients.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>

namespace musterd::app {

/// Between the DHCP room, which knows no hosts, and the rest, which knows no packets. On the control thread.
class DhcpDesk {
public:
    using Clock = std::function<base::Tick()>;
    explicit DhcpDesk(api::Site& site, Clock clock = std::chrono::steady_clock::now);
    DhcpDesk(const DhcpDesk&) = delete;
    DhcpDesk& operator=(const DhcpDesk&) = delete;

    /// What this client may boot, and its address if that is ours to give.
    [[nodiscard]] dhcp::Plan plan(const dhcp::Client& client) const;
    /// A class that the configuration names.
    [[nodiscard]] std::optional<dhcp::VendorClass> vendor_class(std::string_view option60) const;
    /// Whether an address is behind a relay that the configuration names.
    [[nodiscard]] bool serves(base::Ipv4 address) const;
    /// Learns addresses, and records what was answered and which boot clients were left alone, and why.
    void observe(const dhcp::Report& report);

private:
    [[nodiscard]] bool has_loader(const std::string& file) const;
    /// ".iso" or ".img" where what it boots is such an image.
    [[nodiscard]] std::string disk_suffix(const profiles::Choice& choice) const;
    [[nodiscard]] bool kernel_is_signed(const profiles::Choice& choice) const;
    void saw(const base::Event& event);
    void keep_packets(const dhcp::Report& report);
    void learn_address(const dhcp::Report& report);
    void leased(const dhcp::Report& report, const dhcp::Reply& reply);
    void answered(const dhcp::Report& report, const dhcp::Reply& reply);
    void ignored(const dhcp::Report& report, const dhcp::Ignore& ignore);
    [[nodiscard]] base::Event event_of(const dhcp::Report& report) const;
    /// Notes what was told, and says whether it is worth telling again. Keeps at most `most` things in mind; with more
    /// of them fresh, someone makes up MACs, and the journal is not theirs to fill.
    class Repeats {
    public:
        Repeats(base::Tick::duration pause, std::size_t most) : pause_(pause), most_(most) {}
        bool worth_telling(const std::string& what, base::Tick now);

    private:
        base::Tick::duration pause_;
        std::size_t most_;
        std::unordered_map<std::size_t, base::Tick> told_;  ///< by hash: two things that share one are a lost event
    };

    /// Whether a file of the loaders' folder is there, as it was seen last.
    struct Seen {
        base::Tick when;
        bool there = false;
    };

    void tell(const dhcp::Report& report, base::EventKind kind, std::string reason, Repeats& repeats);

    api::Site& site_;
    Clock clock_;
    mutable std::map<std::string, Seen> loaders_;  ///< a storm of machines asks for the same few
    ChainedClients chained_;
    std::shared_ptr<void> subscription_;
    /// A machine that nobody wants asks for ever.
    Repeats strangers_{std::chrono::minutes(10), 4096};
    /// Clients repeat themselves after a second or more (iPXE 1 s, EDK2 4 s): what comes sooner is a flood.
    Repeats answers_{std::chrono::milliseconds(900), 65536};
};

/// "/boot/script?mac=…&uuid=…&arch=…": where this client's iPXE asks for its script.
std::string script_path(const base::Machine& machine);

}  // namespace musterd::app
