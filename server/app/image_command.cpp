#include "images/bfb_firmware.hpp"
#include "images/import.hpp"
#include "images/ram_need.hpp"
#include "server/app/commands.hpp"
#include "server/app/event_log.hpp"
#include "server/app/progress_bar.hpp"
#include "server/app/table.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <numeric>

namespace musterd::app {

namespace {

constexpr std::size_t short_digest = 12;

base::Result<images::Store> open_store(const ConfigOption& config) {
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return base::Error("the configuration has errors (musterd check shows them)");
    return images::Store::open(main_file->data_dir);
}

std::uint64_t total_size(const images::Image& image) {
    return std::accumulate(image.files.begin(), image.files.end(), std::uint64_t{0},
                           [](auto sum, const auto& file) { return file.inside.empty() ? sum + file.size : sum; });
}

std::vector<std::string> row_of(const images::Image& image) {
    return {image.name, image.digest.substr(0, short_digest), image.kind,
            image.arch, base::to_rfc3339(image.imported),     megabytes(total_size(image))};
}

void print_table(const std::vector<images::Image>& list) {
    std::vector<std::vector<std::string>> rows{{"IMAGE", "DIGEST", "KIND", "ARCH", "IMPORTED", "SIZE"}};
    for (const auto& image : list)
        rows.push_back(row_of(image));
    fmt::print("{}", table(rows));
}

/// "key  value" lines, for what the table of files does not tell.
void print_facts(const images::Image& image) {
    const auto print = [](std::string_view key, const std::string& value) {
        fmt::print("  {:<8}{}\n", key, value.empty() ? "-" : value);
    };
    print("digest", image.digest);
    print("source", image.source);
    print("args", fmt::format("{}", fmt::join(image.args, " ")));
    print("memory", fmt::format("{} MiB or more to boot it (estimate)", images::ram_need_mib(image)));
}

void print_one(const images::Image& image) {
    print_table({image});
    fmt::print("\n");
    print_facts(image);
    std::vector<std::vector<std::string>> rows{{"  FILE", "ROLE", "SIZE", "SHA-256"}};
    for (const auto& file : image.files) {
        const auto role = image.role_of(file.path);
        const auto path = file.inside.empty() ? file.path : fmt::format("{} (in {})", file.path, file.inside);
        rows.push_back({"  " + path, role.empty() ? "-" : role, megabytes(file.size), file.sha256});
    }
    fmt::print("\n{}", table(rows));
}

void print_firmware(const std::vector<images::Firmware>& firmware) {
    std::vector<std::vector<std::string>> rows{{"  FIRMWARE", "VERSION", "SOFTWARE ID"}};
    for (const auto& each : firmware)
        rows.push_back({"  " + each.name, each.version, each.software_id});
    fmt::print("\n{}", table(rows));
}

/// A BlueField image also tells what firmware its bundle would install. Not
/// to know it does not hide the image.
int show_bfb(const images::Store& store, const images::Image& image, Output output) {
    const auto known = images::firmware_of(store, image);
    if (!known) fmt::print(stderr, "note: what firmware is in it is unknown: {}\n", known.error().message());
    const auto firmware = known ? *known : std::vector<images::Firmware>();
    if (output == Output::json) {
        fmt::print("{}\n", images::to_json(image, firmware));
        return done;
    }
    print_one(image);
    if (!firmware.empty()) print_firmware(firmware);
    return done;
}

}  // namespace

int image_import(const ConfigOption& config, const ImportOptions& options, Output output) {
    const auto store = open_store(config);
    if (!store) return complain(store.error());
    images::ImportRequest request{options.source, options.name, options.args, base::now(), {}, options.sha256};
    request.patience.stall = std::chrono::ceil<std::chrono::seconds>(options.timeout);
    request.as_disk = options.as_disk;
    auto imported = [&] {
        ProgressBar bar;
        request.progress = [&bar](const images::Progress& progress) {
            bar.update(progress.done, progress.total, progress.file);
        };
        return images::import_source(*store, request);
    }();
    if (!imported) return complain(imported.error());
    for (const auto& note : imported->notes)
        fmt::print(stderr, "note: {}\n", note);
    if (output == Output::json) {
        fmt::print("{}\n", images::to_json(imported->image));
    } else {
        fmt::print("{} {}@{}: {} files, {}\n", imported->unchanged ? "unchanged" : "imported", imported->image.name,
                   imported->image.digest.substr(0, short_digest), imported->image.files.size(),
                   megabytes(total_size(imported->image)));
    }
    return done;
}

int image_list(const ConfigOption& config, Output output) {
    const auto store = open_store(config);
    if (!store) return complain(store.error());
    const auto list = store->list();
    if (!list) return complain(list.error());
    if (output == Output::json) {
        fmt::print("{}\n", images::to_json(*list));
    } else {
        print_table(*list);
    }
    return done;
}

int image_show(const ConfigOption& config, const std::string& reference, Output output) {
    const auto store = open_store(config);
    if (!store) return complain(store.error());
    const auto image = store->find(reference);
    if (!image) return complain(image.error());
    if (image->kind == "bfb") return show_bfb(*store, *image, output);
    if (output == Output::json) {
        fmt::print("{}\n", images::to_json(*image));
    } else {
        print_one(*image);
    }
    return done;
}

int image_verify(const ConfigOption& config, const std::string& reference, Output output) {
    const auto store = open_store(config);
    if (!store) return complain(store.error());
    const auto image = store->find(reference);
    if (!image) return complain(image.error());
    const auto verified = [&] {
        ProgressBar bar;
        return store->verify(*image, [&bar](const images::Progress& progress) {
            bar.update(progress.done, progress.total, progress.file);
        });
    }();
    if (!verified) return complain(verified.error());
    if (output == Output::json) {
        fmt::print("{}\n", images::to_json(*image));
    } else {
        fmt::print("{}@{}: whole, {} read\n", image->name, image->digest.substr(0, short_digest),
                   megabytes(total_size(*image)));
    }
    return done;
}

}  // namespace musterd::app
