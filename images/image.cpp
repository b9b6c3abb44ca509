#include "images/image.hpp"

#include "images/digest.hpp"
#include "images/ram_need.hpp"
#include "server/base/utf8.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/json.hpp>

#include <algorithm>

namespace musterd::images {

namespace json = boost::json;

namespace {

json::array array_of(const std::vector<std::string>& texts) {
    json::array array;
    for (const auto& text : texts) {
        array.emplace_back(text);
    }
    return array;
}

json::array files_of(const Image& image) {
    json::array files;
    for (const auto& file : image.files) {
        json::object object{{"path", file.path}, {"size", file.size}, {"sha256", file.sha256}};
        if (!file.inside.empty()) {
            object["inside"] = file.inside;
            object["offset"] = file.offset;
        }
        files.push_back(std::move(object));
    }
    return files;
}

json::object object_of(const Image& image) {
    return {{"name", image.name},
            {"digest", image.digest},
            {"kind", image.kind},
            {"arch", image.arch},
            {"imported", base::to_rfc3339(image.imported)},
            {"files", files_of(image)},
            {"kernel", image.kernel},
            {"initrds", array_of(image.initrds)},
            {"args", array_of(image.args)},
            {"root", image.root},
            {"loader", image.loader},
            {"disk", image.disk},
            {"ram_mib", ram_need_mib(image)},
            {"source", image.source}};
}

bool all_of_text(std::string_view text, bool (*wanted)(char)) {
    return std::all_of(text.begin(), text.end(), wanted);
}

bool is_lower_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

}  // namespace

const ImageFile* Image::file(std::string_view path) const {
    const auto found = std::find_if(files.begin(), files.end(), [path](const auto& each) { return each.path == path; });
    return found == files.end() ? nullptr : &*found;
}

Payload Image::payload() const {
    if (!kernel.empty()) return Payload::kernel;
    return loader.empty() ? Payload::disk : Payload::program;
}

const std::string& Image::started() const {
    if (!kernel.empty()) return kernel;
    return loader.empty() ? disk : loader;
}

std::string Image::role_of(std::string_view path) const {
    std::vector<std::string_view> roles;
    if (path == kernel) roles.emplace_back("kernel");
    if (std::find(initrds.begin(), initrds.end(), path) != initrds.end()) roles.emplace_back("initrd");
    if (path == root) roles.emplace_back("root");
    if (path == loader) roles.emplace_back("loader");
    if (path == disk) roles.emplace_back("disk");
    return fmt::format("{}", fmt::join(roles, ","));
}

std::string manifest(const Image& image) {
    json::object content{{"format", 1},
                         {"kind", image.kind},
                         {"arch", image.arch},
                         {"kernel", image.kernel},
                         {"initrds", array_of(image.initrds)}};
    if (!image.root.empty()) content["root"] = image.root;
    if (!image.loader.empty()) content["loader"] = image.loader;
    if (!image.disk.empty()) content["disk"] = image.disk;
    content["args"] = array_of(image.args);
    content["files"] = files_of(image);
    return json::serialize(content) + "\n";
}

std::string digest_of(const Image& image) {
    return sha256(base::as_bytes(manifest(image)));
}

std::string to_json(const Image& image) {
    return json::serialize(object_of(image));
}

std::string to_json(const std::vector<Image>& images) {
    json::array all;
    for (const auto& image : images) {
        all.push_back(object_of(image));
    }
    return json::serialize(all);
}

bool is_name(std::string_view text) {
    if (text.empty() || text.size() > 64 || !is_lower_or_digit(text.front())) return false;
    return all_of_text(text, [](char c) { return is_lower_or_digit(c) || c == '.' || c == '_' || c == '-'; });
}

bool is_digest(std::string_view text) {
    return text.size() == 64 &&
           all_of_text(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_argument(std::string_view text) {
    const auto printable = [](char c) { return c != 0x7f && static_cast<unsigned char>(c) >= 0x20; };
    return !text.empty() && base::is_utf8(text) && all_of_text(text, printable);
}

bool is_path(std::string_view text) {
    if (!is_argument(text) || text.size() > 1024 || text.find('\\') != std::string_view::npos) return false;
    for (std::size_t start = 0; start <= text.size();) {
        const auto end = std::min(text.find('/', start), text.size());
        const auto part = text.substr(start, end - start);
        if (part.empty() || part == "." || part == "..") return false;
        start = end + 1;
    }
    return true;
}

}  // namespace musterd::images
