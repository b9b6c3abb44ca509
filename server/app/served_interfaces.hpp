#pragma once

#include "dhcp/service.hpp"
#include "server/base/tasks.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace musterd::app {

/// Keeps a DHCP service on each interface that is wanted and there. Interfaces come, go and change their address, and
/// port 67 may be someone else's for a while: look() is called every few seconds, and says each change once.
/// On the control thread.
class ServedInterfaces {
public:
    struct Settings {
        std::vector<std::string> wanted;  ///< empty: every interface that is up, has an address and can broadcast
        std::uint16_t http_port = 0;
        dhcp::Policy policy;
        /// Asked at each look: a reload may bring relays or leases.
        std::function<dhcp::OwnAddress()> own_address;
        dhcp::Observe observe;
    };
    ServedInterfaces(base::Tasks& tasks, Settings settings) : tasks_(tasks), settings_(std::move(settings)) {}

    void look();
    void close();

private:
    struct Served {
        base::Interface interface;
        std::shared_ptr<dhcp::Service> service;
    };
    [[nodiscard]] std::vector<base::Interface> present() const;
    void close_all();
    void drop_changed(const std::vector<base::Interface>& present);
    void serve(const base::Interface& interface);
    void complain_once(const std::string& about, const std::string& message);

    base::Tasks& tasks_;
    Settings settings_;
    std::map<std::string, Served> served_;
    dhcp::OwnAddress own_address_ = dhcp::OwnAddress::closed;
    /// Services whose sockets are closed; their tasks hold references until they have run out.
    std::vector<std::shared_ptr<dhcp::Service>> closed_;
    std::map<std::string, std::string> complaints_;
};

}  // namespace musterd::app
