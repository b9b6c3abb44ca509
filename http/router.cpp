#include "http/router.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <stdexcept>

namespace musterd::http {

namespace {

/// "/a/b/" is a, b and an empty segment; "/" is none.
std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> segments;
    if (path.starts_with('/')) path.remove_prefix(1);
    if (path.empty()) return segments;
    while (true) {
        const auto end = path.find('/');
        segments.push_back(path.substr(0, end));
        if (end == std::string_view::npos) return segments;
        path.remove_prefix(end + 1);
    }
}

std::string join_rest(const std::vector<std::string_view>& path, std::size_t from) {
    std::string rest(path[from]);
    for (std::size_t i = from + 1; i < path.size(); ++i)
        rest.append("/").append(path[i]);
    return rest;
}

}  // namespace

std::vector<Router::Segment> Router::parse(std::string_view pattern) {
    const auto malformed = [&](const char* why) {
        throw std::invalid_argument("route \"" + std::string(pattern) + "\": " + why);
    };
    if (!pattern.starts_with('/')) malformed("must start with '/'");
    std::vector<Segment> segments;
    for (auto part : split(pattern)) {
        if (!segments.empty() && segments.back().kind == Segment::Kind::rest) malformed("{name...} must be last");
        if (!part.starts_with('{')) {
            segments.push_back({Segment::Kind::literal, std::string(part)});
            continue;
        }
        if (!part.ends_with('}')) malformed("'{' without '}'");
        part = part.substr(1, part.size() - 2);
        const bool rest = part.ends_with("...");
        if (rest) part.remove_suffix(3);
        if (part.empty()) malformed("a capture without a name");
        segments.push_back({rest ? Segment::Kind::rest : Segment::Kind::one, std::string(part)});
    }
    return segments;
}

std::vector<std::string> Router::patterns() const {
    std::vector<std::string> all;
    for (const auto& entry : entries_) {
        auto text = entry.method + " ";
        for (const auto& segment : entry.pattern)
            text += segment.kind == Segment::Kind::literal ? "/" + segment.text : "/{" + segment.text + "}";
        all.push_back(entry.pattern.empty() ? text + "/" : std::move(text));
    }
    return all;
}

/// Order of trial: at the first segment that differs, literal before one before rest.
bool Router::before(const Entry& left, const Entry& right) {
    return std::lexicographical_compare(left.pattern.begin(), left.pattern.end(), right.pattern.begin(),
                                        right.pattern.end(),
                                        [](const Segment& l, const Segment& r) { return l.kind < r.kind; });
}

bool Router::match(const std::vector<Segment>& pattern, const std::vector<std::string_view>& path, Captures& captures) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (i >= path.size()) return false;
        const auto& segment = pattern[i];
        if (segment.kind == Segment::Kind::rest) {
            captures[segment.text] = join_rest(path, i);
            return !captures[segment.text].empty();
        }
        if (segment.kind == Segment::Kind::literal && path[i] != segment.text) return false;
        if (segment.kind == Segment::Kind::one) {
            if (path[i].empty()) return false;
            captures[segment.text] = std::string(path[i]);
        }
    }
    return pattern.size() == path.size();
}

void Router::add(const std::string& method, std::string_view pattern, Route route) {
    Entry entry{method, parse(pattern), std::move(route)};
    const auto same = [&](const Entry& other) {
        return other.method == entry.method &&
               std::equal(other.pattern.begin(), other.pattern.end(), entry.pattern.begin(), entry.pattern.end(),
                          [](const Segment& left, const Segment& right) {
                              return left.kind == right.kind &&
                                     (left.kind != Segment::Kind::literal || left.text == right.text);
                          });
    };
    if (std::any_of(entries_.begin(), entries_.end(), same)) {
        throw std::invalid_argument("route \"" + method + " " + std::string(pattern) + "\" is there twice");
    }
    const auto place = std::upper_bound(entries_.begin(), entries_.end(), entry, before);
    entries_.insert(place, std::move(entry));
}

void Router::operator()(Request request, Respond respond) const {
    const std::string path_text = request.path;
    const auto path = split(path_text);
    const std::string method = request.method == "HEAD" ? "GET" : request.method;
    std::set<std::string> allowed;
    for (const auto& entry : entries_) {
        Captures captures;
        if (!match(entry.pattern, path, captures)) continue;
        if (entry.method == method) {
            entry.route(std::move(request), std::move(captures), std::move(respond));
            return;
        }
        allowed.insert(entry.method);
        if (entry.method == "GET") allowed.insert("HEAD");
    }
    if (allowed.empty()) {
        respond(problem(404, "there is nothing at " + path_text));
        return;
    }
    std::string allow;
    for (const auto& name : allowed)
        allow.append(allow.empty() ? "" : ", ").append(name);
    auto refusal = problem(405, request.method + " is not for " + path_text + " (" + allow + " is)");
    refusal.headers.emplace_back("Allow", std::move(allow));
    respond(std::move(refusal));
}

}  // namespace musterd::http
