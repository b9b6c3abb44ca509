#pragma once

#include "server/api/bounded_book.hpp"
#include "server/base/machine.hpp"

#include <cstddef>
#include <optional>

namespace musterd::api {

/// What boot clients say to the DHCP servers, for later: TFTP requests carry no MAC, and a request for a script neither
/// the vendor class of the firmware, nor where the machine is plugged in.
class AddressBook {
public:
    explicit AddressBook(std::size_t most = 65536) : macs_(most), machines_(most) {}

    /// The address was given to the machine, by whomever.
    void learn(base::Ipv4 address, base::Mac mac) {
        if (!address.none() && !mac.none()) macs_.learn(address, mac);
    }
    [[nodiscard]] std::optional<base::Mac> mac_of(base::Ipv4 address) const {
        const auto* mac = macs_.find(address);
        return mac == nullptr ? std::nullopt : std::optional(*mac);
    }

    /// Its vendor class, interface and circuit.
    void learn(const base::Machine& machine) {
        if (!machine.mac.none())
            machines_.learn(machine.mac, {machine.vendor_class, machine.interface, machine.circuit});
    }
    /// Puts in what is known of these three.
    void complete(base::Machine& machine) const {
        const auto* known = machines_.find(machine.mac);
        if (known == nullptr) return;
        machine.vendor_class = known->vendor_class;
        machine.interface = known->interface;
        machine.circuit = known->circuit;
    }

private:
    struct Circumstances {
        std::string vendor_class;
        std::string interface;
        std::string circuit;
    };
    BoundedBook<base::Ipv4, base::Mac> macs_;
    BoundedBook<base::Mac, Circumstances> machines_;
};

}  // namespace musterd::api
