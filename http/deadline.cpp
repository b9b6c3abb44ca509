#include "http/deadline.hpp"

#include <boost/asio/steady_timer.hpp>

#include <utility>

namespace musterd::http {

using Clock = std::chrono::steady_clock;

struct Deadline::State : std::enable_shared_from_this<State> {
    State(const boost::asio::any_io_executor& strand, std::function<void()> action)
        : timer(strand), passed(std::move(action)) {}

    boost::asio::steady_timer timer;
    std::function<void()> passed;
    base::Tick deadline = base::Tick::max();
    base::Tick armed = base::Tick::max();  ///< when the timer will fire; max: it is not set

    void arm() {
        armed = deadline;
        timer.expires_at(deadline);
        timer.async_wait([weak = weak_from_this()](const boost::system::error_code& code) {
            const auto self = weak.lock();
            if (self && !code) self->fired();
        });
    }

    void fired() {
        armed = base::Tick::max();
        if (deadline == base::Tick::max()) return;
        if (Clock::now() < deadline) return arm();
        deadline = base::Tick::max();
        passed();
    }
};

Deadline::Deadline(const boost::asio::any_io_executor& strand, std::function<void()> passed)
    : state_(std::make_shared<State>(strand, std::move(passed))) {
}

Deadline::~Deadline() {
    state_->timer.cancel();
}

void Deadline::within(std::chrono::milliseconds duration) {
    state_->deadline = Clock::now() + duration;
    if (state_->deadline < state_->armed) state_->arm();
}

void Deadline::none() {
    state_->deadline = base::Tick::max();
}

}  // namespace musterd::http
