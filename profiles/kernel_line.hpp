#pragma once

#include "profiles/config.hpp"
#include "profiles/identity.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace musterd::profiles {

/// What the names in a kernel argument or a document stand for, besides the host's and the plan's variables.
struct BootFacts {
    base::Mac mac;              ///< of the interface that boots: host.mac
    std::string image_name;     ///< image.name
    std::string image_digest;   ///< image.digest
    std::string boot_id = {};   ///< boot.id
    std::string boot_url = {};  ///< boot.url: http://S:PORT/boot/BOOTID
    RootForm root = RootForm::none;
    std::string machine_id = {};            ///< host.machine_id
    std::optional<Identity> identity = {};  ///< identity.…, of a host; for documents only
    SecretTexts secrets = {};               ///< secret.NAME, likewise
};

/// The names that a kernel argument or a document may use besides vars.NAME.
const std::vector<std::string_view>& argument_names();
/// Those, and those of lists and secrets, which have no place on a kernel line.
const std::vector<std::string_view>& document_names();
/// What the machine's K3s is told, its host's table over its profile's: k3s.config in a document; empty where neither
/// has the table. A token is looked for where it lasts as long as the system does: in RAM for one that runs there.
std::string k3s_config_of(const Plan& plan, const Host* host);
inline constexpr std::string_view identity_prefix = "identity.";
inline constexpr std::string_view variable_prefix = "vars.";

/// The value of vars.NAME: the host's own, else its plan's; nullptr when neither has it. `host` may be null.
const Template::Value* variable(std::string_view name, const Plan& plan, const Host* host);

/// The plan's, with the host's own over them; none where `host` is null.
SecretSources secrets_of(const Plan& plan, const Host* host);
/// «secret» for each.
SecretTexts hidden(const SecretSources& secrets);

/// What a name stands for on this machine; nothing for one that load() would refuse. `host` may be null.
std::optional<Template::Value> value_of(std::string_view name, const Plan& plan, const Host* host,
                                        const BootFacts& facts);

/// What keeps a text from being one kernel argument, whatever its names stand for: emptiness, control characters,
/// spaces outside double quotes, quotes that do not close.
std::optional<TemplateError> problem_in_argument(const Template& argument);
/// What keeps `value` from standing for `name` in this argument, as the end of "vars.x …"; empty if nothing does.
std::string problem_in_value(const Template& argument, std::string_view name, std::string_view value);

/// The plan's arguments for this machine, in order, each as the kernel's parser takes it: one that has a space from a
/// variable in it comes out as name="value", an empty one is left out. `host` is null for a machine that no host names;
/// its host.name is then its MAC with hyphens. Cannot fail: load() has checked every plan with every host that uses it.
std::vector<std::string> kernel_arguments(const Plan& plan, const Host* host, const BootFacts& facts);

}  // namespace musterd::profiles
