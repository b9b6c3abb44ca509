#pragma once

#include "images/tree.hpp"

namespace musterd::images {

/// Copies the files of `source` into the store, the kernel unpacked if it is packed, and points the image's name at
/// them: what import_folder() does with a folder that is recognised.
base::Result<Imported> copy_and_publish(const Store& store, const ImportRequest& request, const SourceFolder& source,
                                        RecognizedTree tree);

}  // namespace musterd::images
