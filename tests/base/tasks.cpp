#include "server/base/tasks.hpp"

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <stdexcept>
#include <string>

using namespace musterd::base;
using namespace std::chrono_literals;

namespace {

asio::awaitable<void> throws() {
    throw std::runtime_error("on purpose");
    co_return;
}

/// Waits for ever; writes down how its waits ended.
asio::awaitable<void> waits(std::string& story) {
    co_await accept_cancellation();
    asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
    const auto [code] = co_await timer.async_wait(as_result);
    story += code == asio::error::operation_aborted ? "aborted" : "expired";
    const auto state = co_await asio::this_coro::cancellation_state;
    story += state.cancelled() == asio::cancellation_type::total ? " total" : " terminal";
}

/// Does not listen to the first stage.
asio::awaitable<void> stubborn(std::string& story) {
    asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
    const auto [code] = co_await timer.async_wait(as_result);
    story += code ? "cut" : "expired";
}

}  // namespace

TEST_CASE("an exception that leaves a task is counted and stops nobody else") {
    asio::io_context context(1);
    Tasks tasks(context.get_executor());
    std::string story;
    tasks.spawn("thrower", throws());
    tasks.spawn("waiter", waits(story));
    asio::post(context, [&] { tasks.finish(); });
    context.run();
    CHECK(tasks.failed() == 1);
    CHECK(tasks.running() == 0);
    CHECK(story == "aborted total");
}

TEST_CASE("finish lets a task end its work, cut ends those that do not") {
    asio::io_context context(1);
    Tasks tasks(context.get_executor());
    std::string polite;
    std::string rude;
    tasks.spawn("polite", waits(polite));
    tasks.spawn("rude", stubborn(rude));
    context.poll();
    tasks.finish();
    context.poll();
    CHECK(polite == "aborted total");
    CHECK(rude.empty());
    CHECK(tasks.running() == 1);
    tasks.cut();
    context.restart();
    context.poll();
    CHECK(rude == "cut");
    CHECK(tasks.running() == 0);
}

TEST_CASE("tasks may outlive the object that spawned them") {
    asio::io_context context(1);
    std::string story;
    {
        Tasks tasks(context.get_executor());
        tasks.spawn("waiter", waits(story));
        context.poll();
        tasks.cut();
    }
    context.restart();
    context.run();
    CHECK(story == "aborted terminal");
}
