#pragma once

#include "images/fetch.hpp"
#include "images/store.hpp"

#include <filesystem>

namespace musterd::images {

/// A file that is being fetched, or was: in downloads/<32 digits of the URL's SHA-256>/, `data` and `state`. It stays
/// when the process is killed or the server goes away, and the next download of the same URL goes on from there.
class Download {
public:
    /// Locks the URL's folder, and removes those of others that nobody has touched for a week. Errors: another import
    /// is fetching the same URL.
    static base::Result<Download> open(const Store& store, const std::string& url);

    /// Fetches what is missing, as often as that takes; `progress` hears Step::reading. Blocks. Errors: no answer, an
    /// answer that makes no sense, no space (what was fetched goes then); a message says what is kept.
    base::Result<void> fetch_all(const FetchPatience& patience, const ProgressCallback& progress);
    /// Of all that was fetched.
    [[nodiscard]] base::Result<std::string> sha256() const;
    [[nodiscard]] std::filesystem::path file() const { return folder_ / "data"; }
    /// Nobody wants it any more.
    void remove();

private:
    Download(std::filesystem::path folder, base::Fd lock, std::string url)
        : folder_(std::move(folder)), lock_(std::move(lock)), url_(std::move(url)) {}
    void load();
    base::Result<void> save() const;
    base::Result<void> keep(const Held& held);
    base::Result<void> write(base::ByteView bytes);
    bool take_head(const ResponseHead& head);
    FetchEnd attempt(const FetchPatience& patience, const ProgressCallback& progress);
    [[nodiscard]] base::Error gave_up(const std::string& reason) const;

    std::filesystem::path folder_;
    base::Fd lock_;
    std::string url_;
    base::Fd data_;
    Held held_;
    std::string refused_;  ///< why the last answer was no use, for good
    std::string put_off_;  ///< why the last answer was no use, for now
    bool complete_ = false;
    base::Result<void> written_;
};

}  // namespace musterd::images
