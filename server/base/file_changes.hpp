#pragma once

#include "server/base/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <filesystem>
#include <functional>
#include <set>
#include <string>

namespace musterd::base {

/// Wakes up when a *.toml file of a watched folder, or a file that is watched by name, was written, moved, made or
/// removed, or a folder beside them was (inotify(7)). Editors write beside and rename, Kubernetes swaps a link
/// "..data": both are seen. What changed is not told: read all again. A file on NFS that another computer writes is not
/// seen.
class FileChanges {
public:
    static Result<FileChanges> open(const boost::asio::any_io_executor& executor);

    /// Of a folder that is watched already nothing changes. An error when it is not there, or the kernel's limit is
    /// met.
    Result<void> watch(const std::filesystem::path& folder);
    /// The same of one file, whatever its suffix, and of those that are called like it in other watched folders.
    Result<void> watch_file(const std::filesystem::path& file);
    /// Until something changed. False when closed or cancelled.
    boost::asio::awaitable<bool> wait();

private:
    explicit FileChanges(boost::asio::posix::stream_descriptor queue) : queue_(std::move(queue)) {}
    /// Whether what has come is of interest.
    bool drain();
    boost::asio::posix::stream_descriptor queue_;
    std::set<std::string, std::less<>> names_;  ///< of files that are watched by name
};

}  // namespace musterd::base
