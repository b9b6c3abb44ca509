#pragma once

#include "images/import.hpp"
#include "images/source_folder.hpp"
#include "server/base/bytes.hpp"

namespace musterd::images {

/// Whether a file that starts with `head` is for import_iso(): ISO 9660, or UDF alone, which it refuses by name.
bool is_iso(base::ByteView head);

/// Imports an ISO that boots (ubuntu_iso.hpp says which do): the file whole, called *.iso because casper's `url=` wants
/// that, and the kernel, initrds and casper's layers as parts of it, with nothing unpacked but a kernel that loaders
/// could not start as it is. `fd` is the scanned file, open; its offset is moved. Errors as import_folder(), those of
/// read_iso_index() and bootable_iso(), and an image that is shorter than it says.
base::Result<Imported> import_iso(const Store& store, const ImportRequest& request, const SourceFile& file,
                                  const base::Fd& fd);

}  // namespace musterd::images
