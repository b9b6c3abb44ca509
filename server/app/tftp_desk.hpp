#pragma once

#include "server/api/boot_routes.hpp"
#include "tftp/server.hpp"

#include <map>

namespace musterd::app {

/// Between the TFTP room and the rest. resolve() and ended() are called by TFTP's executor and go to the control
/// thread; the same paths as HTTP's are served.
class TftpDesk {
public:
    TftpDesk(api::Site& site, api::Post to_control, std::uint16_t http_port)
        : site_(site), to_control_(std::move(to_control)), http_port_(http_port) {}

    void resolve(const tftp::Request& request, const tftp::Reply& reply);
    void ended(const tftp::TransferEnd& end);

private:
    base::Result<base::FileSlice> open(const tftp::Request& request);
    void record(const tftp::TransferEnd& end);
    bool may_note_refusal();

    api::Site& site_;
    api::Post to_control_;
    std::uint16_t http_port_;
    base::Time refusals_second_;
    unsigned refusals_ = 0;  ///< in that second
};

/// "a=1&b=2" as a map; the first of equal names wins. TFTP names are not percent-decoded.
std::map<std::string, std::string> parse_plain_query(std::string_view query);

}  // namespace musterd::app
