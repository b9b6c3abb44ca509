#include "server/base/run_command.hpp"

#include "server/base/clock.hpp"
#include "server/base/fd.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <optional>

namespace musterd::base {

namespace {

using namespace std::chrono_literals;
using SteadyTime = std::chrono::steady_clock::time_point;

/// How soon a request to stop is seen.
constexpr auto slice = 100ms;

class Actions {
public:
    Actions() { ::posix_spawn_file_actions_init(&actions_); }
    ~Actions() { ::posix_spawn_file_actions_destroy(&actions_); }
    Actions(const Actions&) = delete;
    Actions& operator=(const Actions&) = delete;

    void set(const std::filesystem::path& folder, int output) {
        ::posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
        ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
        ::posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    }
    [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

private:
    posix_spawn_file_actions_t actions_{};
};

/// Signals as a program expects them, and a process group of its own.
class Attributes {
public:
    Attributes() {
        ::posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigset_t all;
        ::sigemptyset(&none);
        ::sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setflags(&attributes_,
                                   POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

private:
    posix_spawnattr_t attributes_{};
};

/// A child that does not outlive us. (glibc 2.36 declares its pidfd_open() for C only.)
class Child {
public:
    explicit Child(pid_t pid) : pid_(pid), ended_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
    ~Child() {
        if (!reaped_) end();
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    [[nodiscard]] int ended() const { return ended_.get(); }
    /// Kills what is left of its group, and waits for it.
    int end() {
        ::kill(-pid_, SIGKILL);
        return wait();
    }
    int wait() {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        reaped_ = true;
        return status;
    }

private:
    pid_t pid_;
    Fd ended_;
    bool reaped_ = false;
};

Result<pid_t> spawn(const std::vector<std::string>& command, const std::filesystem::path& folder, const Fd& output) {
    Actions actions;
    actions.set(folder, output.get());
    const Attributes attributes;
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (const auto& argument : command)
        arguments.push_back(const_cast<char*>(argument.c_str()));  // NOLINT: execve(2) changes none
    arguments.push_back(nullptr);
    pid_t pid = 0;
    const auto code =
        ::posix_spawnp(&pid, arguments.front(), actions.get(), attributes.get(), arguments.data(), environ);
    if (code != 0) return Error::from_errno("cannot be run", code);
    return pid;
}

/// Waits until `fd` has something, or ended. Nothing when it does; else why the wait is over.
std::optional<Error> wait_for(int fd, SteadyTime deadline, const CommandLimits& limits, const std::atomic<bool>* stop) {
    for (;;) {
        pollfd wanted{fd, POLLIN, 0};
        if (stop != nullptr && *stop) return Error("was stopped", std::make_error_code(std::errc::operation_canceled));
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        if (left <= 0ms)
            return Error(fmt::format("took longer than {}", humanize(limits.time)),
                         std::make_error_code(std::errc::timed_out));
        const auto ready =
            ::poll(&wanted, 1, static_cast<int>(std::min<std::chrono::milliseconds>(left, slice).count()));
        if (ready > 0) return std::nullopt;
        if (ready < 0 && errno != EINTR) return Error::from_errno("poll");
    }
}

Result<std::string> read_all(int fd, SteadyTime deadline, const CommandLimits& limits, const std::atomic<bool>* stop) {
    std::string text;
    std::array<char, 4096> buffer{};
    for (;;) {
        if (auto over = wait_for(fd, deadline, limits, stop)) return std::move(*over);
        const auto count = ::read(fd, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return Error::from_errno("cannot be read from");
        if (count == 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(count));
        if (text.size() > limits.output)
            return Error(fmt::format("printed more than {} KiB", limits.output >> 10U),
                         std::make_error_code(std::errc::file_too_large));
    }
}

}  // namespace

Result<std::string> run_command(const std::vector<std::string>& command, const std::filesystem::path& folder,
                                const CommandLimits& limits, const std::atomic<bool>* stop) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Error::from_errno("pipe");
    const Fd output(ends[0]);
    Fd input(ends[1]);
    const auto deadline = std::chrono::steady_clock::now() + limits.time;
    const auto pid = spawn(command, folder, input);
    if (!pid) return pid.error();
    Child child(*pid);
    input = Fd();
    auto text = read_all(output.get(), deadline, limits, stop);
    if (!text) return text;
    // One may close its output and stay.
    if (auto over = wait_for(child.ended(), deadline, limits, stop)) return std::move(*over);
    const auto status = child.wait();
    if (WIFSIGNALED(status)) return Error(fmt::format("was killed by signal {}", WTERMSIG(status)));
    if (WEXITSTATUS(status) != 0) return Error(fmt::format("ended with status {}", WEXITSTATUS(status)));
    return text;
}

}  // namespace musterd::base
