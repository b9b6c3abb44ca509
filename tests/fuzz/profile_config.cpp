// Bytes as a configuration: the same text as main file, as a file of profiles and as a file of hosts. Loading never
// crashes; without an error every host has a plan whose arguments render, with one there is no configuration.
#include "profiles/kernel_line.hpp"
#include "profiles/load.hpp"
#include "server/base/bytes.hpp"

#include <cstdlib>

using namespace musterd;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

void check(const profiles::Loaded& loaded) {
    must((loaded.configuration == nullptr) == loaded.problems.has_errors());
    must(loaded.problems.empty() == loaded.problems.render().empty());
    if (!loaded.configuration) return;
    for (const auto& host : loaded.configuration->hosts()) {
        base::Machine machine;
        machine.serial = host.serial;
        machine.uuid = host.uuid;
        if (!host.macs.empty()) machine.mac = host.macs.front();
        const auto choice = loaded.configuration->plan_for(machine);
        must(choice.host == &host && choice.plan != nullptr);
        must(choice.plan->action != profiles::Action::boot || choice.plan->image.has_value());
        for (const auto& argument : profiles::kernel_arguments(*choice.plan, &host, {machine.mac, "image", "digest"})) {
            must(argument.find_first_of("\n\r\t") == std::string::npos);
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(base::as_text({data, size}));
    // Documents in one input are parted by a NUL: main, profiles, hosts. A lone one is all three.
    const auto first = text.find('\0');
    const auto second = first == std::string::npos ? first : text.find('\0', first + 1);
    if (second == std::string::npos) {
        check(profiles::load_texts({"main", text}, {{"profiles", text}}, {{"hosts", text}}));
        return 0;
    }
    check(profiles::load_texts({"main", text.substr(0, first)},
                               {{"profiles", text.substr(first + 1, second - first - 1)}},
                               {{"hosts", text.substr(second + 1)}}));
    return 0;
}
