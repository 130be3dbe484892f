#include "pipeline/jobs/confinement.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace mien {
namespace {

/// @param grace  by which the hard limit is above: at a hard limit of time SIGKILL comes in place of SIGXCPU
void limit(__rlimit_resource resource, rlim_t most, rlim_t grace = 0)
{
    rlimit current{};
    if (::getrlimit(resource, &current) != 0)
        return;
    current.rlim_cur = std::min(current.rlim_cur, most);
    current.rlim_max = std::min(current.rlim_max, most + grace);
    ::setrlimit(resource, &current); // lowering needs no right
}

/// Address space of this process; a sanitizer alone reserves terabytes.
rlim_t addressSpaceBytes()
{
    std::uint64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    return rlim_t(pages) * rlim_t(::sysconf(_SC_PAGESIZE));
}

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif

constexpr std::uint32_t kForbidden[] = {
    SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_execve, SYS_execveat, SYS_clone, SYS_ptrace,
#ifdef SYS_clone3
    SYS_clone3,
#endif
#ifdef SYS_fork
    SYS_fork,   SYS_vfork,
#endif
};

/// A filter of system calls: the forbidden ones fail, and so does everything of another architecture's numbering.
std::vector<sock_filter> filter()
{
    const sock_filter denied = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    constexpr std::uint32_t otherNumbering = 0x40000000; // x32 on x86-64
    std::vector<sock_filter> program = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
        denied,
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, otherNumbering, 0, 1),
        denied,
    };
    for (const std::uint32_t call : kForbidden) {
        program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1));
        program.push_back(denied);
    }
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    return program;
}

bool giveUpCalls()
{
    auto program = filter();
    const sock_fprog whole{static_cast<unsigned short>(program.size()), program.data()};
    return kArchitecture != 0 && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &whole) == 0;
}

} // namespace

Result<> confineThisProcess(const Confinement &most)
{
    limit(RLIMIT_AS, addressSpaceBytes() + rlim_t(most.memoryBytes));
    limit(RLIMIT_CPU, rlim_t(most.cpuSeconds), 5);
    limit(RLIMIT_FSIZE, rlim_t(most.fileBytes));
    limit(RLIMIT_CORE, 0);
    errno = 0;
    if (giveUpCalls())
        return {};
    return fail(ErrorCode::Unreadable, "This system does not let a process give up the network (" +
                                           std::generic_category().message(errno) + ").");
}

} // namespace mien
