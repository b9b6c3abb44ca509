#pragma once

#include "server/base/fd.hpp"

#include <filesystem>

namespace musterd::app {

/// Makes data_dir where it is missing, sees that it can be written, and locks it for this process: two servers on one
/// journal would each tell half of the story. The lock goes with the descriptor, so also with kill -9.
base::Result<base::Fd> lock_data_folder(const std::filesystem::path& folder);

}  // namespace musterd::app
