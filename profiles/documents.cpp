#include "profiles/documents.hpp"

namespace musterd::profiles {

std::set<std::string> documents(const Configuration& configuration) {
    std::set<std::string> files;
    const auto add = [&files](const SeedFiles& seed) {
        for (const auto& part : seed.all()) {
            if (!part->built_in) files.insert(part->file);
        }
    };
    const auto add_secrets = [&files](const SecretSources& secrets) {
        for (const auto& [name, secret] : secrets) {
            if (!secret.source.file.empty()) files.insert(secret.source.file.string());
        }
    };
    for (const auto& [name, plan] : configuration.plans()) {
        add(plan.seed);
        add_secrets(plan.secrets);
    }
    for (const auto& host : configuration.hosts()) {
        add(host.seed);
        add_secrets(host.secrets);
    }
    return files;
}

}  // namespace musterd::profiles
