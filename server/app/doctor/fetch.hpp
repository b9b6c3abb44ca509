#pragma once

#include "server/app/doctor/observations.hpp"

#include <chrono>

namespace musterd::app::doctor {

/// Each asks at most three times, and waits `patience` in all. Blocking.
BootPortSeen ask_boot_port(base::Ipv4 server, std::chrono::milliseconds patience);
TftpSeen ask_tftp(base::Ipv4 server, const std::string& file, std::chrono::milliseconds patience);
/// HEAD, with a literal address in the URL.
HttpSeen ask_http(const std::string& url, std::chrono::milliseconds patience);

}  // namespace musterd::app::doctor
