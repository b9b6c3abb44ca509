#include "images/download.hpp"

#include "images/byte_source.hpp"
#include "images/digest.hpp"
#include "images/spool.hpp"
#include "images/url.hpp"
#include "server/base/json.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

namespace musterd::images {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::hours kept_for{7 * 24};

/// What nobody came back for.
void remove_old(const fs::path& downloads) {
    std::error_code code;
    for (fs::directory_iterator each(downloads, code), end; !code && each != end; each.increment(code)) {
        std::error_code unknown;
        const auto touched = fs::last_write_time(each->path() / "data", unknown);
        if (!unknown && fs::file_time_type::clock::now() - touched < kept_for) continue;
        if (!lock_folder(each->path(), FolderLock::alone_now)) continue;
        std::error_code ignored;
        fs::remove_all(each->path(), ignored);
    }
}

std::string megabytes(std::uint64_t bytes) {
    return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

}  // namespace

base::Result<Download> Download::open(const Store& store, const std::string& url) {
    const auto downloads = store.folder() / "downloads";
    std::error_code code;
    fs::create_directories(downloads, code);
    // Held until our own folder is locked, so that no other import takes it for an old one.
    const auto guard = lock_folder(downloads);
    if (!guard) return guard.error();
    const auto folder = downloads / images::sha256(base::as_bytes(url)).substr(0, 32);
    remove_old(downloads);
    fs::create_directories(folder, code);
    if (code) return base::Error(fmt::format("make folder {}: {}", folder.string(), code.message()), code);
    auto lock = lock_folder(folder, FolderLock::alone_now);
    if (!lock) return base::Error(fmt::format("another import is fetching {} already", shown_url(url)));
    Download download(folder, std::move(*lock), url);
    download.data_ = base::Fd(::open(download.file().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!download.data_) return base::Error::from_errno("open " + download.file().string());
    download.load();
    return download;
}

/// What cannot be gone on with is begun again.
void Download::load() {
    held_ = {};
    const auto text = base::read_file(folder_ / "state");
    const auto state = text ? base::parse_json_object(*text) : base::Result<boost::json::object>(text.error());
    struct stat now {};
    if (!state || ::fstat(data_.get(), &now) != 0) return;
    const auto size = base::json_count(*state, "size");
    const Held held{static_cast<std::uint64_t>(now.st_size), base::json_text(*state, "validator"), size};
    const bool fits = !size || held.bytes <= *size;
    if (fits && !held.validator.empty() && held.bytes > 0) held_ = held;
}

/// Before the first byte that it speaks of: bytes of which nobody knows what they are of are of no use.
base::Result<void> Download::save() const {
    boost::json::object state{{"url", shown_url(url_)}, {"validator", held_.validator}};
    if (held_.size) state["size"] = *held_.size;
    return base::write_file_durably(folder_ / "state", boost::json::serialize(state) + "\n", 0600);
}

base::Result<void> Download::keep(const Held& held) {
    held_ = held;
    if (::ftruncate(data_.get(), static_cast<off_t>(held.bytes)) != 0) return base::Error::from_errno("truncate");
    return save();
}

base::Result<void> Download::write(base::ByteView bytes) {
    while (!bytes.empty()) {
        const auto count = ::pwrite(data_.get(), bytes.data(), bytes.size(), static_cast<off_t>(held_.bytes));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return base::Error::from_errno("write " + file().string());
        held_.bytes += static_cast<std::uint64_t>(count);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

/// False when the body is not wanted.
bool Download::take_head(const ResponseHead& head) {
    auto next = continuation(held_, head);
    switch (next.action) {
        case Continuation::Action::append:
        case Continuation::Action::start_over:
            written_ = keep(next.held);
            return written_.has_value();
        case Continuation::Action::complete:
            complete_ = true;
            return false;
        case Continuation::Action::ask_again:
            held_ = {};
            put_off_ = std::move(next.reason);
            return false;
        case Continuation::Action::wait:
            put_off_ = std::move(next.reason);
            return false;
        case Continuation::Action::refuse:
            refused_ = std::move(next.reason);
            return false;
    }
    return false;
}

FetchEnd Download::attempt(const FetchPatience& patience, const ProgressCallback& progress) {
    put_off_.clear();
    const auto name = file_name_of(url_);
    FetchSink sink;
    sink.head = [this](const ResponseHead& head) { return take_head(head); };
    sink.body = [&](base::ByteView bytes) {
        written_ = write(bytes);
        if (progress) progress({Progress::Step::reading, held_.bytes, held_.size.value_or(held_.bytes), name});
        return written_.has_value();
    };
    return fetch(url_, held_, patience, sink);
}

base::Error Download::gave_up(const std::string& reason) const {
    std::string kept;
    if (held_.bytes > 0 && !held_.validator.empty()) {
        const auto of = held_.size ? " of " + megabytes(*held_.size) : std::string();
        kept = fmt::format("; {}{} are kept, and importing it again goes on from there", megabytes(held_.bytes), of);
    }
    return base::Error(fmt::format("{}: {}{}", shown_url(url_), reason, kept));
}

base::Result<void> Download::fetch_all(const FetchPatience& patience, const ProgressCallback& progress) {
    auto pause = patience.first_pause;
    for (int fruitless = 0; true;) {
        const auto before = held_.bytes;
        const auto end = attempt(patience, progress);
        if (!written_) {
            remove();
            return base::Error(fmt::format("{}: {}", shown_url(url_), written_.error().message()),
                               written_.error().code());
        }
        if (!refused_.empty()) return gave_up(refused_);
        if (end.how == FetchEnd::How::hopeless) return gave_up(end.reason);
        const bool whole = end.how == FetchEnd::How::done && (!held_.size || held_.bytes == *held_.size);
        if (complete_ || whole) return {};
        fruitless = held_.bytes > before ? 0 : fruitless + 1;
        if (fruitless == 0) pause = patience.first_pause;
        const auto why = !put_off_.empty() ? put_off_ : end.reason.empty() ? "the answer ended early" : end.reason;
        if (fruitless >= patience.attempts) return gave_up(why);
        std::this_thread::sleep_for(pause);
        pause *= 2;
    }
}

base::Result<std::string> Download::sha256() const {
    Sha256 digest;
    const auto read = read_pieces(FileSource(data_, held_.bytes), 0, held_.bytes,
                                  [&digest](base::ByteView piece) { digest.update(piece); });
    if (!read) return read.error();
    return digest.finish();
}

void Download::remove() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

}  // namespace musterd::images
