#pragma once

#include <chrono>
#include <optional>

namespace musterd::tftp {

/// How long a client takes to answer, smoothed as RFC 6298 2 has it, and what is to be waited for because of that.
class RoundTrip {
public:
    using Microseconds = std::chrono::microseconds;

    /// Never of something that was sent twice (RFC 6298 3, Karn): it is unknown which copy was answered. Samples above
    /// 200 ms are passed over: those are clients that repeat their ACK because ours was lost (iPXE after 250 ms).
    void add(Microseconds sample);
    [[nodiscard]] bool known() const { return smoothed_.has_value(); }

    /// Silence this long means that something was lost; 50 ms to 8 s, 1 s before the first sample. The floor is above
    /// the 10 ms at which UEFI firmware polls its network card, and far below the seconds that clients wait.
    [[nodiscard]] std::chrono::milliseconds timeout() const;
    /// An answer to what was just sent would be here by now; 300 us to 50 ms.
    [[nodiscard]] Microseconds answer() const;
    /// Before this nothing is an answer to it; 0 before the first sample. From the least sample, since the others hold
    /// the time that a burst takes on the wire, which rises slowly when the way has become longer.
    [[nodiscard]] Microseconds earliest() const;

private:
    std::optional<Microseconds> smoothed_;
    Microseconds variation_{};
    Microseconds least_{};
};

}  // namespace musterd::tftp
