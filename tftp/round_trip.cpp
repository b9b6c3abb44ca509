#include "tftp/round_trip.hpp"

#include <algorithm>

namespace musterd::tftp {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds shortest_timeout(50);
constexpr milliseconds longest_timeout = seconds(8);
constexpr milliseconds first_timeout = seconds(1);  // RFC 6298 2.1

constexpr microseconds longest_sample = milliseconds(200);

constexpr microseconds shortest_answer(300);
constexpr microseconds longest_answer = milliseconds(50);
constexpr microseconds first_answer = milliseconds(5);

}  // namespace

void RoundTrip::add(Microseconds sample) {
    if (sample > longest_sample) return;
    if (!smoothed_) {
        smoothed_ = sample;
        variation_ = sample / 2;
        least_ = sample;
        return;
    }
    variation_ = (variation_ * 3 + std::chrono::abs(*smoothed_ - sample)) / 4;
    smoothed_ = (*smoothed_ * 7 + sample) / 8;
    least_ = std::min(sample, least_ + (sample - least_) / 64);
}

milliseconds RoundTrip::timeout() const {
    if (!smoothed_) return first_timeout;
    const auto expected = std::chrono::ceil<milliseconds>(*smoothed_ + variation_ * 4);
    return std::clamp(expected, shortest_timeout, longest_timeout);
}

microseconds RoundTrip::answer() const {
    if (!smoothed_) return first_answer;
    return std::clamp(*smoothed_ + variation_ * 4, shortest_answer, longest_answer);
}

microseconds RoundTrip::earliest() const {
    return least_ * 7 / 8;
}

}  // namespace musterd::tftp
