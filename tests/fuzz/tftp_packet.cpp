// Any datagram at the well-known port: parse, clean, decide and negotiate, with what each of them promises.
#include "tftp/decide.hpp"
#include "tftp/negotiate.hpp"
#include "tftp/path.hpp"

#include <algorithm>
#include <cstdlib>

using namespace musterd;
using namespace musterd::tftp;

namespace {

void require(bool promise) {
    if (!promise) std::abort();
}

void check_path(const std::string& path) {
    require(!path.empty() && path.front() != '/' && path.find('\\') == std::string::npos);
    require(path.find('\0') == std::string::npos && ("/" + path + "/").find("/../") == std::string::npos);
    const auto again = clean_path(path);
    // A name that is clean stays as it is, unless a scheme stands in it that only now came to the front.
    require(path.starts_with("tftp:") || (again && *again == path));
}

void check_agreement(const FileRequest& request, const Agreement& agreement, const Limits& limits) {
    require(agreement.blksize >= 8 && agreement.blksize <= std::max<std::uint16_t>(limits.max_blksize, 512));
    require(agreement.windowsize >= 1 && agreement.windowsize <= limits.max_windowsize);
    for (const auto& given : agreement.oack) {
        bool asked = false;
        for (const auto& option : request.options) {
            if (option.name != given.name) continue;
            asked = true;
            if (!given.is("tsize")) require(*decimal(given.value) <= *decimal(option.value));
            if (given.is("timeout")) require(*decimal(given.value) == *decimal(option.value));
        }
        require(asked);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const base::ByteView datagram(data, size);
    if (const auto packet = parse(datagram)) {
        const auto again = parse(serialize(*packet));
        require(again && *again == *packet);
    }
    const auto decision = decide(datagram);
    if (const auto* const serve = std::get_if<Serve>(&decision)) {
        check_path(serve->path);
        const Limits limits{1468, 32};
        check_agreement(serve->request, negotiate(serve->request, size, limits), limits);
    }
    return 0;
}
