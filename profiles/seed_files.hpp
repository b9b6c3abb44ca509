#pragma once

#include "profiles/template.hpp"
#include "server/base/diagnostics.hpp"
#include "server/base/result.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace musterd::profiles {

/// A document that a person wrote for seeds: a template, or a text that is served as it is.
struct SeedFile {
    std::string file;
    std::string media_type;        ///< as cloud-init names it: "text/cloud-config"; empty of network-config
    std::optional<Template> text;  ///< none: `verbatim` is served
    std::string verbatim;

    /// Byte `offset` of it as a line and a column.
    [[nodiscard]] base::Position place(std::size_t offset) const;
    [[nodiscard]] std::string render(const Template::Values& values) const;

    std::vector<std::size_t> lines;  ///< where each line starts
};

/// What a profile or a host adds to the four documents of cloud-init's seed.
struct SeedFiles {
    using Part = std::shared_ptr<const SeedFile>;
    std::optional<std::vector<Part>> user_data;  ///< none: not written, so what is inherited counts
    std::optional<std::vector<Part>> vendor_data;
    Part network_config;

    /// What `over` says goes before what is here.
    void lay_over(const SeedFiles& over);
    [[nodiscard]] std::vector<Part> all() const;
};

/// cloud-init tells what a part is by its first line, and ignores what it does not know (cloudinit/handlers,
/// INCLUSION_TYPES_MAP). Empty for such a text.
std::string_view cloud_init_type(std::string_view text);

/// Reads documents, each once.
class SeedReader {
public:
    using ReadFile = std::function<base::Result<std::string>(const std::filesystem::path&)>;
    explicit SeedReader(ReadFile read) : read_(std::move(read)) {}

    /// nullptr after an error, which is reported at `named_at` (what names it, as "profile.x.user_data: ") or at its
    /// place in the document. `is_part`: one of user-data's or vendor-data's, whose type must be known.
    SeedFiles::Part read(const std::filesystem::path& file, bool is_part, const base::Position& named_at,
                         const std::string& named_by, base::Diagnostics& problems);

private:
    ReadFile read_;
    std::map<std::pair<std::filesystem::path, bool>, SeedFiles::Part> known_;
};

}  // namespace musterd::profiles
