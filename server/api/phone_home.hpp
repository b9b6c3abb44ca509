#pragma once

#include "server/base/result.hpp"

#include <map>
#include <string>
#include <string_view>

namespace musterd::api {

/// What a machine says of itself when it is up: kernel_boot_id, machine_id, hostname, addresses, and from cloud-init's
/// phone_home (cloudinit/config/cc_phone_home.py) instance_id and fqdn. Other keys are dropped, values are cut at 256
/// bytes. `body` is JSON, a form, or nothing, told by `content_type` and its first character. An error says what is
/// wrong with JSON or a form.
base::Result<std::map<std::string, std::string>> read_phone_home(std::string_view content_type, std::string_view body);

/// One line of at most 256 bytes that is valid UTF-8: it goes to the journal and to terminals.
std::string one_line(std::string value);

/// What a machine gives as the reason of its failure: "reason" of a JSON object, else the text as it is; one line,
/// at most 256 bytes, never empty.
std::string reported_reason(std::string_view content_type, std::string_view body);

}  // namespace musterd::api
