#pragma once

#include "images/import.hpp"
#include "images/roles.hpp"
#include "images/source_folder.hpp"

namespace musterd::images {

/// What a folder, or what was in an archive, is found to be.
struct RecognizedTree {
    Image image;  ///< all of it but its files and its digest
    Compression kernel_packed = Compression::none;
    std::vector<std::string> notes;
};

/// Looks at every file before anything is kept, so that a refusal comes at once. Errors: no kernel or several; what
/// looks like a kind that kind.hpp knows, and cannot boot as one; a file that changed since it was scanned.
base::Result<RecognizedTree> recognize_tree(const SourceFolder& source, const ImportRequest& request);

}  // namespace musterd::images
