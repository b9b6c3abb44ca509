#include "server/api/begun_boots.hpp"

namespace musterd::api {

void BegunBoots::keep(std::string_view host, std::string_view boot, BootMaterial material) {
    if (by_host_.size() >= most && !by_host_.contains(host)) by_host_.erase(by_host_.begin());
    by_host_.insert_or_assign(std::string(host), Begun{std::string(boot), std::move(material)});
}

const BootMaterial* BegunBoots::find(std::string_view host, std::string_view boot) const {
    const auto found = by_host_.find(host);
    return found != by_host_.end() && found->second.boot == boot ? &found->second.material : nullptr;
}

void BegunBoots::forget_ended(const boots::Roll& roll) {
    std::erase_if(by_host_, [&roll](const auto& begun) {
        const auto found = roll.find_boot(begun.second.boot);
        return found.boot == nullptr || !is_under_way(roll, found);
    });
}

bool is_under_way(const boots::Roll& roll, const boots::Roll::Found& found) {
    const auto host = roll.hosts.find(found.host);
    const auto* current = host == roll.hosts.end() ? nullptr : host->second.current();
    const auto& stages = found.boot->stages;
    return current == found.boot && !stages.contains(boots::Stage::up) && !stages.contains(boots::Stage::installed);
}

}  // namespace musterd::api
