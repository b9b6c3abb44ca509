#pragma once

#include "http/message.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace musterd::http {

/// The large bodies that all connections of a server are sending: so many at once that each still gets its share of the
/// network, and who comes then is told to come back. Any thread.
class Downloads {
public:
    explicit Downloads(std::size_t most) : most_(most) {}

    /// Held while a body is sent.
    using Place = std::shared_ptr<void>;
    enum class Refusable { no, yes };
    /// A place; nothing where all are taken and the client is one that may be refused.
    static std::optional<Place> enter(const std::shared_ptr<Downloads>& downloads, Refusable refusable);

    /// Seconds until a client that was just refused shall ask again: not the same for all of a rack.
    [[nodiscard]] unsigned retry_after() const;
    [[nodiscard]] std::size_t most() const { return most_; }
    [[nodiscard]] std::uint64_t refused() const { return refused_; }

private:
    std::size_t most_;
    std::atomic<std::size_t> under_way_ = 0;
    std::atomic<std::uint64_t> refused_ = 0;
};

/// Whether the client asks again after 503, or can be made to. By its User-Agent: those whose boot ends with a refusal
/// are served however many there are.
Downloads::Refusable refusable(const Request& request);

}  // namespace musterd::http
