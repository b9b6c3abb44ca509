#pragma once

#include "http/message.hpp"
#include "server/base/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace musterd::api {

/// Reads the parameters of a request. One that is absent or empty is its fallback; the first that is wrong is kept, to
/// be answered with 400. Parameters that nobody asks for are ignored.
class Query {
public:
    explicit Query(const http::Request& request) : request_(request) {}

    [[nodiscard]] std::string text(const std::string& name) const;
    std::uint64_t number(const std::string& name, std::uint64_t least, std::uint64_t most, std::uint64_t fallback);
    /// "true" or "false", 1 or 0.
    bool flag(const std::string& name);
    /// RFC 3339.
    std::optional<base::Time> time(const std::string& name);
    void wrong(const std::string& name, const std::string& why);

    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    const http::Request& request_;
    std::string problem_;
};

/// `<target>; rel="next"` (RFC 8288): the request's own target with this parameter in place of what it had.
std::pair<std::string, std::string> next_link(const http::Request& request, const std::string& name,
                                              const std::string& value);

}  // namespace musterd::api
