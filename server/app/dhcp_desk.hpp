#pragma once

#include "dhcp/handle.hpp"
#include "server/api/site.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <string>

namespace musterd::app {

/// Between the DHCP room, which knows no hosts, and the rest, which knows no packets. On the control thread.
class DhcpDesk {
public:
    using Clock = std::function<base::Tick()>;
    explicit DhcpDesk(api::Site& site, Clock clock = std::chrono::steady_clock::now)
        : site_(site), clock_(std::move(clock)) {}

    /// What this client may boot.
    [[nodiscard]] dhcp::Plan plan(const dhcp::Client& client) const;
    /// Learns addresses, and records what was answered and which boot clients were left alone, and why.
    void observe(const dhcp::Report& report);

private:
    void learn_address(const dhcp::Report& report);
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
        std::map<std::string, base::Tick> told_;
    };

    api::Site& site_;
    Clock clock_;
    /// A machine that nobody wants asks for ever.
    Repeats strangers_{std::chrono::minutes(10), 4096};
    /// Clients repeat themselves after a second or more (iPXE 1 s, EDK2 4 s): what comes sooner is a flood.
    Repeats answers_{std::chrono::milliseconds(900), 65536};
};

/// "/boot/script?mac=…&uuid=…&arch=…": where this client's iPXE asks for its script.
std::string script_path(const base::Machine& machine);

}  // namespace musterd::app
