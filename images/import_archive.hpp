#pragma once

#include "images/import.hpp"
#include "images/source_folder.hpp"
#include "images/unpack_archive.hpp"

#include <optional>

namespace musterd::images {

/// How a file that starts with `head` (recognize_bytes of it) is compressed when it is a tar archive for
/// import_archive(); nothing when it is none.
std::optional<Compression> tar_compression(base::ByteView head);

/// Imports a tar archive as the folder that it would unpack to. Errors as import_folder() and unpack_archive().
base::Result<Imported> import_archive(const Store& store, const ImportRequest& request, const SourceFile& file,
                                      const base::Fd& fd, Compression compression, const ArchiveLimits& limits = {});

}  // namespace musterd::images
