#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace musterd::boots {

/// How far a boot has come, in order. `none` is a host that was never seen.
/// `installing` and `installed` are of boots that write the machine's disk; those never come to `up`.
enum class Stage : std::uint8_t {
    none,
    firmware,
    loader,
    script,
    kernel,
    initrd,
    root,
    system,
    installing,
    installed,
    up,
    joined,
    ready
};
std::string_view to_string(Stage stage);
std::optional<Stage> stage_from(std::string_view name);
/// "firmware, loader, …": what a person may name, for messages.
std::string_view stage_names();

enum class Condition : std::uint8_t { ok, late, failed, held };
std::string_view to_string(Condition condition);

}  // namespace musterd::boots
