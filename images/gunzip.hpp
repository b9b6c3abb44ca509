#pragma once

#include "images/packed_input.hpp"

#include <memory>

namespace musterd::images {

/// Decodes gzip (RFC 1952), several members one after another too, and checks length and CRC of each: libarchive, which
/// decodes everything else, passes over them (archive_read_support_filter_gzip.c, consume_trailer). What follows the
/// last member and is no gzip is ignored, as Linux does. `input` must outlive the decoder.
std::unique_ptr<Decoder> make_gunzip(PackedInput& input);

}  // namespace musterd::images
