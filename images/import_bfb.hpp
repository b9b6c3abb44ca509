#pragma once

#include "images/bfb.hpp"
#include "images/import.hpp"
#include "images/source_folder.hpp"

namespace musterd::images {

/// Imports a BFB that boots a BlueField-2: the file whole, and as parts of it, for booting over the network, its kernel
/// (unpacked where firmware and loaders could not do that), its initramfs, and its boot-args as kernel arguments.
/// `fd` is the scanned file, open; its offset is moved. Errors as import_folder(), and those of read_bfb(),
/// check_crc() and choose_boot_parts().
base::Result<Imported> import_bfb(const Store& store, const ImportRequest& request, const SourceFile& file,
                                  const base::Fd& fd);

}  // namespace musterd::images
