#pragma once

#include "images/store.hpp"

namespace musterd::images {

/// Makes `name` lead again to what it led to before. The image it leads to now stays in its history, so a second
/// rollback comes back. Errors: no such image; a name that never led anywhere else.
base::Result<Image> roll_back(const Store& store, const std::string& name, base::Time now);

struct Removed {
    std::size_t images = 0;  ///< manifests that nothing leads to any more
    std::size_t files = 0;   ///< blobs that no image has any more
    std::uint64_t bytes = 0;
};

/// Takes away a name with its history ("name"), or one image out of a name's history ("name@digest"), and then whatever
/// no name leads to any more. Killed in the middle it leaves the rest to the next removal. Who may still want the image
/// is the caller's to know. Errors: no such image; the one of a history that the name leads to now (roll back first);
/// an import under way, whose files would look like nobody's.
base::Result<Removed> remove(const Store& store, const Reference& reference);

}  // namespace musterd::images
