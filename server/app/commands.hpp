#pragma once

#include "server/app/options.hpp"
#include "server/base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace musterd::app {

/// How a command prints: a table for people, or JSON.
enum class Output { text, json };

/// The configuration, and every problem of it at once, images that it names but the store lacks among them.
profiles::Loaded load_and_check(const ConfigOption& config);
/// Prints those problems.
int check(const ConfigOption& config, Output output);

struct ImportOptions {
    std::filesystem::path source;
    std::string name;
    std::vector<std::string> args;
    std::string sha256;
    std::chrono::milliseconds timeout{30'000};  ///< how long the server of a URL may send nothing
    bool as_disk = false;
};
int image_import(const ConfigOption& config, const ImportOptions& options, Output output);
int image_list(const ConfigOption& config, Output output);
int image_show(const ConfigOption& config, const std::string& reference, Output output);
int image_verify(const ConfigOption& config, const std::string& reference, Output output);

/// Makes the name lead to what it led to before.
int image_rollback(const ConfigOption& config, const std::string& name, Output output);
/// Refused while a profile boots the image.
int image_remove(const ConfigOption& config, const std::string& reference, Output output);

int host_list(const ConfigOption& config, Output output);
/// Machines that wanted to boot and that no host names.
int host_list_unknown(const ConfigOption& config, Output output);

struct AdoptOptions {
    std::string mac;
    std::string name;
    std::string profile;
    std::string file = "adopted.toml";  ///< in the folder of hosts
};
/// Adds a [[host]] to a file of hosts, behind what stands there, if the configuration is good with it. A server that
/// runs takes it up by itself.
int host_adopt(const ConfigOption& config, const AdoptOptions& options, Output output);

/// Every packet answered, decision and file of the last boot of a host, or of a machine by its MAC.
int explain(const ConfigOption& config, const std::string& who, Output output);
/// Writes its last DHCP packets into a file that tcpdump and Wireshark read.
int explain_packets(const ConfigOption& config, const std::string& who, const std::filesystem::path& file,
                    Output output);
/// What a host said on its consoles in its last boots.
int host_console(const ConfigOption& config, const std::string& name, Output output);
int host_show(const ConfigOption& config, const std::string& name, Output output);
/// A person's word for one more installation: what is known of the last one is forgotten.
int host_reinstall(const ConfigOption& config, const std::string& name, Output output);

struct RenderOptions {
    std::string host;
    bool secrets = false;         ///< as they are
    std::string what = "script";  ///< script, grub, overlay, or a document of the seed
};
/// Prints exactly what the host would be served now, but for the boot id.
int render(const ConfigOption& config, const RenderOptions& options, Output output);

/// What the files of the configuration would change of what the server that runs serves, host by host and line by line.
int diff(const ConfigOption& config, Output output);

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
    std::string boot;
    std::string kind;  ///< names of base::EventKind, separated by commas
    std::optional<base::Time> since;
    std::uint64_t after = 0;
};
int events(const ConfigOption& config, const EventsOptions& options, Output output);

/// Has the server make a token, and prints it, this once.
int token_create(const ConfigOption& config, const std::string& name, const std::string& role, Output output);
int token_list(const ConfigOption& config, Output output);
int token_remove(const ConfigOption& config, const std::string& name, Output output);

/// Writes the site's key into a file (0600), or prints it where none is named.
int key_backup(const ConfigOption& config, const std::filesystem::path& file, Output output);

struct KeyRestoreOptions {
    std::filesystem::path file;
    bool force = false;  ///< put it in the place of another
};
/// Puts a key that key_backup() wrote back into data_dir.
int key_restore(const ConfigOption& config, const KeyRestoreOptions& options, Output output);

/// Writes every event of the journal as a line of JSON into a file, or to standard output where none is named; a server
/// may run. Exit code 1 when some of it could not be read.
int journal_export(const ConfigOption& config, const std::filesystem::path& file, Output output);
/// The way back, into a data_dir without events; "-" is standard input.
int journal_import(const ConfigOption& config, const std::filesystem::path& file, Output output);
/// Reads all of the journal. Exit code 1 when it is damaged.
int journal_check(const ConfigOption& config, Output output);

struct DoctorOptions {
    std::vector<std::string> interfaces;  ///< empty: those of the configuration
    std::string server;                   ///< of another host, from whose network we ask; empty: this host's
    std::chrono::milliseconds timeout{std::chrono::seconds(5)};
};
/// What on this network or host stops a boot, and the fix. Exit code 1 when there is a problem.
int examine(const ConfigOption& config, const DoctorOptions& options, Output output);

}  // namespace musterd::app
