#include "server/api/address_book.hpp"

namespace musterd::api {

void AddressBook::learn(base::Ipv4 address, base::Mac mac) {
    if (address.none() || mac.none() || most_ == 0) return;
    if (const auto known = by_address_.find(address.value()); known != by_address_.end()) {
        known->second->mac = mac;
        lines_.splice(lines_.end(), lines_, known->second);
        return;
    }
    if (lines_.size() == most_) {
        by_address_.erase(lines_.front().address.value());
        lines_.pop_front();
    }
    lines_.push_back({address, mac});
    by_address_.emplace(address.value(), std::prev(lines_.end()));
}

std::optional<base::Mac> AddressBook::mac_of(base::Ipv4 address) const {
    const auto known = by_address_.find(address.value());
    if (known == by_address_.end()) return std::nullopt;
    return known->second->mac;
}

}  // namespace musterd::api
