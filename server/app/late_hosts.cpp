#include "server/app/late_hosts.hpp"

#include "server/boots/deadline.hpp"

#include <utility>
#include <vector>

namespace musterd::app {

namespace {

std::uint64_t size_of(const images::Image& image, const std::string& path) {
    const auto* file = image.file(path);
    return file == nullptr ? 0 : file->size;
}

boots::Expectation expectation_of(api::Site& site, const profiles::Plan& plan, const boots::HostState& host) {
    boots::Expectation expectation;
    expectation.installs = plan.installs;
    for (const auto& [name, limit] : plan.deadlines) {
        if (const auto stage = boots::stage_from(name)) expectation.limits.emplace(*stage, limit);
    }
    const auto* boot = host.current();
    const auto reference = images::parse_reference(boot == nullptr ? std::string{} : boot->image);
    const auto image = reference ? site.image(*reference) : base::Result<images::Image>(base::Error("no image"));
    if (!image) return expectation;
    expectation.kernel = size_of(*image, image->started());
    // A disk may be read in pieces, as it is needed.
    if (image->payload() == images::Payload::program) expectation.last = boots::Stage::kernel;
    if (image->payload() == images::Payload::disk) expectation.last = boots::Stage::script;
    expectation.root = size_of(*image, image->root);
    for (const auto& path : image->initrds)
        expectation.initrds += size_of(*image, path);
    return expectation;
}

base::Event late_event(const std::string& name, const boots::HostState& host, boots::Stage awaited,
                       std::string reason) {
    base::Event event;
    event.kind = base::EventKind::host_late;
    event.host = name;
    if (const auto* boot = host.current()) event.boot = boot->id;
    event.reason = std::move(reason);
    event.details = {{"awaited", std::string(boots::to_string(awaited))}};
    return event;
}

}  // namespace

void note_late_hosts(api::Site& site, base::Time now, base::Time not_before) {
    std::vector<base::Event> events;  // the roll must not change under the walk
    for (const auto& [name, state] : site.boots().roll().hosts) {
        if (state.condition != boots::Condition::ok || state.stage == boots::Stage::none ||
            state.stage >= boots::Stage::up)
            continue;
        const auto* host = site.configuration().host(name);
        const auto* plan = host == nullptr ? nullptr : site.configuration().plan(host->profile);
        if (plan == nullptr || plan->action != profiles::Action::boot) continue;
        auto expectation = expectation_of(site, *plan, state);
        expectation.not_before = not_before;
        auto reason = boots::lateness(state, expectation, now);
        if (!reason) continue;
        events.push_back(late_event(name, state, boots::waiting_for(state, expectation)->awaited, std::move(*reason)));
    }
    for (auto& event : events)
        site.note(std::move(event));
}

}  // namespace musterd::app
