#include "server/api/failures.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace musterd::api {

std::string Failures::network_of(std::string_view address) {
    constexpr std::size_t prefix = 8;
    std::array<unsigned char, 16> bytes{};
    const std::string text(address.substr(0, address.find('%')));
    if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
    return {bytes.begin(), bytes.begin() + prefix};
}

std::chrono::seconds Failures::wait(std::string_view address, base::Tick now) const {
    const auto* forgotten = forgotten_.find(network_of(address));
    if (forgotten == nullptr) return {};
    const auto left = *forgotten - now - (at_once - 1) * pause;
    return std::max(std::chrono::ceil<std::chrono::seconds>(left), std::chrono::seconds(0));
}

void Failures::add(std::string_view address, base::Tick now) {
    const auto network = network_of(address);
    const auto* known = forgotten_.find(network);
    forgotten_.learn(network, std::max(known == nullptr ? now : *known, now) + pause);
}

}  // namespace musterd::api
