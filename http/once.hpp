#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

namespace musterd::http {

/// A function that others call once, from any thread, with the value that we wait for: the first call counts, and when
/// the last copy is dropped uncalled, the fallback is taken instead.
template <class T>
class Once {
public:
    Once(T fallback, std::function<void(T)> take) : fallback_(std::move(fallback)), take_(std::move(take)) {}
    Once(const Once&) = delete;
    Once& operator=(const Once&) = delete;
    ~Once() { give(std::move(fallback_)); }

    static std::function<void(T)> function(T fallback, std::function<void(T)> take) {
        const auto once = std::make_shared<Once>(std::move(fallback), std::move(take));
        return [once](T value) { once->give(std::move(value)); };
    }

private:
    void give(T value) {
        if (!given_.exchange(true)) take_(std::move(value));
    }

    T fallback_;
    std::function<void(T)> take_;
    std::atomic<bool> given_ = false;
};

}  // namespace musterd::http
