#pragma once

#include "server/app/options.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace musterd::app {

/// How a command prints: a table for people, or JSON.
enum class Output { text, json };

/// Every problem of the configuration at once, and images that it names but the store lacks.
int check(const ConfigOption& config, Output output);

struct ImportOptions {
    std::filesystem::path source;
    std::string name;
    std::vector<std::string> args;
};
int image_import(const ConfigOption& config, const ImportOptions& options, Output output);
int image_list(const ConfigOption& config, Output output);
int image_show(const ConfigOption& config, const std::string& reference, Output output);
int image_verify(const ConfigOption& config, const std::string& reference, Output output);

int host_list(const ConfigOption& config, Output output);
int host_show(const ConfigOption& config, const std::string& name, Output output);

struct WaitOptions {
    std::vector<std::string> hosts;
    std::string until;
    std::chrono::milliseconds timeout{std::chrono::minutes(10)};
};
/// Until every host is at that stage or beyond. Exit code 3 when the time is up.
int wait_for(const ConfigOption& config, const WaitOptions& options, Output output);

struct EventsOptions {
    bool follow = false;
    std::string host;
    std::uint64_t after = 0;
};
int events(const ConfigOption& config, const EventsOptions& options, Output output);

}  // namespace musterd::app
