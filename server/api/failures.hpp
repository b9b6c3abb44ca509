#pragma once

#include "server/api/bounded_book.hpp"
#include "server/base/clock.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace musterd::api {

/// Who guesses tokens waits: an address may be wrong ten times, and then once in six seconds. It knows 4096 addresses;
/// of IPv6, networks of 64 bits, because a host has a whole one to itself.
class Failures {
public:
    static constexpr std::chrono::seconds pause{6};
    static constexpr int at_once = 10;

    /// How long this address is not listened to; 0: it is.
    [[nodiscard]] std::chrono::seconds wait(std::string_view address, base::Tick now) const;
    void add(std::string_view address, base::Tick now);

private:
    static std::string network_of(std::string_view address);

    /// When all that it did wrong is forgotten (ITU-T I.371's leaky bucket: one time holds the whole level).
    BoundedBook<std::string, base::Tick> forgotten_{4096};
};

}  // namespace musterd::api
