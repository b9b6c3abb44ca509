#include "tftp/round_trip.hpp"

#include <doctest/doctest.h>

using namespace musterd::tftp;
using namespace std::chrono_literals;

TEST_CASE("before the first sample a second is waited, and any answer may be one") {
    const RoundTrip unknown;
    CHECK_FALSE(unknown.known());
    CHECK(unknown.timeout() == 1s);
    CHECK(unknown.answer() == 5ms);
    CHECK(unknown.earliest() == 0us);
}

TEST_CASE("the first sample and its half are mean and variation (RFC 6298 2.2)") {
    RoundTrip trip;
    trip.add(20ms);
    CHECK(trip.known());
    CHECK(trip.timeout() == 60ms);
    CHECK(trip.answer() == 50ms);
    CHECK(trip.earliest() == 17500us);
    trip.add(28ms);  // mean 21, variation (3 * 10 + 8) / 4
    CHECK(trip.timeout() == 59ms);
}

TEST_CASE("waits stay within their bounds") {
    RoundTrip quick, slow;
    for (int i = 0; i < 50; ++i) {
        quick.add(10us);
        slow.add(200ms);
    }
    CHECK(quick.timeout() == 50ms);
    CHECK(quick.answer() == 300us);
    CHECK(slow.timeout() >= 200ms);
    CHECK(slow.timeout() <= 210ms);
    CHECK(slow.answer() == 50ms);
}

TEST_CASE("a sample that is a client's timer is passed over") {
    RoundTrip trip;
    trip.add(250ms);
    CHECK_FALSE(trip.known());
}

TEST_CASE("the least sample is the bound of what can be an answer, and follows a way that became longer") {
    RoundTrip trip;
    trip.add(800us);
    trip.add(80us);
    CHECK(trip.earliest() == 70us);
    trip.add(800us);
    CHECK(trip.earliest() < 90us);
    for (int i = 0; i < 1000; ++i)
        trip.add(800us);
    CHECK(trip.earliest() > 600us);
}
