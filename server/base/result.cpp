#include "server/base/result.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace musterd::base {

Error Error::from_errno(std::string_view what, int number) {
    const std::error_code code(number, std::generic_category());
    return Error(fmt::format("{}: {}", what, code.message()), code);
}

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
    throw std::logic_error(
        fmt::format("{}:{}: value of a failed result: {}", where.file_name(), where.line(), error.message()));
}

}  // namespace musterd::base
