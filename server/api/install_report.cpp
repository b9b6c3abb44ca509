#include "server/api/install_report.hpp"

#include "server/api/phone_home.hpp"
#include "server/base/json.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace musterd::api {

namespace {

using base::EventKind;

base::Result<InstallReport> of_stage(std::string_view stage) {
    if (stage == "installing") return InstallReport{EventKind::installing, {}, true};
    if (stage == "installed") return InstallReport{EventKind::installed, {}, true};
    return base::Error(
        fmt::format("\"{}\" is no stage that is reported here: installing, installed", one_line(std::string(stage))));
}

/// subiquity's controllers by the names of their contexts: subiquity/CONTROLLER/METHOD/….
EventKind kind_of(std::string_view name, std::string_view type, std::string_view result) {
    if (name == "subiquity/Install/install" && type == "start") return EventKind::installing;
    const bool well = type == "finish" && result == "SUCCESS";
    if (name == "subiquity/Late/run" && well) return EventKind::installed;
    return EventKind::install_report;
}

bool worth_keeping(std::string_view name, std::string_view type, std::string_view result) {
    constexpr std::ptrdiff_t levels = 2;
    const bool trouble = type == "error" || type == "warning" || (!result.empty() && result != "SUCCESS");
    const bool step = type == "start" || type == "finish";
    return trouble || (step && std::count(name.begin(), name.end(), '/') <= levels);
}

base::Result<InstallReport> of_webhook(const boost::json::object& object) {
    const auto name = base::json_text(object, "name");
    const auto type = base::json_text(object, "event_type");
    const auto result = base::json_text(object, "result");
    if (name.empty() || type.empty()) return base::Error("neither \"stage\" nor \"name\" with \"event_type\"");
    InstallReport report{kind_of(name, type, result), {}, worth_keeping(name, type, result)};
    for (const auto* key : {"name", "event_type", "result", "description"}) {
        if (auto value = one_line(base::json_text(object, key)); !value.empty()) report.details.emplace(key, value);
    }
    return report;
}

}  // namespace

base::Result<InstallReport> read_install_report(std::string_view content_type, std::string_view body) {
    while (!body.empty() && (body.back() == '\n' || body.back() == '\r'))
        body.remove_suffix(1);
    constexpr std::string_view form = "stage=";
    if (body.starts_with(form)) return of_stage(body.substr(form.size()));
    // cloud-init's reporter sends JSON without saying so.
    if (!content_type.starts_with("application/json") && !body.starts_with('{'))
        return base::Error("neither stage=… nor JSON");
    const auto object = base::parse_json_object(body);
    if (!object) return object.error();
    const auto stage = base::json_text(*object, "stage");
    return stage.empty() ? of_webhook(*object) : of_stage(stage);
}

}  // namespace musterd::api
