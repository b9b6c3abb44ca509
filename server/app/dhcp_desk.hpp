#pragma once

#include "dhcp/handle.hpp"
#include "server/api/site.hpp"

#include <map>

namespace musterd::app {

/// Between the DHCP room, which knows no hosts, and the rest, which knows no packets. On the control thread.
class DhcpDesk {
public:
    explicit DhcpDesk(api::Site& site) : site_(site) {}

    /// What this client may boot.
    [[nodiscard]] dhcp::Plan plan(const dhcp::Client& client) const;
    /// Learns addresses, and records what was answered and which boot clients were left alone, and why.
    void observe(const dhcp::Report& report);

private:
    void learn_address(const dhcp::Report& report);
    void answered(const dhcp::Report& report, const dhcp::Reply& reply);
    void ignored(const dhcp::Report& report, const dhcp::Ignore& ignore);
    [[nodiscard]] base::Event event_of(const dhcp::Report& report) const;
    /// True at most once in ten minutes for the same machine and reason: a machine that nobody wants asks for ever.
    bool worth_telling(const std::string& what);

    api::Site& site_;
    std::map<std::string, base::Tick> told_;
};

/// "/boot/script?mac=…&uuid=…&arch=…": where this client's iPXE asks for its script.
std::string script_path(const base::Machine& machine);

}  // namespace musterd::app
