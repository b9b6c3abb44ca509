#pragma once

#include "profiles/config.hpp"
#include "server/base/fd.hpp"

#include <filesystem>
#include <string>

namespace musterd::app {

/// Where the server of a data_dir listens for commands: data_dir/musterd.sock. A Unix socket's address holds 107 bytes
/// (unix(7)); a longer path is reached through an open descriptor of its folder, which lives as long as this.
class SocketPath {
public:
    explicit SocketPath(const profiles::Config& config);

    /// For bind and connect.
    [[nodiscard]] const std::string& address() const { return address_; }
    /// For people.
    [[nodiscard]] const std::filesystem::path& file() const { return file_; }

private:
    std::filesystem::path file_;
    base::Fd folder_;
    std::string address_;
};

}  // namespace musterd::app
