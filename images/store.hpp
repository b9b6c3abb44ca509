#pragma once

#include "images/image.hpp"
#include "images/name_history.hpp"
#include "images/reference.hpp"
#include "server/base/fd.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace musterd::images {

/// How far an import or a verification has come, for a progress bar.
struct Progress {
    enum class Step { reading, storing, naming };
    Step step = Step::reading;
    std::uint64_t done = 0;   ///< bytes read so far, of all files
    std::uint64_t total = 0;  ///< bytes of all files
    std::string_view file;    ///< path of the file in hand
};
using ProgressCallback = std::function<void(const Progress&)>;

/// The images of one data_dir. Keeps nothing in memory: the folders are the truth, so what another process imports is
/// seen at once, copies are cheap, and const members may be called from any thread.
class Store {
public:
    /// Makes data_dir/images and its folders where they are missing.
    static base::Result<Store> open(const std::filesystem::path& data_dir);

    /// What each name leads to now, sorted by name. A damaged entry is an error that names its file.
    [[nodiscard]] base::Result<std::vector<Image>> list() const;
    /// Every name, sorted.
    [[nodiscard]] std::vector<std::string> names() const;
    /// What a name has led to, newest first. A miss says what there is.
    [[nodiscard]] base::Result<NameHistory> history(const std::string& name) const;
    /// By "name", "name@digest-prefix" or whole digest. A miss says what there is; an ambiguous prefix says so.
    [[nodiscard]] base::Result<Image> find(std::string_view reference) const;
    [[nodiscard]] base::Result<Image> find(const Reference& reference) const;

    /// Opens a file of an image for sending; its etag is its SHA-256.
    [[nodiscard]] base::Result<base::FileSlice> open_file(const Image& image, std::string_view path) const;
    [[nodiscard]] base::Result<base::FileSlice> open_file(std::string_view digest, std::string_view path) const;

    /// Reads every file of the image again and compares size and SHA-256. An error names every file that differs.
    [[nodiscard]] base::Result<void> verify(const Image& image, const ProgressCallback& progress = {}) const;

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
    [[nodiscard]] std::filesystem::path blob_path(std::string_view sha256) const;
    [[nodiscard]] std::filesystem::path manifest_path(std::string_view digest) const;
    [[nodiscard]] std::filesystem::path name_path(std::string_view name) const;

private:
    Store(std::filesystem::path folder, std::shared_ptr<const base::Fd> root)
        : folder_(std::move(folder)), root_(std::move(root)) {}
    [[nodiscard]] base::Result<Image> read_image(std::string_view digest) const;
    [[nodiscard]] base::Result<Image> named(std::string_view name, const NameEntry& entry) const;
    [[nodiscard]] base::Result<Image> find_by_digest(std::string_view digest) const;

    std::filesystem::path folder_;
    std::shared_ptr<const base::Fd> root_;  ///< folder_, to open blobs beneath
};

}  // namespace musterd::images
