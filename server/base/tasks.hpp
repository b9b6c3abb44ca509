#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace musterd::base {

namespace asio = boost::asio;

/// The one completion token of the house: errors come as values, in (code, …) tuples.
inline constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

/// The running coroutines of one executor. Each has a name; an exception that leaves one is logged with it and
/// counted, never swallowed. Stopping has two stages: finish() asks each task to end when its work in hand is done
/// (cancellation type total), cut() ends them at their next wait (terminal). All calls on the executor's thread or
/// strand, but for the constructor.
class Tasks {
public:
    explicit Tasks(asio::any_io_executor executor);
    ~Tasks();
    Tasks(const Tasks&) = delete;
    Tasks& operator=(const Tasks&) = delete;

    void spawn(std::string name, asio::awaitable<void> task);
    void finish();
    void cut();

    [[nodiscard]] std::size_t running() const;
    [[nodiscard]] std::size_t failed() const;
    [[nodiscard]] const asio::any_io_executor& executor() const { return executor_; }

private:
    struct State;
    asio::any_io_executor executor_;
    std::shared_ptr<State> state_;
};

/// First statement of every task that wants to see finish(): accept all cancellation types, and let waits return
/// operation_aborted instead of throwing.
asio::awaitable<void> accept_cancellation();

}  // namespace musterd::base
