#pragma once

#include "server/base/address.hpp"

#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>

namespace musterd::api {

/// Which machine has which address, learned from what boot clients say to the DHCP server that gives them one: TFTP
/// requests carry no MAC. Bounded: the address that was learned longest ago is forgotten first.
class AddressBook {
public:
    explicit AddressBook(std::size_t most = 65536) : most_(most) {}

    void learn(base::Ipv4 address, base::Mac mac);
    [[nodiscard]] std::optional<base::Mac> mac_of(base::Ipv4 address) const;

private:
    struct Line {
        base::Ipv4 address;
        base::Mac mac;
    };
    std::size_t most_;
    std::list<Line> lines_;  ///< oldest first
    std::unordered_map<std::uint32_t, std::list<Line>::iterator> by_address_;
};

}  // namespace musterd::api
