#include "server/base/ulid.hpp"

#include <openssl/rand.h>

#include <array>
#include <cstdint>
#include <stdexcept>

namespace musterd::base {

namespace {
constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
}

std::string make_ulid(Time time) {
    std::array<std::uint8_t, 10> random{};
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
        throw std::runtime_error("the kernel gives no random bytes");
    }
    std::string text(26, '0');
    auto milliseconds = static_cast<std::uint64_t>(time.time_since_epoch().count());
    for (std::size_t i = 10; i-- > 0; milliseconds >>= 5U) {
        text[i] = alphabet[milliseconds & 31U];
    }
    // 80 bits in 16 digits of 5 bits: 5 bytes make 8 digits.
    for (std::size_t half = 0; half < 2; ++half) {
        std::uint64_t bits = 0;
        for (std::size_t i = 0; i < 5; ++i) {
            bits = bits << 8U | random[half * 5 + i];
        }
        for (std::size_t i = 8; i-- > 0; bits >>= 5U) {
            text[10 + half * 8 + i] = alphabet[bits & 31U];
        }
    }
    return text;
}

std::string ulid_after(std::string_view earlier) {
    std::int64_t milliseconds = 0;
    for (const char c : earlier.substr(0, 10))
        milliseconds = milliseconds * 32 + static_cast<std::int64_t>(alphabet.find(c));
    return make_ulid(Time(std::chrono::milliseconds(milliseconds + 1)));
}

bool is_ulid(std::string_view text) {
    return text.size() == 26 && text[0] <= '7' && text.find_first_not_of(alphabet) == std::string_view::npos;
}

}  // namespace musterd::base
