#pragma once

#include "server/base/bytes.hpp"

namespace musterd::images {

/// How much of a file has_signature() wants to see: headers stand in the first page of an EFI program.
inline constexpr std::size_t signature_bytes = 4096;

/// Whether an EFI program, such as a kernel with an EFI stub, carries a certificate table, that is a signature for
/// Secure Boot (PE format, "Optional Header Data Directories", entry 4). Whose it is, is not looked at. `head` is the
/// start of the file.
bool has_signature(base::ByteView head);

}  // namespace musterd::images
