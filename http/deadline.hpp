#pragma once

#include "server/base/clock.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace musterd::http {

/// The time limit of what a connection does just now. Moving it later, as each sent chunk does, costs a store: the
/// timer behind it fires at the time it was set for, sees that there is time left, and sets itself again. Not Beast's
/// tcp_stream, whose time-out does not cover waiting for writability. All calls on one strand.
class Deadline {
public:
    /// `passed` is called on `strand`, not after the Deadline is destroyed.
    Deadline(const boost::asio::any_io_executor& strand, std::function<void()> passed);
    ~Deadline();
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

    void within(std::chrono::milliseconds duration);
    void none();

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace musterd::http
