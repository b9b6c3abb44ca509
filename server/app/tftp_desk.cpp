#include "server/app/tftp_desk.hpp"

#include "server/api/grub_script.hpp"
#include "server/api/script_desk.hpp"

#include <fmt/format.h>

namespace musterd::app {

namespace {

// Where a distribution's signed GRUB looks for its configuration (Debian 12's: prefix /grub).
constexpr std::string_view grub_configuration = "grub/grub.cfg";

/// Scripts that are asked for by TFTP: by iPXE without HTTP, and by GRUB under Secure Boot.
struct AskedScript {
    api::ScriptLanguage language;
    std::string_view query;
};
std::optional<AskedScript> asked_script(std::string_view path) {
    const auto mark = std::min(path.find('?'), path.size());
    const auto name = path.substr(0, mark);
    const auto query = path.substr(std::min(mark + 1, path.size()));
    if (name == "boot/script") return AskedScript{api::ScriptLanguage::ipxe, query};
    if (name == "boot/grub") return AskedScript{api::ScriptLanguage::grub, query};
    return std::nullopt;
}

base::Result<base::FileSlice> text_slice(const base::Result<std::string>& text) {
    if (!text) return text.error();
    return base::slice_of_bytes(base::as_bytes(*text));
}

/// What the path names, for the event: boot/BOOTID/kernel is the boot's kernel, everything else a loader.
api::BootFile named(api::Site& site, const std::string& path) {
    api::BootFile file{{}, path, {}, {}};
    constexpr std::string_view boot = "boot/";
    constexpr std::size_t ulid = 26;
    if (!path.starts_with(boot) || path.size() <= boot.size() + ulid || path[boot.size() + ulid] != '/') return file;
    const auto found = site.boots().roll().find_boot(path.substr(boot.size(), ulid));
    if (found.boot == nullptr) return file;
    file.name = path.substr(boot.size() + ulid + 1);
    file.boot = found.boot->id;
    file.host = found.host;
    return file;
}

}  // namespace

std::map<std::string, std::string> parse_plain_query(std::string_view query) {
    std::map<std::string, std::string> parsed;
    while (!query.empty()) {
        const auto pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        const auto equals = pair.find('=');
        if (equals == std::string_view::npos) continue;
        parsed.emplace(pair.substr(0, equals), pair.substr(equals + 1));
    }
    return parsed;
}

void TftpDesk::resolve(const tftp::Request& request, const tftp::Reply& reply) {
    to_control_([this, request, reply] { reply(open(request)); });
}

base::Result<base::FileSlice> TftpDesk::open(const tftp::Request& request) {
    const auto server_url = fmt::format("http://{}:{}", request.local.to_url_host(), http_port_);
    if (const auto asked = asked_script(request.path)) {
        const auto files_url = fmt::format("tftp://{}", request.local.to_url_host());
        return text_slice(api::serve_script(site_, {parse_plain_query(asked->query), request.peer.address.to_string(),
                                                    server_url, asked->language, files_url}));
    }
    if (request.path == grub_configuration) return text_slice(api::grub_start_script());
    auto file = api::open_by_path(site_, request.path, {request.peer.address.to_string(), server_url, "tftp"});
    if (!file) return file.error();
    return std::move(file->slice);
}

void TftpDesk::ended(const tftp::TransferEnd& end) {
    // A size probe is EDK2's way to ask, not a transfer.
    if (end.probe) return;
    to_control_([this, end] { record(end); });
}

/// Loaders look for many files that may be missing, so that one of these is no event; but a file of a boot is not
/// missing by design. Who makes requests up cannot fill the journal.
void TftpDesk::record(const tftp::TransferEnd& end) {
    const auto file = named(site_, end.path);
    if (end.refused == tftp::ErrorCode::file_not_found && file.boot.empty()) return;
    if (end.refused && !may_note_refusal()) return;
    auto event = api::transfer_event(site_, file, end.peer.address.to_string(), "tftp");
    event.sent = end.sent;
    event.size = end.size;
    if (!end.complete) event.reason = end.reason;
    event.details["milliseconds"] = std::to_string(end.took.count());
    event.details["blksize"] = std::to_string(end.blksize);
    event.details["windowsize"] = std::to_string(end.windowsize);
    site_.note(std::move(event));
}

bool TftpDesk::may_note_refusal() {
    constexpr unsigned most = 10;
    const auto second = std::chrono::floor<std::chrono::seconds>(base::now());
    if (second != refusals_second_) refusals_ = 0;
    refusals_second_ = second;
    return ++refusals_ <= most;
}

}  // namespace musterd::app
