#pragma once

#include "http/message.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace musterd::http {

/// What the `{name}` parts of a pattern matched.
using Captures = std::map<std::string, std::string>;

/// Chooses a handler by method and path. A pattern is '/'-rooted segments: literal text, `{name}` for one segment that
/// is not empty, and as the last one `{name...}` for the rest of the path, which is not empty either. Where several
/// patterns match, the one that is literal at the earlier segment wins, whatever the order of add(): "/boot/loader/x"
/// before "/boot/{boot}/x". A trailing slash counts.
class Router {
public:
    using Route = std::function<void(Request, Captures, Respond)>;

    /// GET routes answer HEAD too. Throws std::invalid_argument on a malformed pattern or the same route twice.
    void add(const std::string& method, std::string_view pattern, Route route);

    /// Every route, as "GET /path/{name}" with the name of a rest like any other.
    [[nodiscard]] std::vector<std::string> patterns() const;

    /// A Router is a Handler: 404 where no pattern matches, 405 with Allow where only the method does not.
    void operator()(Request request, Respond respond) const;

private:
    struct Segment {
        enum class Kind { literal, one, rest };
        Kind kind = Kind::literal;
        std::string text;  ///< literal text, or the capture's name
    };
    struct Entry {
        std::string method;
        std::vector<Segment> pattern;
        Route route;
    };
    static std::vector<Segment> parse(std::string_view pattern);
    static bool before(const Entry& left, const Entry& right);
    static bool match(const std::vector<Segment>& pattern, const std::vector<std::string_view>& path,
                      Captures& captures);

    std::vector<Entry> entries_;  ///< in the order in which they are tried
};

}  // namespace musterd::http
