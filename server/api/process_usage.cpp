#include "server/api/process_usage.hpp"

#include "server/base/fd.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <string>

namespace musterd::api {

namespace {

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// The number behind a word of /proc/stat.
double boot_time() {
    const auto text = base::read_file("/proc/stat");
    const auto at = text ? text->find("\nbtime ") : std::string::npos;
    return at == std::string::npos ? 0 : std::strtod(text->c_str() + at + 7, nullptr);
}

}  // namespace

ProcessUsage process_usage() {
    ProcessUsage usage;
    rusage times{};
    if (::getrusage(RUSAGE_SELF, &times) == 0) usage.cpu_seconds = seconds(times.ru_utime) + seconds(times.ru_stime);
    std::error_code code;
    for (std::filesystem::directory_iterator each("/proc/self/fd", code), end; !code && each != end;
         each.increment(code))
        ++usage.open_descriptors;
    const auto text = base::read_file("/proc/self/stat");
    // Behind the name in brackets, which may hold anything: field 3 and what follows.
    const auto name_ends = text ? text->rfind(')') : std::string::npos;
    if (name_ends == std::string::npos) return usage;
    std::istringstream fields(text->substr(name_ends + 1));
    std::string field;
    for (int number = 3; number <= 24 && fields >> field; ++number) {
        const auto value = std::strtod(field.c_str(), nullptr);
        if (number == 20) usage.threads = value;
        if (number == 22) usage.start_time = boot_time() + value / static_cast<double>(::sysconf(_SC_CLK_TCK));
        if (number == 24) usage.resident_bytes = value * static_cast<double>(::sysconf(_SC_PAGESIZE));
    }
    return usage;
}

}  // namespace musterd::api
