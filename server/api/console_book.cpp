#include "server/api/console_book.hpp"

#include "server/base/utf8.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace musterd::api {

namespace {

constexpr std::size_t longest = 500;
constexpr std::size_t most_lines = 64;

/// Printable, and valid UTF-8.
std::string readable(std::string_view text) {
    std::string out;
    while (!text.empty() && out.size() < longest) {
        const auto length = base::utf8_sequence(text);
        const auto first = static_cast<unsigned char>(text.front());
        if (length == 0)
            out += '?';
        else if (first < 0x20 || first == 0x7f)
            out += ' ';
        else
            out += text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out;
}

bool all_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string_view without_priority(std::string_view line) {
    constexpr std::size_t most_digits = 3;
    const auto end = line.find('>');
    const bool priority = line.starts_with('<') && end != std::string_view::npos && end <= most_digits + 1 &&
                          all_digits(line.substr(1, end - 1));
    return priority ? line.substr(end + 1) : line;
}

std::string_view without_extended_header(std::string_view line) {
    const auto end = line.find(';');
    if (end == std::string_view::npos) return line;
    auto rest = line.substr(0, end);
    for (int field = 0; field < 3; ++field) {
        const auto comma = rest.find(',');
        if (comma == std::string_view::npos || !all_digits(rest.substr(0, comma))) return line;
        rest.remove_prefix(comma + 1);
    }
    return line.substr(end + 1);
}

}  // namespace

std::string_view to_string(ConsoleKind kind) {
    return kind == ConsoleKind::syslog ? "syslog" : "netconsole";
}

std::vector<std::string> console_lines(ConsoleKind kind, base::ByteView datagram) {
    std::vector<std::string> lines;
    auto rest = base::as_text(datagram);
    while (!rest.empty() && lines.size() < most_lines) {
        const auto end = std::min(rest.find('\n'), rest.size());
        const auto line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const auto body = kind == ConsoleKind::syslog ? without_priority(line) : without_extended_header(line);
        if (auto text = readable(body); !text.empty()) lines.push_back(std::move(text));
    }
    return lines;
}

bool ConsoleBook::admit(Host& host, base::Tick now) {
    if (host.last != base::Tick{}) {
        const std::chrono::duration<double> passed = now - host.last;
        host.allowed = std::min(burst, host.allowed + passed.count() * rate);
    }
    host.last = now;
    if (host.allowed < 1) return false;
    host.allowed -= 1;
    return true;
}

std::size_t ConsoleBook::cost(const ConsoleLine& line) {
    constexpr std::size_t beside = 112;
    return line.text.size() + beside;
}

ConsoleBook::Host& ConsoleBook::host_of(const std::string& name) {
    const auto known = by_name_.find(name);
    if (known == by_name_.end()) {
        hosts_.emplace_back().name = name;
        by_name_.emplace(name, std::prev(hosts_.end()));
    } else {
        hosts_.splice(hosts_.end(), hosts_, known->second);
    }
    return hosts_.back();
}

void ConsoleBook::drop_oldest(Host& host) {
    const auto bytes = cost(host.lines.front());
    host.bytes -= bytes;
    bytes_left_ += bytes;
    host.lines.pop_front();
}

void ConsoleBook::add(Host& host, ConsoleLine line) {
    const auto bytes = cost(line);
    while (!host.lines.empty() && host.bytes + bytes > of_each)
        drop_oldest(host);
    for (auto& other : hosts_) {
        while (bytes_left_ < bytes && !other.lines.empty())
            drop_oldest(other);
        if (bytes_left_ >= bytes) break;
    }
    if (bytes_left_ < bytes) return;
    bytes_left_ -= bytes;
    host.bytes += bytes;
    host.lines.push_back(std::move(line));
}

void ConsoleBook::heard(const std::string& host, const std::string& boot, ConsoleKind kind, base::ByteView datagram,
                        base::Time time, base::Tick now) {
    if (host.empty()) return;
    auto& known = host_of(host);
    if (!admit(known, now)) {
        if (!std::exchange(known.said_flood, true))
            add(known, {time, kind, boot, "(it says more than musterd keeps; some of it is left out)"});
        return;
    }
    known.said_flood = false;
    for (auto& text : console_lines(kind, datagram))
        add(known, {time, kind, boot, std::move(text)});
}

std::vector<ConsoleLine> ConsoleBook::of(const std::string& host) const {
    const auto known = by_name_.find(host);
    if (known == by_name_.end()) return {};
    return {known->second->lines.begin(), known->second->lines.end()};
}

}  // namespace musterd::api
