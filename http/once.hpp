#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/dispatch.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

namespace musterd::http {

/// Carries one value from any thread to a strand: the first give() counts, and when the last copy of the function made
/// from it is dropped without one, the fallback is given. `take` runs on the strand.
template <class T>
class Once {
public:
    Once(boost::asio::any_io_executor strand, T fallback, std::function<void(T)> take)
        : strand_(std::move(strand)), fallback_(std::move(fallback)), take_(std::move(take)) {}
    Once(const Once&) = delete;
    Once& operator=(const Once&) = delete;
    ~Once() { give(std::move(fallback_)); }

    void give(T value) {
        if (given_.exchange(true)) return;
        boost::asio::dispatch(strand_, [take = take_, value = std::move(value)]() mutable { take(std::move(value)); });
    }

    static std::function<void(T)> function(boost::asio::any_io_executor strand, T fallback,
                                           std::function<void(T)> take) {
        auto once = std::make_shared<Once>(std::move(strand), std::move(fallback), std::move(take));
        return [once](T value) { once->give(std::move(value)); };
    }

private:
    boost::asio::any_io_executor strand_;
    T fallback_;
    std::function<void(T)> take_;
    std::atomic<bool> given_ = false;
};

}  // namespace musterd::http
