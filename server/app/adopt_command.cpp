#include "profiles/adopt.hpp"
#include "server/app/commands.hpp"

#include <fmt/core.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace musterd::app {

int host_adopt(const ConfigOption& config, const AdoptOptions& options, Output output) {
    const auto mac = base::Mac::parse(options.mac);
    if (!mac) return complain(mac.error().message());
    const auto file =
        profiles::adopt(config.file, if_missing(config), {*mac, options.name, options.profile, options.file});
    if (!file) return complain(file.error());
    if (output == Output::json) {
        fmt::print("{}\n",
                   boost::json::serialize(boost::json::object{{"host", options.name}, {"file", file->string()}}));
    } else {
        fmt::print("{}: host {} added\n", file->string(), options.name);
    }
    return done;
}

}  // namespace musterd::app
