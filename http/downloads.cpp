#include "http/downloads.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace musterd::http {

std::optional<Downloads::Place> Downloads::enter(const std::shared_ptr<Downloads>& downloads, Refusable refusable) {
    const auto before = downloads->under_way_.fetch_add(1);
    if (before >= downloads->most_ && refusable == Refusable::yes) {
        --downloads->under_way_;
        ++downloads->refused_;
        return std::nullopt;
    }
    return Place(downloads.get(), [downloads](void*) { --downloads->under_way_; });
}

unsigned Downloads::retry_after() const {
    return 3 + static_cast<unsigned>(refused_ % 5);
}

Downloads::Refusable refusable(const Request& request) {
    static constexpr std::array<std::string_view, 4> prefixes = {
        "UefiHttpBoot/",  // EDK2 HttpBootClient.c: any status but 200 and 206 ends the boot option
        "GRUB ",          // grub-core/net/http.c: any other status is a file that cannot be read
        "lwIP/",          // U-Boot net/lwip/wget.c
        "Wget",           // busybox and GNU, of initramfs that fetch their root (casper, rooturl): no retry after 503
    };
    // U-Boot net/wget.c sends the request line of HTTP/1.0 and nothing else.
    if (request.headers.empty()) return Downloads::Refusable::no;
    const auto agent = request.header("user-agent");
    const bool lost = std::any_of(prefixes.begin(), prefixes.end(), [&](auto p) { return agent.starts_with(p); });
    return lost ? Downloads::Refusable::no : Downloads::Refusable::yes;
}

}  // namespace musterd::http
