#include "profiles/load.hpp"

#include "profiles/check.hpp"
#include "server/base/fd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace musterd::profiles {

namespace fs = std::filesystem;

namespace {

/// cloud-init holds the whole of it in memory, and so do we.
constexpr std::size_t largest_document = 1U << 20U;

using ReadRoot = std::function<void(base::TomlReader&, const Reading&)>;

void read_source(const SourceText& source, Written& written, SeedReader& seeds, base::Diagnostics& problems,
                 const ReadRoot& read) {
    const auto entry = written.maps.insert_or_assign(source.file, SourceMap(source.file, source.text));
    base::read_toml(source.file, source.text, problems, [&](base::TomlReader& root) {
        read(root, {problems, entry.first->second, fs::absolute(source.file).parent_path(), seeds});
    });
}

void read_main(const SourceText& main, Written& written, base::Diagnostics& problems) {
    SeedReader none({});  // the main file names no documents
    read_source(main, written, none, problems,
                [&](base::TomlReader& root, const Reading& file) { written.config = read_config(root, file.folder); });
}

/// Sources must live as long as `written`, whose maps look into them.
Loaded finish(Written written, const std::vector<SourceText>& profiles, const std::vector<SourceText>& hosts,
              SeedReader seeds, base::Diagnostics problems) {
    for (const auto& source : profiles) {
        read_source(source, written, seeds, problems,
                    [&](auto& root, const auto& file) { read_profiles(root, file, written.profiles); });
    }
    for (const auto& source : hosts) {
        read_source(source, written, seeds, problems, [&](auto& root, const auto& file) {
            read_hosts(root, file, written.hosts);
            read_machines(root, file, written.rules);
        });
    }
    auto plans = make_plans(written.profiles, problems);
    check_identities(written.hosts, problems);
    check_plans(written, plans, problems);
    check_rules(written.rules, problems);
    check_secure_boot(written, plans, problems);
    check_installs(written, plans, problems);
    check_k3s(written, plans, problems);
    if (problems.has_errors()) return {nullptr, std::move(problems)};
    std::vector<Host> all;
    all.reserve(written.hosts.size());
    for (auto& each : written.hosts) {
        all.push_back(std::move(each.host));
    }
    std::vector<MachineRule> rules;
    for (auto& each : written.rules) {
        each.rule.plan = plan_of(each, plans.plans.find(each.profile)->second);
        rules.push_back(std::move(each.rule));
    }
    return {std::make_shared<const Configuration>(std::move(written.config.config), std::move(all),
                                                  std::move(plans.plans), std::move(rules)),
            std::move(problems)};
}

/// Every *.toml of a folder by name, hidden ones left out. `written_at` is where the folder is named, if it is: then it
/// must be there.
std::vector<SourceText> read_folder(const fs::path& folder, const std::optional<base::Position>& written_at,
                                    base::Diagnostics& problems) {
    std::vector<fs::path> files;
    std::error_code code;
    for (fs::directory_iterator each(folder, code), end; !code && each != end; each.increment(code)) {
        const auto name = each->path().filename().string();
        if (name.ends_with(".toml") && !name.starts_with('.')) files.push_back(each->path());
    }
    const bool may_be_missing = code == std::errc::no_such_file_or_directory && !written_at;
    if (code && !may_be_missing) {
        problems.error(written_at.value_or(base::Position{folder.string(), 0, 0}),
                       fmt::format("read folder {}: {}", folder.string(), code.message()));
    }
    std::sort(files.begin(), files.end());
    std::vector<SourceText> sources;
    for (const auto& file : files) {
        auto text = base::read_file(file);
        if (text)
            sources.push_back({file.string(), std::move(*text)});
        else
            problems.error({file.string(), 0, 0}, text.error().code().message());
    }
    return sources;
}

/// Nothing when it cannot be read; an empty text when it may be missing and is.
std::optional<SourceText> read_main_file(const fs::path& file, IfMissing if_missing, base::Diagnostics& problems) {
    SourceText main{file.string(), {}};
    auto text = base::read_file(file);
    const bool missing = !text && text.error().code() == std::errc::no_such_file_or_directory;
    if (text) {
        main.text = std::move(*text);
    } else if (!missing || if_missing == IfMissing::is_error) {
        problems.error({main.file, 0, 0}, text.error().code().message());
        return std::nullopt;
    }
    return main;
}

}  // namespace

Loaded load_texts(const SourceText& main, const std::vector<SourceText>& profiles, const std::vector<SourceText>& hosts,
                  const std::vector<SourceText>& documents) {
    base::Diagnostics problems;
    Written written;
    read_main(main, written, problems);
    SeedReader seeds([&documents](const fs::path& file) -> base::Result<std::string> {
        for (const auto& document : documents) {
            if (fs::absolute(document.file).lexically_normal() == file) return document.text;
        }
        return base::Error("no document", std::make_error_code(std::errc::no_such_file_or_directory));
    });
    return finish(std::move(written), profiles, hosts, std::move(seeds), std::move(problems));
}

LoadedConfig load_config(const fs::path& config_file, IfMissing if_missing) {
    LoadedConfig loaded;
    const auto main = read_main_file(config_file, if_missing, loaded.problems);
    if (!main) return loaded;
    Written written;
    read_main(*main, written, loaded.problems);
    if (!loaded.problems.has_errors()) loaded.config = std::move(written.config.config);
    return loaded;
}

Loaded load(const fs::path& config_file, IfMissing if_missing, const SourceText* proposed) {
    base::Diagnostics problems;
    const auto main = read_main_file(config_file, if_missing, problems);
    if (!main) return {nullptr, std::move(problems)};
    Written written;
    read_main(*main, written, problems);
    const auto& config = written.config.config;
    const auto profiles = read_folder(config.profiles, written.config.profiles, problems);
    auto hosts = read_folder(config.hosts, written.config.hosts, problems);
    if (proposed != nullptr) {
        std::erase_if(hosts, [proposed](const SourceText& source) { return source.file == proposed->file; });
        hosts.push_back(*proposed);
    }
    SeedReader seeds([](const fs::path& file) { return base::read_file(file, largest_document); });
    return finish(std::move(written), profiles, hosts, std::move(seeds), std::move(problems));
}

}  // namespace musterd::profiles
