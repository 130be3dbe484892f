#include "pipeline/store/lease.h"

#include "pipeline/store/atomic_file.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <random>
#include <sys/file.h>
#include <sys/vfs.h>
#include <thread>
#include <unistd.h>

namespace mien {
namespace {

constexpr const char *tokenVariable = "MIEN_LEASE";

struct Record
{
    std::int64_t pid = 0;
    std::string startTime; ///< Of the process, in ticks since boot: tells a reused pid from the holder.
    std::string bootId;    ///< Start times begin anew with each boot.
    std::string host, program, token;
};

std::string hostName()
{
    std::array<char, HOST_NAME_MAX + 1> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0)
        return "unknown";
    return name.data();
}

std::string bootId()
{
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    std::getline(file, id);
    return id;
}

/// Field 22 of /proc/<pid>/stat; empty when there is no such process.
std::string startTimeOf(std::int64_t pid)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    std::getline(file, line);
    const auto afterName = line.rfind(')'); // the name in parentheses may hold blanks
    if (afterName == std::string::npos)
        return {};
    std::size_t at = afterName + 1;
    for (int field = 2; field < 22; ++field) {
        at = line.find_first_not_of(' ', at);
        if (at == std::string::npos)
            return {};
        const std::size_t end = line.find(' ', at);
        if (field == 21)
            return line.substr(at, end - at);
        at = end;
    }
    return {};
}

/// Field 3 of /proc/<pid>/stat is Z for a process that is dead but not yet waited for.
bool isZombie(std::int64_t pid)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    std::getline(file, line);
    const auto afterName = line.rfind(')');
    return afterName != std::string::npos && line.size() > afterName + 2 && line[afterName + 2] == 'Z';
}

bool isAlive(const Record &record)
{
    return record.host == hostName() && record.bootId == bootId() && !record.startTime.empty() &&
           startTimeOf(record.pid) == record.startTime && !isZombie(record.pid);
}

std::filesystem::path recordFile(const std::filesystem::path &folder)
{
    return folder / "lease.json";
}

std::optional<Record> readRecord(const std::filesystem::path &folder)
{
    const auto text = readFile(recordFile(folder));
    if (!text)
        return std::nullopt;
    const auto json = nlohmann::json::parse(*text, nullptr, false);
    if (!json.is_object())
        return std::nullopt;
    try {
        Record record;
        record.pid = json.value("pid", std::int64_t(0));
        record.startTime = json.value("start_time", "");
        record.bootId = json.value("boot", "");
        record.host = json.value("host", "");
        record.program = json.value("program", "");
        record.token = json.value("token", "");
        return record;
    } catch (const nlohmann::json::exception &) {
        return std::nullopt; // not written by us: the lock alone decides
    }
}

std::string newToken()
{
    std::random_device random;
    std::string token;
    for (int i = 0; i < 4; ++i) {
        std::array<char, 9> part{};
        std::snprintf(part.data(), part.size(), "%08x", random());
        token += part.data();
    }
    return token;
}

Result<> writeRecord(const std::filesystem::path &folder, const Record &record)
{
    const nlohmann::json json{{"pid", record.pid},   {"start_time", record.startTime}, {"boot", record.bootId},
                              {"host", record.host}, {"program", record.program},      {"token", record.token}};
    return writeFileAtomically(recordFile(folder), json.dump(2) + "\n");
}

Error heldBy(const std::filesystem::path &folder, const std::optional<Record> &record)
{
    if (!record || record->pid == 0)
        return {ErrorCode::Conflict, folder.string() + " is being written by another program."};
    return {ErrorCode::Conflict, folder.string() + " is being written by " + record->program + " (pid " +
                                     std::to_string(record->pid) + " on " + record->host +
                                     "). Close it there, or wait until it is done."};
}

/// About the folder: the names of the lease's files say nothing to whom they cannot be written for.
Error cannotTakeLease(const std::filesystem::path &folder, const Error &error)
{
    if (::access(folder.c_str(), W_OK) != 0)
        return notWritable(folder, errno);
    const std::string file = recordFile(folder).string();
    return {error.code,
            error.message.starts_with(file) ? folder.string() + error.message.substr(file.size()) : error.message};
}

} // namespace

