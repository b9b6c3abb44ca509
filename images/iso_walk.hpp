#pragma once

#include "images/byte_source.hpp"
#include "images/iso9660.hpp"
#include "images/iso_record.hpp"
#include "images/iso_volume.hpp"
#include "images/rock_ridge.hpp"

#include <deque>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace musterd::images {

/// How to read a tree.
struct IsoReading {
    IsoTree tree;
    IsoNames names = IsoNames::plain;
    std::size_t skip = 0;  ///< bytes before SUSP's entries in each System Use area
};

/// Rock Ridge if the root's record says so, else Joliet if there is such a tree, else plain.
base::Result<IsoReading> choose_iso_tree(const ByteSource& source, const IsoVolume& volume);

/// One walk over all folders of a tree. Every folder is entered once, however many records lead to it.
class IsoWalk {
public:
    IsoWalk(const ByteSource& source, const IsoReading& reading) : source_(source), reading_(reading) {}

    /// Fills files, links and notes of `index`.
    base::Result<void> run(IsoIndex& index);

private:
    struct Folder {
        std::uint64_t offset;
        std::uint64_t length;
        std::string path;  ///< with '/' at its end, or empty
        int depth;
    };
    /// A file of several extents of which more are to come.
    struct Unfinished {
        std::string identifier;
        IsoFile file;
    };

    base::Result<void> folder(const Folder& folder);
    base::Result<void> sector(const Folder& folder, base::ByteView bytes);
    base::Result<void> record(const Folder& folder, const IsoRecord& record);
    base::Result<void> named(const Folder& folder, const IsoRecord& record, std::string path, const RockRidge& extra);
    base::Result<void> relocated_folder(const Folder& folder, std::uint64_t block, std::string path);
    void enter(std::uint64_t offset, std::uint64_t length, std::string path, int depth);
    void add_file(const IsoRecord& record, std::string path, const RockRidge& extra);
    void add_extent(const IsoRecord& record, IsoFile& file) const;
    void finish_file(IsoFile file);
    void drop_unfinished();
    [[nodiscard]] RockRidge system_use(const IsoRecord& record);
    base::Result<void> spend_text(std::size_t bytes);
    base::Result<void> spend_folder_bytes(std::uint64_t bytes);
    void note(std::string text);

    const ByteSource& source_;
    IsoReading reading_;
    IsoIndex found_;
    std::deque<Folder> folders_;
    std::unordered_set<std::uint64_t> entered_;  ///< offsets of folders
    std::optional<Unfinished> unfinished_;
    std::size_t entries_ = 0;
    std::size_t text_bytes_ = 0;
    std::uint64_t folder_bytes_ = 0;
    std::size_t unsaid_notes_ = 0;
};

}  // namespace musterd::images
