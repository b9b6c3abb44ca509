#pragma once

#include "images/import.hpp"
#include "images/recognize.hpp"
#include "images/source_folder.hpp"

namespace musterd::images {

/// Imports one file that boots alone: a kernel, an EFI program, a disk image. The latter two are for HTTP Boot, and are
/// called *.efi, *.img or *.iso, for by these firmware knows what it has fetched (EDK2 HttpBootSupport.c). Errors as
/// import_folder(); a file that is not one of these.
base::Result<Imported> import_single(const Store& store, const ImportRequest& request, const SourceFile& file,
                                     const Recognized& recognized);

}  // namespace musterd::images
