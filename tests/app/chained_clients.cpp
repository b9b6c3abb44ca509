#include "server/app/chained_clients.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace std::chrono_literals;

namespace {
const base::Mac machine({0x52, 0x54, 0, 0, 0, 1});
}  // namespace

TEST_CASE("what fetched its loader is the loader's iPXE when it asks next") {
    app::ChainedClients clients;
    const base::Tick start{};
    CHECK_FALSE(clients.chained(machine, false, start));
    clients.told(machine, 1, start);
    clients.told(machine, 1, start + 1s);
    CHECK_FALSE(clients.chained(machine, false, start + 2s));
    clients.fetched(machine, start + 3s);
    CHECK(clients.chained(machine, false, start + 4s));
    CHECK_FALSE(clients.chained(base::Mac{}, false, start + 4s));
    CHECK_FALSE(clients.chained(machine, false, start + 10min));
}

TEST_CASE("5: the third exchange of a machine ends the chain, whatever is known of it") {
    app::ChainedClients clients;
    const base::Tick start{};
    clients.told(machine, 1, start);
    clients.fetched(machine, start + 1s);
    CHECK_FALSE(clients.chained(machine, true, start + 2s));  // an iPXE without HTTP came of it again
    clients.told(machine, 2, start + 2s);
    CHECK(clients.chained(machine, true, start + 3s));
    clients.told(machine, 3, start + 10min);  // long after: another boot
    CHECK_FALSE(clients.chained(machine, true, start + 10min));
}

TEST_CASE("a loader fetched by a machine that was not told to is no chain, and made-up machines do not fill memory") {
    app::ChainedClients clients;
    const base::Tick start{};
    clients.fetched(machine, start);
    CHECK_FALSE(clients.chained(machine, false, start));
    const auto numbered = [](unsigned i) {
        return base::Mac({2, 0, 0, static_cast<std::uint8_t>(i >> 16U), static_cast<std::uint8_t>(i >> 8U & 0xffU),
                          static_cast<std::uint8_t>(i & 0xffU)});
    };
    for (unsigned i = 0; i < 20'000; ++i) {
        clients.told(numbered(i), 1, start);
        clients.told(numbered(i), 2, start);
    }
    CHECK(clients.chained(numbered(16'383), false, start));
    CHECK_FALSE(clients.chained(numbered(16'384), false, start));
    clients.told(numbered(19'999), 1, start + 10min);
    clients.told(numbered(19'999), 2, start + 10min);
    CHECK(clients.chained(numbered(19'999), false, start + 10min));
}
