#include "server/base/interface_changes.hpp"

#include "server/base/tasks.hpp"

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>

using namespace musterd::base;

namespace {

asio::awaitable<void> watch(InterfaceChanges& changes, int& woken, bool& ended) {
    co_await accept_cancellation();
    for (;;) {
        const bool changed = co_await changes.wait();
        if (!changed) break;
        ++woken;
    }
    ended = true;
}

}  // namespace

// That it wakes up is seen in tests/net/net_interfaces.py, which may make interfaces.
TEST_CASE("waiting for changes of interfaces ends when the watch is closed or its task is asked to finish") {
    for (const bool close : {true, false}) {
        CAPTURE(close);
        asio::io_context context;
        Tasks tasks(context.get_executor());
        auto changes = InterfaceChanges::open(context.get_executor());
        REQUIRE(changes);
        int woken = 0;
        bool ended = false;
        tasks.spawn("watch", watch(*changes, woken, ended));
        context.poll();
        CHECK_FALSE(ended);
        if (close) {
            changes->close();
        } else {
            tasks.finish();
        }
        context.run();
        CHECK(ended);
        CHECK(woken == 0);
    }
}
