#include "profiles/documents.hpp"

namespace musterd::profiles {

std::set<std::string> documents(const Configuration& configuration) {
    std::set<std::string> files;
    const auto add = [&files](const SeedFiles& seed) {
        for (const auto& part : seed.all()) {
            if (!part->built_in) files.insert(part->file);
        }
    };
    for (const auto& [name, plan] : configuration.plans())
        add(plan.seed);
    for (const auto& host : configuration.hosts())
        add(host.seed);
    return files;
}

}  // namespace musterd::profiles
