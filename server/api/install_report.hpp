#pragma once

#include "server/base/event.hpp"
#include "server/base/result.hpp"

#include <string>
#include <string_view>

namespace musterd::api {

/// What an installer said: which event it is, and its details; `keep` is false of what nobody will want to read again.
struct InstallReport {
    base::EventKind kind = base::EventKind::install_report;
    std::map<std::string, std::string> details;
    bool keep = true;
};

/// The body of POST …/event. Either a word of ours, as a form or JSON: `stage=installing`, `stage=installed`. Or what
/// the webhook reporters of subiquity, curtin and cloud-init send (curtin/reporter/handlers.py, WebHookHandler): JSON
/// with name, event_type (start, finish, info, warning, error), description and of a finish its result. Of those the
/// two upper levels of names are kept, and what went wrong; subiquity's own names tell when it writes the disk
/// (subiquity/Install/install) and when its last command has run (subiquity/Late/run). Values are one line of at most
/// 256 bytes. An error for anything else.
base::Result<InstallReport> read_install_report(std::string_view content_type, std::string_view body);

}  // namespace musterd::api
