#include "server/boots/stage.hpp"

#include <array>

namespace musterd::boots {

namespace {
constexpr std::array<std::string_view, 13> stages{"none",   "firmware", "loader", "script",     "kernel",
                                                  "initrd", "root",     "system", "installing", "installed",
                                                  "up",     "joined",   "ready"};
constexpr std::array<std::string_view, 4> conditions{"ok", "late", "failed", "held"};
}  // namespace

std::string_view to_string(Stage stage) {
    return stages.at(static_cast<std::size_t>(stage));
}

std::optional<Stage> stage_from(std::string_view name) {
    for (std::size_t i = 0; i < stages.size(); ++i) {
        if (stages[i] == name) return static_cast<Stage>(i);
    }
    return std::nullopt;
}

std::string_view stage_names() {
    return "firmware, loader, script, kernel, initrd, root, system, installing, installed, up, joined, ready";
}

std::string_view to_string(Condition condition) {
    return conditions.at(static_cast<std::size_t>(condition));
}

}  // namespace musterd::boots
