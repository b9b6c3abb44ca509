#include "images/change.hpp"
#include "server/app/commands.hpp"
#include "server/app/event_log.hpp"

#include <fmt/core.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstdio>

namespace musterd::app {

namespace {

constexpr std::size_t short_digest = 12;

/// Why an image must stay: the profile that would boot it. Empty when nobody does.
std::string wanted_by(const profiles::Configuration& configuration, const images::Reference& reference) {
    for (const auto& [name, plan] : configuration.plans()) {
        if (!plan.image || plan.image->name != reference.name) continue;
        const auto& pinned = plan.image->digest;
        const bool meant =
            reference.digest.empty() ||
            (!pinned.empty() && (pinned.starts_with(reference.digest) || reference.digest.starts_with(pinned)));
        if (meant)
            return fmt::format("profile \"{}\" boots {}: change or remove the profile first", name,
                               plan.image->to_string());
    }
    return {};
}

}  // namespace

int image_rollback(const ConfigOption& config, const std::string& name, Output output) {
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return failed;
    const auto store = images::Store::open(main_file->data_dir);
    if (!store) return complain(store.error());
    const auto image = images::roll_back(*store, name, base::now());
    if (!image) return complain(image.error());
    if (output == Output::json) {
        fmt::print("{}\n", images::to_json(*image));
    } else {
        fmt::print("{} leads to {} again\n", image->name, image->digest.substr(0, short_digest));
    }
    return done;
}

int image_remove(const ConfigOption& config, const std::string& reference, Output output) {
    const auto configuration = load_or_complain(config);
    if (!configuration) return failed;
    const auto parsed = images::parse_reference(reference);
    if (!parsed) return complain(parsed.error());
    if (const auto why = wanted_by(*configuration, *parsed); !why.empty()) return complain(base::Error(why));
    const auto store = images::Store::open(configuration->config().data_dir);
    if (!store) return complain(store.error());
    const auto removed = images::remove(*store, *parsed);
    if (!removed) return complain(removed.error());
    if (output == Output::json) {
        const boost::json::object object{
            {"removed", reference}, {"images", removed->images}, {"files", removed->files}, {"bytes", removed->bytes}};
        fmt::print("{}\n", boost::json::serialize(object));
    } else {
        fmt::print("removed {}: {} images, {} files, {}\n", reference, removed->images, removed->files,
                   megabytes(removed->bytes));
    }
    return done;
}

}  // namespace musterd::app