Result<std::unique_ptr<Lease>> Lease::acquire(const std::filesystem::path &projectFolder, const std::string &program)
{
    std::unique_ptr<Lease> lease(new Lease);
    lease->m_folder = std::filesystem::absolute(projectFolder);

    if (const char *token = std::getenv(tokenVariable); token && *token) {
        if (const auto record = readRecord(projectFolder); record && record->token == token) {
            lease->m_token = token;
            lease->m_joined = true;
            return lease;
        }
    }

    const std::filesystem::path lockFile = projectFolder / "lease.lock";
    lease->m_descriptor = ::open(lockFile.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lease->m_descriptor < 0)
        return fail(notWritable(lease->m_folder, errno));
    if (::flock(lease->m_descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return fail(systemError(errno, lockFile, "could not be locked"));
        // The holder writes its record right after it got the lock.
        for (int attempt = 0; attempt < 20; ++attempt) {
            if (const auto record = readRecord(projectFolder); record && isAlive(*record))
                return fail(heldBy(projectFolder, record));
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
            if (::flock(lease->m_descriptor, LOCK_EX | LOCK_NB) == 0)
                break;
            if (attempt == 19)
                return fail(heldBy(projectFolder, readRecord(projectFolder)));
        }
    }

    // The lock is ours. A record that is left names a holder that died, unless the lock file was replaced under a
    // living one, or another host holds it and this file system does not carry locks across hosts.
    const auto left = readRecord(projectFolder);
    if (left && left->pid != 0) {
        const bool elsewhere = left->host != hostName() && storageWarning(projectFolder).has_value();
        if (isAlive(*left) || elsewhere) {
            ::close(lease->m_descriptor); // not ours to give back
            lease->m_descriptor = -1;
            Error error = heldBy(projectFolder, left);
            if (elsewhere)
                error.message += " If that program is gone, delete lease.json in the project folder.";
            return fail(error);
        }
    }

    Record record;
    record.pid = ::getpid();
    record.startTime = startTimeOf(record.pid);
    record.bootId = bootId();
    record.host = hostName();
    record.program = program;
    // Jobs that outlive the holder they joined may go on under its token.
    record.token = left && !left->token.empty() ? left->token : newToken();
    if (const auto written = writeRecord(projectFolder, record); !written)
        return fail(cannotTakeLease(lease->m_folder, written.error()));
    lease->m_token = record.token;
    return lease;
}

Lease::~Lease()
{
    if (m_descriptor < 0)
        return;
    if (const auto record = readRecord(m_folder); record && record->token == m_token && record->pid == ::getpid())
        ::unlink(recordFile(m_folder).c_str());
    ::close(m_descriptor); // gives the lock back
}

Error notWritable(const std::filesystem::path &path, int errorNumber)
{
    switch (errorNumber) {
    case EACCES:
    case EPERM:
        return {ErrorCode::Conflict, path.string() + " is read-only: you do not have the right to write it. Ask its "
                                                     "owner for that right, or work on a copy of the project."};
    case EROFS:
        return {ErrorCode::Conflict, path.string() + " is read-only: its disk or share cannot be written. Work on a "
                                                     "copy of the project elsewhere."};
    default: return systemError(errorNumber, path, "cannot be written");
    }
}

std::optional<LeaseHolder> leaseHolder(const std::filesystem::path &projectFolder)
{
    const auto record = readRecord(projectFolder);
    if (!record || !isAlive(*record))
        return std::nullopt;
    return LeaseHolder{record->pid, record->program, record->host};
}

std::optional<std::string> storageWarning(const std::filesystem::path &folder)
{
    struct statfs status
    {
    };
    if (::statfs(folder.c_str(), &status) != 0)
        return std::nullopt;
    const char *kind = nullptr;
    switch (static_cast<unsigned long>(status.f_type) & 0xffffffffUL) {
    case 0x6969: kind = "NFS"; break;
    case 0x517b:
    case 0xff534d42:
    case 0xfe534d42: kind = "SMB"; break;
    case 0x65735546: kind = "FUSE"; break;
    case 0x01021997: kind = "9P"; break;
    case 0x5346414f: kind = "AFS"; break;
    case 0x00c36400: kind = "Ceph"; break;
    default: return std::nullopt;
    }
    return folder.string() + " lies on a network share (" + kind +
           "). Open it from one computer at a time only: the database cannot be shared over a network, and a lost "
           "connection may lose the last labels. Better keep the project on a local disk and share exports.";
}

} // namespace mien
