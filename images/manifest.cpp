// Reading a manifest back: image_from_manifest().
#include "images/image.hpp"
#include "server/base/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace musterd::images {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 10> manifest_keys = {"format", "kind",   "arch", "kernel", "initrds",
                                                            "root",   "loader", "disk", "args",   "files"};

template <std::size_t Count>
std::string unknown_key(const json::object& object, const std::array<std::string_view, Count>& known) {
    for (const auto& [key, value] : object) {
        const std::string_view name(key.data(), key.size());
        if (std::find(known.begin(), known.end(), name) == known.end()) return std::string(name);
    }
    return {};
}

base::Result<std::vector<std::string>> texts_of(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    if (value == nullptr || !value->is_array()) return base::Error(fmt::format("manifest: no array \"{}\"", key));
    std::vector<std::string> texts;
    for (const auto& item : value->get_array()) {
        if (!item.is_string()) return base::Error(fmt::format("manifest: \"{}\" holds more than strings", key));
        texts.emplace_back(item.get_string());
    }
    return texts;
}

base::Result<ImageFile> file_of(const json::value& value) {
    if (!value.is_object()) return base::Error("manifest: a file that is not an object");
    const auto& object = value.get_object();
    constexpr std::array<std::string_view, 5> keys = {"path", "size", "sha256", "inside", "offset"};
    const auto unknown = unknown_key(object, keys);
    if (!unknown.empty()) return base::Error(fmt::format("manifest: unknown key \"{}\" in a file", unknown));
    const auto size = base::json_count(object, "size");
    ImageFile file{base::json_text(object, "path"), size.value_or(0), base::json_text(object, "sha256")};
    if (!is_path(file.path)) return base::Error("manifest: a file's path is missing or not allowed");
    if (!size) return base::Error(fmt::format("manifest: no size for \"{}\"", file.path));
    if (!is_digest(file.sha256)) return base::Error(fmt::format("manifest: no SHA-256 for \"{}\"", file.path));
    if (!object.contains("inside") && !object.contains("offset")) return file;
    const auto offset = base::json_count(object, "offset");
    file.inside = base::json_text(object, "inside");
    file.offset = offset.value_or(0);
    if (file.inside.empty() || !offset) {
        return base::Error(fmt::format("manifest: no place for \"{}\" in another file", file.path));
    }
    return file;
}

base::Result<std::vector<ImageFile>> files_of(const json::object& object) {
    const auto* value = object.if_contains("files");
    if (value == nullptr || !value->is_array()) return base::Error("manifest: no array \"files\"");
    std::vector<ImageFile> files;
    for (const auto& item : value->get_array()) {
        auto file = file_of(item);
        if (!file) return file.error();
        if (!files.empty() && files.back().path >= file->path) {
            return base::Error(fmt::format("manifest: \"{}\" is out of order", file->path));
        }
        files.push_back(std::move(*file));
    }
    return files;
}

/// A part of a file must lie in one that is whole.
base::Result<void> check_parts(const Image& image) {
    for (const auto& file : image.files) {
        if (file.inside.empty()) continue;
        const auto* whole = image.file(file.inside);
        const bool lies_in = whole != nullptr && whole->inside.empty() && file.offset <= whole->size &&
                             file.size <= whole->size - file.offset;
        if (lies_in) continue;
        return base::Error(fmt::format("manifest: \"{}\" does not lie in \"{}\"", file.path, file.inside));
    }
    return {};
}

/// The roles must name files of the image, and its words must be words.
base::Result<void> check_roles(const Image& image) {
    const bool arch_known = is_name(image.arch) || (image.arch.empty() && image.kernel.empty());
    if (!is_name(image.kind) || !arch_known) return base::Error("manifest: kind or arch is not a word");
    if (image.kernel.empty() && image.loader.empty() && image.disk.empty()) {
        return base::Error("manifest: neither a kernel nor a loader nor a disk");
    }
    if (image.kernel.empty() && !image.initrds.empty()) return base::Error("manifest: initrds without a kernel");
    const std::array roles{std::pair("kernel", &image.kernel), std::pair("root", &image.root),
                           std::pair("loader", &image.loader), std::pair("disk", &image.disk)};
    for (const auto& [role, path] : roles) {
        if (path->empty() || image.file(*path) != nullptr) continue;
        return base::Error(fmt::format("manifest: its {} \"{}\" is not among its files", role, *path));
    }
    for (const auto& initrd : image.initrds) {
        if (image.file(initrd) != nullptr) continue;
        return base::Error(fmt::format("manifest: its initrd \"{}\" is not among its files", initrd));
    }
    if (!std::all_of(image.args.begin(), image.args.end(), is_argument)) {
        return base::Error("manifest: a kernel argument is empty or not text");
    }
    return {};
}

}  // namespace

base::Result<Image> image_from_manifest(std::string_view text) {
    const auto object = base::parse_json_object(text);
    if (!object) return object.error();
    if (base::json_count(*object, "format") != 1) return base::Error("manifest: its format is not 1");
    const auto unknown = unknown_key(*object, manifest_keys);
    if (!unknown.empty()) return base::Error(fmt::format("manifest: unknown key \"{}\"", unknown));

    Image image;
    image.kind = base::json_text(*object, "kind");
    image.arch = base::json_text(*object, "arch");
    image.kernel = base::json_text(*object, "kernel");
    auto initrds = texts_of(*object, "initrds");
    if (!initrds) return initrds.error();
    image.initrds = std::move(*initrds);
    image.root = base::json_text(*object, "root");
    image.loader = base::json_text(*object, "loader");
    image.disk = base::json_text(*object, "disk");
    auto args = texts_of(*object, "args");
    if (!args) return args.error();
    image.args = std::move(*args);
    auto files = files_of(*object);
    if (!files) return files.error();
    image.files = std::move(*files);
    if (const auto parts = check_parts(image); !parts) return parts.error();
    const auto checked = check_roles(image);
    if (!checked) return checked.error();
    image.digest = digest_of(image);
    return image;
}

}  // namespace musterd::images
