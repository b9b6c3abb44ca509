#include "server/base/tasks.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <list>

namespace musterd::base {

struct Tasks::State {
    struct Task {
        std::string name;
        asio::cancellation_signal stop;
    };
    std::list<Task> tasks;
    std::size_t failed = 0;

    void ended(std::list<Task>::iterator task, const std::exception_ptr& failure) {
        if (failure) {
            ++failed;
            try {
                std::rethrow_exception(failure);
            } catch (const std::exception& error) {
                spdlog::error("task {} ended by an exception: {}", task->name, error.what());
            } catch (...) {
                spdlog::error("task {} ended by an exception of unknown type", task->name);
            }
        }
        tasks.erase(task);
    }

    void emit(asio::cancellation_type type) {
        // A task may end, and leave the list, while its signal is emitted.
        for (auto task = tasks.begin(); task != tasks.end();) {
            auto& signal = (task++)->stop;
            signal.emit(type);
        }
    }
};

Tasks::Tasks(asio::any_io_executor executor) : executor_(std::move(executor)), state_(std::make_shared<State>()) {
}

Tasks::~Tasks() = default;

void Tasks::spawn(std::string name, asio::awaitable<void> task) {
    const auto place = state_->tasks.emplace(state_->tasks.end());
    place->name = std::move(name);
    auto state = state_;
    auto ended = [state, place](const std::exception_ptr& failure) { state->ended(place, failure); };
    asio::co_spawn(executor_, std::move(task), asio::bind_cancellation_slot(place->stop.slot(), std::move(ended)));
}

void Tasks::finish() {
    state_->emit(asio::cancellation_type::total);
}

void Tasks::cut() {
    state_->emit(asio::cancellation_type::terminal);
}

std::size_t Tasks::running() const {
    return state_->tasks.size();
}

std::size_t Tasks::failed() const {
    return state_->failed;
}

asio::awaitable<void> accept_cancellation() {
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    co_await asio::this_coro::throw_if_cancelled(false);
}

}  // namespace musterd::base
