#include "server/api/failures.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace std::chrono_literals;
using api::Failures;

TEST_CASE("ten wrong ones at once, then one in six seconds, and all is forgotten after a minute") {
    Failures failures;
    const base::Tick start{};
    for (int i = 0; i < Failures::at_once; ++i) {
        CHECK(failures.wait("10.0.0.1", start) == 0s);
        failures.add("10.0.0.1", start);
    }
    CHECK(failures.wait("10.0.0.1", start) == 6s);
    CHECK(failures.wait("10.0.0.1", start + 5500ms) == 1s);
    CHECK(failures.wait("10.0.0.1", start + 6s) == 0s);
    failures.add("10.0.0.1", start + 6s);
    CHECK(failures.wait("10.0.0.1", start + 6s) == 6s);
    CHECK(failures.wait("10.0.0.1", start + 2min) == 0s);
}

TEST_CASE("one address does not pay for another, but for those of its own IPv6 network") {
    Failures failures;
    const base::Tick now{};
    for (int i = 0; i < Failures::at_once; ++i) {
        failures.add("10.0.0.1", now);
        failures.add("2001:db8::" + std::to_string(i), now);
    }
    CHECK(failures.wait("10.0.0.2", now) == 0s);
    CHECK(failures.wait("2001:db8::ffff", now) > 0s);
    CHECK(failures.wait("2001:db8:0:1::1", now) == 0s);
    CHECK(failures.wait("", now) == 0s);
}
