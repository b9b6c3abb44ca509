#include "server/api/secret_book.hpp"

#include "server/base/fd.hpp"
#include "server/base/run_command.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <set>
#include <sstream>

namespace musterd::api {

namespace {

/// What a person does to see what the command itself says, which we neither show nor keep.
std::string with_cure(const profiles::SecretSource& source, const std::string& problem) {
    if (!source.file.empty()) return problem;
    return fmt::format("{}; run it by hand in {} to see what it says", problem, source.folder.string());
}

base::Result<std::string> read_text(const profiles::SecretSource& source, const std::atomic<bool>* stop) {
    base::CommandLimits limits;
    limits.output = profiles::largest_secret;
    auto read = source.file.empty() ? base::run_command(source.command, source.folder, limits, stop)
                                    : base::read_file(source.file, profiles::largest_secret);
    if (!read && !source.file.empty()) return base::Error("cannot be read: " + read.error().code().message());
    return read ? profiles::secret_text(std::move(*read)) : read;
}

/// Where execvp(3) would look.
bool is_program(const std::string& name, const std::filesystem::path& folder) {
    if (name.find('/') != std::string::npos) return ::access((folder / name).c_str(), X_OK) == 0;
    const char* const path = std::getenv("PATH");
    std::istringstream folders(path == nullptr ? "/bin:/usr/bin" : path);
    for (std::string each; std::getline(folders, each, ':');) {
        if (::access((std::filesystem::path(each) / name).c_str(), X_OK) == 0) return true;
    }
    return false;
}

std::string problem_of_permissions(const profiles::SecretSource& source) {
    struct stat status {};
    if (source.file.empty() || ::stat(source.file.c_str(), &status) != 0) return {};
    if ((status.st_mode & S_IROTH) == 0) return {};
    return fmt::format("can be read by everybody on this computer: chmod o-rwx {}", source.file.string());
}

}  // namespace

SecretReading read_secret(const profiles::SecretSource& source, const std::atomic<bool>* stop) {
    return {read_text(source, stop), problem_of_permissions(source)};
}

std::string problem_of_source(const profiles::SecretSource& source) {
    if (source.file.empty()) {
        const auto& program = source.command.front();
        if (is_program(program, source.folder)) return {};
        return fmt::format("comes from \"{}\", which is no program in PATH", program);
    }
    std::error_code code;
    if (!std::filesystem::is_regular_file(source.file, code))
        return fmt::format("comes from {}, which is {}", source.file.string(),
                           code ? "not there: " + code.message() : std::string("no regular file"));
    return problem_of_permissions(source);
}

void SecretBook::read_by(Read read, Aside aside) {
    read_ = std::move(read);
    aside_ = std::move(aside);
}

void SecretBook::refresh(const profiles::Configuration& configuration) {
    std::map<profiles::SecretSource, Entry> wanted;
    std::set<const profiles::Plan*> seen;
    const auto add = [&](const profiles::SecretSources& sources) {
        for (const auto& [name, secret] : sources) {
            const auto known = entries_.find(secret.source);
            auto& entry =
                wanted.try_emplace(secret.source, known == entries_.end() ? Entry{} : known->second).first->second;
            entry.where = secret.where;
        }
    };
    for (const auto& host : configuration.hosts()) {
        add(host.secrets);
        const auto* plan = configuration.plan(host.profile);
        if (plan != nullptr && seen.insert(plan).second) add(plan->secrets);
    }
    entries_ = std::move(wanted);
    for (auto& [source, entry] : entries_) {
        if (entry.reading == 0)
            start(source, entry);
        else
            entry.again = true;
    }
}

void SecretBook::start(const profiles::SecretSource& source, Entry& entry) {
    entry.reading = ++readings_;
    entry.again = false;
    if (!aside_) return finish(source, entry.reading, read_(source));
    const auto reading = std::make_shared<SecretReading>();
    aside_([read = read_, source, reading] { *reading = read(source); },
           [this, source, number = entry.reading, reading] { finish(source, number, *reading); });
}

void SecretBook::finish(const profiles::SecretSource& source, std::uint64_t number, const SecretReading& reading) {
    const auto found = entries_.find(source);
    if (found == entries_.end() || found->second.reading != number) return;
    auto& entry = found->second;
    entry.reading = 0;
    if (!reading.text && reading.text.error().code() == std::errc::operation_canceled) return;  // musterd ends
    const auto place = fmt::format("{}:{}:{}", entry.where.file, entry.where.line, entry.where.column);
    if (reading.text) {
        if (!entry.text && !reading.warning.empty()) spdlog::warn("{}: this secret {}", place, reading.warning);
        entry.text = *reading.text;
        entry.problem.clear();
    } else {
        entry.problem = reading.text.error().message();
        spdlog::warn("{}: this secret cannot be had: {} {}; {}", place, to_string(source),
                     with_cure(source, entry.problem),
                     entry.text ? "what it was before is kept" : "hosts that need it are not served");
    }
    if (entry.again) start(source, entry);
}

base::Result<profiles::SecretTexts> SecretBook::texts(const profiles::SecretSources& sources) const {
    profiles::SecretTexts texts;
    for (const auto& [name, secret] : sources) {
        const auto found = entries_.find(secret.source);
        if (found != entries_.end() && found->second.text) {
            texts.emplace(name, *found->second.text);
            continue;
        }
        const bool known = found != entries_.end() && !found->second.problem.empty();
        return base::Error(known ? fmt::format("secret \"{}\" cannot be had: {} {}", name, to_string(secret.source),
                                               found->second.problem)
                                 : fmt::format("secret \"{}\" is still being read", name),
                           std::make_error_code(std::errc::resource_unavailable_try_again));
    }
    return texts;
}

}  // namespace musterd::api
