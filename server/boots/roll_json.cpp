#include "server/boots/roll_json.hpp"

#include "server/base/json.hpp"

namespace musterd::boots {

namespace {

boost::json::object stages_json(const std::map<Stage, base::Time>& stages) {
    boost::json::object object;
    for (const auto& [stage, time] : stages)
        object[to_string(stage)] = base::to_rfc3339(time);
    return object;
}

boost::json::object to_json(const Installation& installation) {
    boost::json::object object{{"boot", installation.boot},
                               {"mac", installation.mac},
                               {"began", base::to_rfc3339(installation.began)},
                               {"ended", nullptr}};
    if (installation.ended) object["ended"] = base::to_rfc3339(*installation.ended);
    return object;
}

}  // namespace

boost::json::object to_json(const Boot& boot) {
    boost::json::object bytes;
    for (const auto& [file, progress] : boot.bytes) {
        bytes[file] = boost::json::object{{"sent", progress.sent}, {"size", progress.size}};
    }
    boost::json::object object;
    object["id"] = boot.id;
    object["started"] = base::to_rfc3339(boot.started);
    object["stages"] = stages_json(boot.stages);
    object["bytes"] = std::move(bytes);
    return object;
}

void add_state(boost::json::object& host, const HostState& state) {
    const auto* boot = state.current();
    if (state.installation) host["installation"] = to_json(*state.installation);
    host["stage"] = to_string(state.stage);
    host["condition"] = to_string(state.condition);
    host["reason"] = state.reason;
    host["since"] =
        state.stage == Stage::none ? boost::json::value(nullptr) : boost::json::value(base::to_rfc3339(state.since));
    if (boot != nullptr) {
        host["boot"] = to_json(*boot);
    } else if (!state.before_script.empty()) {
        // Power is on but no script was asked for yet: no boot id, but the stages are known.
        host["boot"] = boost::json::object{{"id", nullptr},
                                           {"started", base::to_rfc3339(state.before_script.begin()->second)},
                                           {"stages", stages_json(state.before_script)},
                                           {"bytes", boost::json::object{}}};
    } else {
        host["boot"] = nullptr;
    }
}

boost::json::object to_json(const std::string& mac, const UnknownMachine& machine) {
    boost::json::object object{{"mac", mac},
                               {"first", base::to_rfc3339(machine.first)},
                               {"last", base::to_rfc3339(machine.last)},
                               {"times", machine.times},
                               {"address", machine.address},
                               {"reason", machine.reason}};
    auto& details = object["details"].emplace_object();
    for (const auto& [name, value] : machine.details)
        details[name] = value;
    return object;
}

}  // namespace musterd::boots
