#pragma once

#include "profiles/template.hpp"
#include "server/base/diagnostics.hpp"
#include "server/base/result.hpp"

#include <array>
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

    std::vector<std::size_t> lines = {};  ///< where each line starts
    bool built_in = false;                ///< ours, and `file` is no file's name
};

/// The document that comes with a built-in profile, `text` as a person would write it; `name` stands for its file.
SeedFile standard_document(std::string name, std::string_view text);

/// What a profile or a host adds to the documents of cloud-init's seed, or says in place of an installer's.
struct SeedFiles {
    using Part = std::shared_ptr<const SeedFile>;
    std::optional<std::vector<Part>> user_data;  ///< none: not written, so what is inherited counts
    std::optional<std::vector<Part>> vendor_data;
    Part network_config;
    Part preseed;      ///< answers for Debian's installer
    Part autoinstall;  ///< user-data of Ubuntu's installer
    Part bf_cfg;       ///< shell script that a BlueField's installer sources

    /// What `over` says goes before what is here.
    void lay_over(const SeedFiles& over);
    [[nodiscard]] std::vector<Part> all() const;
};

/// Those of which a host has one, by the keys that name them.
struct SingleDocument {
    std::string_view key;
    SeedFiles::Part SeedFiles::*part;
    bool is_part;  ///< of a kind that cloud-init must know by its first line
};
inline constexpr std::array single_documents{SingleDocument{"network_config", &SeedFiles::network_config, false},
                                             SingleDocument{"preseed", &SeedFiles::preseed, false},
                                             SingleDocument{"autoinstall", &SeedFiles::autoinstall, true},
                                             SingleDocument{"bf_cfg", &SeedFiles::bf_cfg, false}};

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
