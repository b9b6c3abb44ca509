#include "server/boots/roll_snapshot.hpp"

#include "server/base/json.hpp"

#include <algorithm>
#include <array>
#include <exception>

namespace musterd::boots {

namespace {

namespace json = boost::json;
using Stages = std::map<Stage, base::Time>;

json::value to_value(base::Time time) {
    return time.time_since_epoch().count();
}

base::Time to_time(const json::value& value) {
    return base::Time(std::chrono::milliseconds(value.to_number<std::int64_t>()));
}

json::object to_value(const Stages& stages) {
    json::object object;
    for (const auto& [stage, time] : stages)
        object[to_string(stage)] = to_value(time);
    return object;
}

Stage to_stage(const json::value& name) {
    const auto stage = stage_from(name.as_string());
    if (!stage) throw std::invalid_argument("an unknown stage");
    return *stage;
}

Stages to_stages(const json::value& value) {
    Stages stages;
    for (const auto& [name, time] : value.as_object())
        stages.emplace(to_stage(json::value(name)), to_time(time));
    return stages;
}

Condition to_condition(const json::value& name) {
    for (const auto condition : {Condition::ok, Condition::late, Condition::failed, Condition::held}) {
        if (to_string(condition) == std::string_view(name.as_string())) return condition;
    }
    throw std::invalid_argument("an unknown condition");
}

std::string text(const json::object& object, const char* name) {
    return std::string(object.at(name).as_string());
}

std::uint64_t count(const json::object& object, const char* name) {
    return object.at(name).to_number<std::uint64_t>();
}

// The structured bindings below name every member, so that one more does not compile before it is written down here.

json::object to_value(const Boot& boot) {
    const auto& [id, started, image, address, mac, stages, bytes, began] = boot;
    json::object files;
    for (const auto& [file, progress] : bytes)
        files[file] = json::array{progress.sent, progress.size};
    return {{"id", id},   {"started", to_value(started)}, {"image", image}, {"address", address},
            {"mac", mac}, {"stages", to_value(stages)},   {"bytes", files}, {"began", began}};
}

Boot to_boot(const json::object& object) {
    Boot boot;
    boot.id = text(object, "id");
    boot.started = to_time(object.at("started"));
    boot.image = text(object, "image");
    boot.address = text(object, "address");
    boot.mac = text(object, "mac");
    boot.stages = to_stages(object.at("stages"));
    for (const auto& [file, progress] : object.at("bytes").as_object()) {
        const auto& pair = progress.as_array();
        boot.bytes[file] = {pair.at(0).to_number<std::uint64_t>(), pair.at(1).to_number<std::uint64_t>()};
    }
    boot.began = count(object, "began");
    return boot;
}

json::value to_value(const std::optional<Installation>& known) {
    if (!known) return nullptr;
    const auto& [boot, mac, began, ended, noted] = *known;
    json::object object{{"boot", boot}, {"mac", mac}, {"began", to_value(began)}, {"noted", noted}};
    object["ended"] = ended ? to_value(*ended) : json::value(nullptr);
    return object;
}

std::optional<Installation> to_installation(const json::value& value) {
    if (value.is_null()) return std::nullopt;
    const auto& object = value.as_object();
    Installation known{
        text(object, "boot"), text(object, "mac"), to_time(object.at("began")), {}, count(object, "noted")};
    if (const auto& ended = object.at("ended"); !ended.is_null()) known.ended = to_time(ended);
    return known;
}

HostState to_host(const json::object& object) {
    HostState host;
    host.stage = to_stage(object.at("stage"));
    host.condition = to_condition(object.at("condition"));
    host.reason = text(object, "reason");
    host.since = to_time(object.at("since"));
    host.before_script = to_stages(object.at("before_script"));
    host.offers = object.at("offers").to_number<unsigned>();
    host.began = count(object, "began");
    host.newest = count(object, "newest");
    host.booting = object.at("booting").as_bool();
    host.installation = to_installation(object.at("installation"));
    host.reinstall_ordered = count(object, "reinstall_ordered");
    for (const auto& boot : object.at("boots").as_array())
        host.boots.push_back(to_boot(boot.as_object()));
    return host;
}

UnknownMachine to_machine(const json::object& object) {
    UnknownMachine machine;
    machine.first = to_time(object.at("first"));
    machine.last = to_time(object.at("last"));
    machine.times = count(object, "times");
    machine.newest = count(object, "newest");
    machine.address = text(object, "address");
    machine.reason = text(object, "reason");
    for (const auto& [name, value] : object.at("details").as_object())
        machine.details.emplace(name, value.as_string());
    return machine;
}

/// Boost.JSON throws for what is absent or of another kind.
template <class Read>
auto read_value(std::string_view written, Read read) -> base::Result<decltype(read(json::object{}))> {
    const auto object = base::parse_json_object(written);
    if (!object) return object.error();
    try {
        return read(*object);
    } catch (const std::exception& error) {
        return base::Error(std::string("a kept state is damaged: ") + error.what());
    }
}

}  // namespace

std::string to_snapshot(const HostState& host) {
    const auto& [stage, condition, reason, since, before_script, offers, began, newest, booting, installation,
                 reinstall, boots] = host;
    json::array all;
    for (const auto& boot : boots)
        all.push_back(to_value(boot));
    return json::serialize(json::object{{"stage", to_string(stage)},
                                        {"condition", to_string(condition)},
                                        {"reason", reason},
                                        {"since", to_value(since)},
                                        {"before_script", to_value(before_script)},
                                        {"offers", offers},
                                        {"began", began},
                                        {"newest", newest},
                                        {"booting", booting},
                                        {"installation", to_value(installation)},
                                        {"reinstall_ordered", reinstall},
                                        {"boots", std::move(all)}});
}

std::string to_snapshot(const UnknownMachine& machine) {
    const auto& [first, last, times, newest, address, reason, details] = machine;
    json::object all;
    for (const auto& [name, value] : details)
        all[name] = value;
    return json::serialize(json::object{{"first", to_value(first)},
                                        {"last", to_value(last)},
                                        {"times", times},
                                        {"newest", newest},
                                        {"address", address},
                                        {"reason", reason},
                                        {"details", std::move(all)}});
}

base::Result<HostState> host_from_snapshot(std::string_view text) {
    return read_value(text, to_host);
}

base::Result<UnknownMachine> machine_from_snapshot(std::string_view text) {
    return read_value(text, to_machine);
}

}  // namespace musterd::boots
